import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type AnyHandlers, Pool } from '@millpond/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Profilable, PROFILING } from '../../src/contract/profile-messages.js';
import { KINDS, WORKER_KINDS } from '../behaviour/pools.js';
import { rowOf, withWatched } from './watched.js';

const SECRET = 's3cret-value';
const BODY = 'x'.repeat(5000);
const CLIENTS = ['http', 'undici', 'fetch'] as const;

describe('with a server of HTTP', () => {
  let server: Server;
  let workerData: { url: string };
  let peer: string;
  /** As the server sees it. `heldMs` is the time from requests to the ends of their answers. */
  const counts = { requests: 0, connections: 0, atOnce: 0, most: 0, heldMs: 0 };

  beforeAll(async () => {
    server = createServer((request, response) => {
      const began = performance.now();
      counts.requests++;
      counts.most = Math.max(counts.most, ++counts.atOnce);
      response.on('close', () => counts.atOnce--);
      request.resume();
      request.on('end', () => {
        if (request.url === '/cut') {
          response.writeHead(200, { 'content-length': 100 });
          response.write('abc', () => response.destroy());
        } else if (request.url === '/broken') {
          response.writeHead(500).end();
        } else if (request.url?.startsWith('/slow') === true) {
          // Headers at once, and the body later.
          response.writeHead(200, { 'content-length': BODY.length }).flushHeaders();
          setTimeout(() => {
            counts.heldMs += performance.now() - began;
            response.end(BODY);
          }, 50);
        } else response.end(BODY);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.on('connection', () => counts.connections++);
    const { port } = server.address() as AddressInfo;
    peer = `127.0.0.1:${port}`;
    workerData = { url: `http://${peer}` };
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  function reset(): void {
    Object.assign(counts, { requests: 0, connections: 0, most: 0, heldMs: 0 });
  }

  describe.each(WORKER_KINDS)('a %s', (kind) => {
    it.each(CLIENTS)('that uses %s says what it asked, and how long it waited for the body', async (client) => {
      await withWatched(kind, 'http-clients.mjs', { workerData }, async (watched) => {
        reset();
        const elapsed = await watched.pool.run('asks', { client, path: `/slow?key=${SECRET}`, times: 5 });
        const rows = await watched.take();
        const of = { task: 'asks', peer };
        const get = rowOf(rows, { ...of, kind: client, operation: 'GET' });
        expect(get).toMatchObject({
          what: 'use',
          count: 5,
          errors: 0,
          peak: 1,
          bytesIn: 5 * BODY.length,
          statement: '',
        });
        // Node 20 says that a request begins once it is written, and may lose its core in between.
        expect(get.totalMs).toBeGreaterThanOrEqual(0.7 * counts.heldMs);
        expect(get.totalMs).toBeLessThanOrEqual(elapsed as number);
        expect(get.openMs).toBeCloseTo(get.totalMs, 3);
        // The connection is kept.
        const connect = rowOf(rows, { ...of, what: 'connect' });
        expect(connect).toMatchObject({ count: counts.connections, errors: 0, operation: 'connect' });
        // Undici opens a second one where the end of a body overlaps with the next request.
        expect(counts.connections).toBeLessThanOrEqual(client === 'http' ? 1 : 2);
        expect(counts.requests).toBe(5);
        expect(connect.maxMs).toBeLessThanOrEqual(get.maxMs);

        await watched.pool.run('asks', { client, path: '/slow', times: 3, atOnce: 8 });
        const atOnce = rowOf(await watched.take(), { kind: client, operation: 'GET' });
        expect(atOnce).toMatchObject({ count: 24, peak: 8 });
        expect(atOnce.totalMs / atOnce.openMs).toBeGreaterThan(4);
        expect(watched.unknown()).toEqual({});
        expect(watched.text()).not.toContain(SECRET);
      });
    });

    it.each(['http', 'undici'] as const)(
      'counts a connection for each request of %s without keep-alive',
      async (client) => {
        await withWatched(kind, 'http-clients.mjs', { workerData }, async (watched) => {
          reset();
          await watched.pool.run('asks', { client, path: '/', times: 6, keepsAlive: false });
          const rows = await watched.take();
          expect(rowOf(rows, { operation: 'GET' }).count).toBe(6);
          expect(rowOf(rows, { what: 'connect' }).count).toBe(counts.connections);
          expect(counts.connections).toBe(6);
        });
      },
    );

    it.each(CLIENTS)('counts the errors of %s', async (client) => {
      await withWatched(kind, 'http-clients.mjs', { workerData }, async (watched) => {
        await watched.pool.run('asks', { client, path: '/broken', times: 2 });
        expect(rowOf(await watched.take(), { operation: 'GET' })).toMatchObject({ count: 2, errors: 2 });
        await watched.pool.run('fails', { client, url: `${workerData.url}/cut` });
        expect(rowOf(await watched.take(), { task: 'fails', operation: 'GET' })).toMatchObject({ count: 1, errors: 1 });
        // A port on which nothing listens any more.
        const closed = createServer().listen(0, '127.0.0.1');
        await once(closed, 'listening');
        const { port } = closed.address() as AddressInfo;
        closed.close();
        await once(closed, 'close');
        expect(await watched.pool.run('fails', { client, url: `http://127.0.0.1:${port}` })).toBe('ECONNREFUSED');
        const rows = await watched.take();
        expect(rowOf(rows, { peer: `127.0.0.1:${port}`, what: 'connect' })).toMatchObject({ count: 1, errors: 1 });
        expect(rowOf(rows, { peer: `127.0.0.1:${port}`, operation: 'GET' })).toMatchObject({ count: 1, errors: 1 });
      });
    });

    it.each(CLIENTS)('counts the bytes that %s sends', async (client) => {
      await withWatched(kind, 'http-clients.mjs', { workerData }, async (watched) => {
        await watched.pool.run('asks', { client, path: '/', times: 3, method: 'POST', body: SECRET });
        const post = rowOf(await watched.take(), { operation: 'POST' });
        expect(post).toMatchObject({ count: 3, bytesOut: 3 * SECRET.length });
        // Answers without a length: only the client tells, or the socket, which has the headers as well.
        expect(post.bytesIn).toBeGreaterThanOrEqual(client === 'http' ? 3 * BODY.length : 0);
        expect(watched.text()).not.toContain(SECRET);
      });
    });

    it('tells two tasks apart that run at the same time', async () => {
      await withWatched(kind, 'http-clients.mjs', { workerData, concurrency: 8 }, async (watched) => {
        await Promise.all(
          CLIENTS.flatMap((client) => [
            watched.pool.run('asks', { client, path: '/slow', times: 4, atOnce: 3 }),
            watched.pool.run('asksElsewhere', { client, path: '/slow', times: 2, atOnce: 2, method: 'POST' }),
          ]),
        );
        const rows = (await watched.take()).filter(({ what }) => what === 'use');
        const seen = rows.map(({ task, kind: of, operation, count }) => `${task}: ${of} ${operation} ${count}`);
        expect(seen.sort()).toEqual(
          CLIENTS.flatMap((client) => [`asks: ${client} GET 12`, `asksElsewhere: ${client} POST 4`]).sort(),
        );
      });
    });
  });

  it.each(KINDS)('a %s listens on no channel of clients unless a profiler asks for it', async (kind) => {
    const options = { kind, workers: 1, workerData };
    const pool = new Pool<AnyHandlers>(new URL('./fixtures/http-clients.mjs', import.meta.url), options);
    const terms = { level: 'stats', io: false, sampleUs: 1000, heap: false } as const;
    const profiled = pool as unknown as Profilable;
    const listens = (): Promise<unknown> => pool.run('listens', undefined);
    try {
      expect(await listens()).toBe(false);
      const without = profiled[PROFILING](terms);
      await without.collect(10_000);
      expect(await listens()).toBe(false);
      const watching = profiled[PROFILING]({ ...terms, io: true });
      await watching.collect(10_000);
      expect(await listens()).toBe(true);
      watching.stop();
      await without.collect(10_000);
      expect(await listens()).toBe(false);
      without.stop();
    } finally {
      await pool.destroy();
    }
  });

  it('an inline pool counts requests of its tasks, and not those of the program', async () => {
    await withWatched('inline', 'http-clients.mjs', { workerData }, async (watched) => {
      const asks = watched.pool.run('asks', { client: 'fetch', path: '/slow', times: 3 });
      const own = await fetch(`${workerData.url}/slow`);
      await own.text();
      await asks;
      expect(rowOf(await watched.take(), { operation: 'GET' })).toMatchObject({
        task: 'asks',
        kind: 'fetch',
        count: 3,
      });
    });
  });

  it('folds 10,000 hosts, and counts each', async () => {
    // Each address of the loopback network is a host of its own.
    const everywhere = createServer((_request, response) => void response.end()).listen(0, '0.0.0.0');
    await once(everywhere, 'listening');
    const { port } = everywhere.address() as AddressInfo;
    const sockets = new Set<Socket>();
    everywhere.on('connection', (socket) => sockets.add(socket));
    try {
      await withWatched('thread', 'http-clients.mjs', { workerData }, async (watched) => {
        await watched.pool.run('asksHosts', { port, hosts: 10_000 });
        const rows = await watched.take();
        const uses = rows.filter(({ what }) => what === 'use');
        expect(uses.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
        expect(new Set(rows.map((row) => row.peer)).size).toBe(201);
        expect(rowOf(uses, { peer: '(other)' }).count).toBe(10_000 - 200);
        expect(watched.folded()).toBeGreaterThanOrEqual(10_000 - 200);
      });
    } finally {
      for (const socket of sockets) socket.destroy();
      everywhere.close();
    }
  });
});
