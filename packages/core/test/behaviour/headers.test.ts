import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';

const FIXTURE = 'tells-context.mjs';
const TRACE = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' };

describe.each(KINDS)('headers of a call, kind %s,', (kind) => {
  it('reach ctx.headers of its handler, and no other, frozen', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      const calls = Array.from({ length: 20 }, (_, n) =>
        pool.run('headers', n, n % 2 === 0 ? { headers: { ...TRACE, n: String(n) } } : {}),
      );
      expect(await Promise.all(calls)).toEqual(
        calls.map((_, n) => [n % 2 === 0 ? { ...TRACE, n: String(n) } : {}, true, true, true]),
      );
    });
  });

  it('that are none share one object', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      await pool.run('sharesNone');
      expect([await pool.run('sharesNone'), await pool.run('sharesNone', 1, { headers: {} })]).toEqual([true, true]);
    });
  });

  it('go along with the next try, with map, with broadcast, and beside other rare terms', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      const retry = { attempts: 1, backoff: { baseMs: 1 } };
      expect(await pool.run('headersOfSecondTry', 0, { headers: TRACE, retry })).toEqual(TRACE);
      for await (const [headers] of pool.map('headers', [1, 2], { headers: TRACE })) expect(headers).toEqual(TRACE);
      expect(await pool.broadcast('headers', 0, { headers: TRACE })).toEqual([[TRACE, true, true, true]]);
      const rare = { headers: TRACE, deadline: Date.now() + 60_000, onProgress: () => {} };
      expect(await pool.run('headers', Buffer.alloc(100_000), rare)).toEqual([TRACE, true, true, true]);
    });
  });

  it('that are wrong are refused, and cost nothing else', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      const wrong = { headers: { traceparent: 1 } } as never;
      expect(() => pool.run('headers', 0, wrong)).toThrow(/"headers" must be an object of at most 64 strings/);
      expect((await failure(pool.broadcast('headers', 0, wrong)))['code']).toBe('ERR_OPTION');
      expect(pool.stats().tasks.submitted).toBe(0);
    });
  });
});
