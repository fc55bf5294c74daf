import type { Pool, RetryOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';
import { type TestServer, withServer } from './server.js';

function withRetry(
  kind: (typeof KINDS)[number],
  retry: RetryOptions,
  body: (pool: Pool, server: TestServer) => Promise<void>,
): Promise<void> {
  const options = { kind, workers: 2, tasks: { call: { retry } } };
  return withServer((server) => withPool('calls-server.mjs', options, (pool) => body(pool, server)));
}

describe.each(KINDS)('retry over kind %s', (kind) => {
  it('waits for as long as an error asks for', async () => {
    await withRetry(kind, { attempts: 1, backoff: { baseMs: 0 } }, async (pool, server) => {
      server.goDown(429, 60);
      const call = failure(pool.run('call', { port: server.port }));
      expect(await call).toMatchObject({ status: 429, retryAfterMs: 60 });
      const [first = 0, second = 0] = server.times;
      expect(server.times).toHaveLength(2);
      expect(second - first).toBeGreaterThanOrEqual(60);
    });
  });

  it.each([
    ['in a year', 31_536_000_000],
    ['beyond its limit', 5001],
  ])('ends for an error that asks for a try %s', async (_when, retryAfterMs) => {
    await withRetry(kind, { attempts: 3, maxRetryAfterMs: 5000 }, async (pool, server) => {
      server.goDown(429, retryAfterMs);
      expect(await failure(pool.run('call', { port: server.port }))).toMatchObject({ status: 429 });
      expect(server.requests).toHaveLength(1);
    });
  });

  it.each([-5000, 0, NaN])('takes no notice of an error that asks for a try in %d ms', async (retryAfterMs) => {
    await withRetry(kind, { attempts: 1, backoff: { baseMs: 0 } }, async (pool, server) => {
      server.goDown(429, retryAfterMs);
      await failure(pool.run('call', { port: server.port }));
      expect(server.requests).toHaveLength(2);
    });
  });

  it('ends at once with the error of the handler where no try would begin before the deadline', async () => {
    await withRetry(kind, { attempts: 3 }, async (pool, server) => {
      server.goDown(503, 20_000);
      const deadline = Date.now() + 10_000;
      expect(await failure(pool.run('call', { port: server.port }, { deadline }))).toMatchObject({ status: 503 });
      expect(Date.now()).toBeLessThan(deadline);
      expect(server.requests).toHaveLength(1);
    });
  });

  it('adds no more load than its budget, with 0.1 at most a tenth and ten tries', async () => {
    await withRetry(kind, { attempts: 5, backoff: { baseMs: 0 }, budget: 0.1 }, async (pool, server) => {
      server.goDown();
      const calls = Array.from({ length: 200 }, () => failure(pool.run('call', { port: server.port })));
      for (const call of calls) expect(await call).toMatchObject({ status: 503 });
      const further = server.requests.length - 200;
      expect(further).toBeGreaterThan(0);
      expect(further).toBeLessThanOrEqual(10 + 20);
      const { tasks, byTask } = pool.stats();
      expect([tasks.retried, tasks.failed]).toEqual([further, 200]);
      expect(byTask['call']?.retriesRefused).toBeGreaterThan(0);
    });
  });

  it('rejects with both errors when `on` gives a promise, and the pool goes on', async () => {
    const on = (() => Promise.reject(new Error('late'))) as unknown as () => boolean;
    await withRetry(kind, { attempts: 5, on }, async (pool, server) => {
      server.goDown();
      const both = await failure(pool.run('call', { port: server.port }));
      expect(both['errors']).toMatchObject([{ status: 503 }, { code: 'ERR_OPTION' }]);
      expect(await pool.run('echo', 'alive')).toBe('alive');
    });
  });

  it('has no budget for a single call', async () => {
    await withRetry(kind, { attempts: 0 }, async (pool) => {
      expect(() => pool.run('echo', 1, { retry: { attempts: 1, budget: 0.1 } as never })).toThrow(
        /Option "retry" must be .*\(it has "budget"\)/,
      );
    });
  });
});
