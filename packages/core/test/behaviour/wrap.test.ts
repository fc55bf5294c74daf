import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { wrap } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withServer as withCountingServer } from './counting-server.js';
import { failure, KINDS, withPool } from './pools.js';
import { runProgram } from './programs.js';

/** A server that counts for itself, and fails while `isDown`. */
async function withServer(
  body: (server: { url: string; seen: number; isDown: boolean }) => Promise<void>,
): Promise<void> {
  const state = { url: '', seen: 0, isDown: false };
  const server = createServer((_, response) => {
    state.seen++;
    response.statusCode = state.isDown ? 503 : 200;
    response.end(`answer ${state.seen}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    await body(state);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

async function ask(url: string, { signal }: { signal: AbortSignal }): Promise<string> {
  const response = await fetch(url, { signal, headers: { connection: 'close' } });
  const text = await response.text();
  if (!response.ok) throw new Error(`status ${response.status}`);
  return text;
}

describe('a function of the program in front of a server', () => {
  it('asks once for equal calls, and again when its result is dropped', async () => {
    await withServer(async (server) => {
      const get = wrap(ask, { cache: { ttlMs: 60_000 } });
      expect(await Promise.all([get(server.url), get(server.url)])).toEqual(['answer 1', 'answer 1']);
      expect(await get(server.url)).toBe('answer 1');
      get.invalidate({ input: server.url });
      expect(await get(server.url)).toBe('answer 2');
      expect(server.seen).toBe(2);
    });
  });

  it('asks a server that is down no more often than its breaker allows, whatever its retries', async () => {
    await withServer(async (server) => {
      server.isDown = true;
      const get = wrap(ask, {
        retry: { attempts: 50, backoff: { baseMs: 0 } },
        breaker: { consecutive: 5, openMs: 1e6 },
      });
      const ends = await Promise.allSettled(Array.from({ length: 20 }, () => get(server.url)));
      expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
      // 5 until it opens, and those that were under way by then.
      expect(server.seen).toBeLessThanOrEqual(20 + 5);
      const { seen } = server;
      expect(await failure(get(server.url))).toMatchObject({
        code: 'ERR_CIRCUIT_OPEN',
        cause: { message: 'status 503' },
      });
      expect(server.seen).toBe(seen);
    });
  });

  it('gives its old result while the server is down', async () => {
    await withServer(async (server) => {
      const get = wrap(ask, { cache: { ttlMs: 1, staleIfErrorMs: 60_000 }, breaker: { consecutive: 1, openMs: 1e6 } });
      expect(await get(server.url)).toBe('answer 1');
      server.isDown = true;
      while (get.breaker().state === 'closed') await get(server.url);
      expect(await get(server.url)).toBe('answer 1');
      expect(server.seen).toBe(2);
    });
  });
});

describe('limits of a function of the program, as the server counts', () => {
  const call = async ({ port, path }: { port: number; path: string }): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
    await response.text();
    if (response.ok) return response.status;
    const retryAfterMs = Number(response.headers.get('retry-after')) * 1000;
    throw Object.assign(new Error(`status ${response.status}`), { retryAfterMs });
  };
  const key = ({ path }: { path: string }): string => path;

  it('as a strict window never let more through than granted in any window', async () => {
    await withCountingServer(async (server) => {
      const get = wrap(call, { rateLimit: { calls: 10, perMs: 500, window: 'strict' } });
      await Promise.all(Array.from({ length: 40 }, () => get({ port: server.port, path: '/' })));
      expect([server.seen.length, server.mostWithin(500)]).toEqual([40, 10]);
    });
  });

  it('by key hold for each key alone, and places for all of them together', async () => {
    await withCountingServer(async (server) => {
      const get = wrap(call, {
        concurrency: 3,
        concurrencyByKey: { key, max: 2 },
        rateLimit: { calls: 2, perMs: 300, window: 'strict', key },
      });
      const paths = ['/a', '/b', '/c'].flatMap((path) => Array<string>(4).fill(path));
      await Promise.all(paths.map((path) => get({ port: server.port, path })));
      for (const path of ['/a', '/b', '/c']) expect(server.mostWithin(300, path)).toBe(2);
      expect(server.most).toBeLessThanOrEqual(3);
      expect(server.mostWithin(300)).toBeGreaterThan(2);
    });
  });

  it('close for the key of a call that the server refuses, for as long as it says', async () => {
    await withCountingServer(async (server) => {
      const get = wrap(call, {
        rateLimit: { calls: 50, perMs: 1000, key },
        retry: { attempts: 1, backoff: { baseMs: 0 } },
      });
      server.refusals.set('/a', ['1']);
      const all = await Promise.all(['/a', '/b'].map((path) => get({ port: server.port, path })));
      expect(all).toEqual([200, 200]);
      const [first, second] = server.seen.filter(({ path }) => path === '/a').map(({ atMs }) => atMs);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(990);
    });
  });
});

describe('a program that ends when all it waits for is done', () => {
  it.each([
    ['a debounced task', 'a debounced task\n'],
    ['a further try', 'second try\n'],
    ['a rate limit', 'call 2\n'],
    ['a value to be shown', 'undefined\na value\n'],
  ])('waits for %s as it should', { timeout: 15_000 }, async (which, stdout) => {
    const end = await runProgram('waits-for-shaped-calls.mjs', ['thread', which]);
    expect(end).toEqual({ code: 0, signal: null, stdout, stderr: '' });
  });
});

describe.each(KINDS)('a function that calls a pool of kind %s', (kind) => {
  it('has policies beside those of the pool', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1 }, async (pool) => {
      const sum = wrap(
        async (numbers: number[], { signal }) => {
          let total = 0;
          for (const n of numbers) total += ((await pool.run('square', n, { signal })) as { square: number }).square;
          return total;
        },
        { cache: true, timeoutMs: 60_000 },
      );
      expect([await sum([1, 2, 3]), await sum([1, 2, 3])]).toEqual([14, 14]);
      expect(pool.stats().tasks.submitted).toBe(3);
    });
  });
});
