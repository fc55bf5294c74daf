import { channel } from 'node:diagnostics_channel';
import { CHANNELS } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import type { LiveSource } from '../../src/live/live-state.js';
import { MOST_CLIENTS } from '../../src/live/serve.js';
import { ran } from '../fakes.js';
import { ask, EventReader, raw, served, sourceOf } from './http.js';
import { SaidPool } from './live-pool-stats.js';

const FILES = ['', 'page.js', 'style.css', 'state', 'metrics', 'healthz', 'readyz'];

describe('access to the live server', () => {
  it('is on loopback, and by an address with a secret part', async () => {
    const { url } = await served();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
    const other = await served();
    expect(new URL(other.url).pathname).not.toBe(new URL(url).pathname);
    for (const file of FILES) expect((await ask(url + file)).status, file).toBe(200);
  });

  it.each(['/', '/metrics', '/healthz', '//', '/wrong-token-0123456789/', '/%2e%2e/', '/favicon.ico', '/../metrics'])(
    'is refused without the token: %s',
    async (path) => {
      const { url } = await served();
      const { status, text } = await ask(url, { path });
      expect(status).toBe(404);
      expect(text).not.toContain(new URL(url).pathname.slice(1, -1));
    },
  );

  it('is refused with a part of the token, or with more than it', async () => {
    const { url } = await served();
    const token = new URL(url).pathname.slice(1, -1);
    for (const path of [
      `/${token.slice(0, -1)}/`,
      `/${token}x/`,
      `/${token.toUpperCase()}x/`,
      `/ ${token}/`.replace(' ', '%20'),
    ])
      expect((await ask(url, { path })).status, path).toBe(404);
  });

  it('is refused to a page that another name led here', async () => {
    const { url } = await served();
    const { port } = new URL(url);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:1${port}`, `127.0.0.2:${port}`])
      expect((await ask(url, { headers: { host } })).status, host).toBe(403);
    expect((await ask(url, { headers: { host: `LOCALHOST:${port}` } })).status).toBe(200);
  });

  it('is refused to pages of other origins', async () => {
    const { url } = await served();
    const { origin, port } = new URL(url);
    for (const bad of ['http://evil.example', 'null', `https://127.0.0.1:${port}`, `http://localhost:${port}`])
      expect((await ask(`${url}state`, { headers: { origin: bad } })).status, bad).toBe(403);
    expect((await ask(`${url}state`, { headers: { origin } })).status).toBe(200);
    const loaded = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
    expect((await ask(`${url}page.js`, { headers: loaded })).status).toBe(403);
    const followed = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask(url, { headers: followed })).status).toBe(200);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('is only for reading: %s', async (method) => {
    const { url } = await served();
    const { status, headers } = await ask(`${url}state`, { method, ...(method === 'POST' ? { body: '{}' } : {}) });
    expect(status).toBe(405);
    expect(headers.allow).toBe('GET, HEAD');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('gives the head alone for HEAD', async () => {
    const { url } = await served();
    for (const file of [...FILES, 'events']) {
      const { status, text } = await ask(url + file, { method: 'HEAD' });
      expect([status, text], file).toEqual([200, '']);
    }
  });

  it.each([
    '../../etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    'page.js/../../x',
    '.',
    'page.js%00',
    '//evil.example/',
    'constructor',
  ])('leads to no file of the machine: %s', async (route) => {
    const { url } = await served();
    const { status } = await ask(url, { path: `${new URL(url).pathname}${route}` });
    expect(status).toBe(404);
  });

  it('refuses requests with two hosts, without one, or with another form of address', async () => {
    const { url } = await served();
    const { host, pathname } = new URL(url);
    expect(
      await raw(url, `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nHost: evil\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1.1 400/);
    expect(await raw(url, `GET ${pathname} HTTP/1.1\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
    expect(await raw(url, `GET ${pathname} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
    expect(
      await raw(url, `GET http://evil.example${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1.1 404/);
    expect(await raw(url, 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n')).not.toContain('200');
  });

  it('refuses heads of more than 8 KiB, and what is no HTTP', async () => {
    const { url } = await served();
    const { host, pathname } = new URL(url);
    const large = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`;
    expect(await raw(url, large)).toMatch(/^HTTP\/1.1 431/);
    expect(await raw(url, 'hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    expect((await ask(url)).status).toBe(200);
  });

  it('sends headers that keep the page and its address to itself', async () => {
    const { url } = await served();
    const { headers } = await ask(url);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
  });

  it('can have a given token, and refuses options that it does not know', async () => {
    const { url } = await served(undefined, { token: 'collector-of-metrics' });
    expect(new URL(url).pathname).toBe('/collector-of-metrics/');
    await expect(served(undefined, { token: 'short' })).rejects.toMatchObject({ code: 'ERR_OPTION' });
    await expect(served(undefined, { host: '0.0.0.0' as never })).rejects.toThrow('the page is for this machine');
    await expect(served(undefined, { prt: 1 } as never)).rejects.toThrow('Did you mean "port"?');
    await expect(served(undefined, { port: Number(new URL(url).port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('the stream of states', () => {
  it('sends the state of the pools and the tries of the last minute', async () => {
    const pool = new SaidPool({ name: 'work' });
    const { url } = await served(sourceOf([pool]));
    const now = performance.now();
    const publish = (trace: unknown) => channel(CHANNELS.task).publish({ pool, trace });
    publish(ran(now + 1, now + 400, { task: 'long' }));
    publish(ran(now + 400, now + 800, { task: 'long', outcome: 'error' }));
    publish({ nonsense: true });
    const reader = new EventReader(url);
    await reader.until(() => reader.states.length > 0);
    const [first] = reader.states;
    expect(first?.data.state.pools).toMatchObject([{ name: 'work', tasks: { completed: 19, failed: 1 } }]);
    expect(first?.data.state.report?.verdict).toMatchObject({ kind: 'healthy', id: 'R29' });
    expect(first?.data.tries.blocks).toMatchObject([[0, 1, expect.any(Number), expect.any(Number), 'long', 0, 1]]);
  });

  it('goes on where a reader has been before', async () => {
    const pool = new SaidPool();
    const { url } = await served(sourceOf([pool]));
    const ranBefore = (ago: number, task: string) => {
      const at = performance.now() - ago;
      channel(CHANNELS.task).publish({ pool, trace: ran(at, at + 120, { task }) });
    };
    for (const task of ['a', 'b', 'c']) ranBefore(1_000, task);
    const first = new EventReader(url);
    const seen = (reader: EventReader) =>
      reader.states.flatMap(({ data }) => data.tries.blocks.map((block) => block[4]));
    await first.until(() => seen(first).length === 3);
    const lastId = first.states.at(-1)?.id ?? '';
    first.leave();
    ranBefore(600, 'd');
    const second = new EventReader(url, { lastId });
    await second.until(() => seen(second).length > 0);
    expect(seen(second)).toEqual(['d']);
    const third = new EventReader(url, { query: `?after=${encodeURIComponent(lastId)}` });
    await third.until(() => seen(third).length > 0);
    expect(seen(third)).toEqual(['d']);
    for (const wrong of ['other.3', 'x', '999', '-1.-1', lastId.replace(/\d+$/, '1e9')]) {
      const all = new EventReader(url, { lastId: wrong });
      await all.until(() => seen(all).length >= 4);
      expect(seen(all).slice(0, 4), wrong).toEqual(['a', 'b', 'c', 'd']);
    }
  });

  it('sends at most ten states a second, however fast they change', async () => {
    const pool = new SaidPool();
    const source = sourceOf([pool]);
    let asked = 0;
    const counting: LiveSource = {
      ...{ tries: (after) => source.tries(after), close: () => source.close() },
      snapshot() {
        asked++;
        pool.said = { ...pool.said, tasks: { ...pool.said.tasks, completed: asked } };
        return source.snapshot();
      },
    };
    const { url } = await served(counting);
    const readers = Array.from({ length: 4 }, () => new EventReader(url));
    const began = performance.now();
    await Promise.all(readers.map((reader) => reader.until(() => reader.states.length >= 8)));
    // The first may come at once: eight states have seven spaces between them. A timer may be a millisecond early.
    expect(performance.now() - began).toBeGreaterThan(7 * 99);
    // One state for all readers.
    const counts = readers.map(({ states }) => states.at(-1)?.data.state.pools[0]?.tasks.completed as number);
    expect(asked).toBeLessThan(Math.max(...counts) + 3);
  });

  it('has place for 32 readers; 100 get an answer, and those who leave make room', async () => {
    const { url, close } = await served();
    const readers = Array.from({ length: 100 }, () => new EventReader(url));
    await Promise.all(readers.map((reader) => reader.until(() => reader.status !== 0)));
    const taken = readers.filter(({ status }) => status === 200);
    expect(taken).toHaveLength(MOST_CLIENTS);
    expect(readers.filter(({ status }) => status === 503)).toHaveLength(100 - MOST_CLIENTS);
    await Promise.all(taken.map((reader) => reader.until(() => reader.states.length > 0)));
    expect((await ask(`${url}healthz`)).status).toBe(200);
    taken[0]?.leave();
    let late: EventReader;
    do {
      late = new EventReader(url);
      await late.until(() => late.status !== 0);
    } while (late.status === 503);
    await late.until(() => late.states.length > 0);
    await close();
    await Promise.all(readers.map((reader) => reader.ended()));
    expect(taken.at(-1)?.messages.at(-1)?.event).toBe('end');
  });

  it('goes on when a pool or the report cannot be read, and says so', async () => {
    const broken = new SaidPool();
    broken.stats = () => {
      throw new Error('no <b>stats</b>');
    };
    const source = sourceOf([broken, new SaidPool({ name: 'second' })], () => {
      throw new Error('no report');
    });
    const { url } = await served(source);
    const reader = new EventReader(url);
    await reader.until(() => reader.states.length > 0);
    const state = reader.states[0]?.data.state;
    expect(state?.pools.map(({ name }) => name)).toEqual(['second']);
    expect(state?.problems.join()).toMatch(/no <b>stats<\/b>.*no report/);
    expect(state?.report).toBeNull();
  });

  it('ends with the server, which can be closed twice', async () => {
    const { url, close } = await served();
    const reader = new EventReader(url);
    await reader.until(() => reader.states.length > 0);
    await Promise.all([close(), close()]);
    await reader.ended();
    await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(channel(CHANNELS.task).hasSubscribers).toBe(false);
  });
});
