import { describe, expect, it } from 'vitest';
import { withServer } from './counting-server.js';
import { withPool, WORKER_KINDS } from './pools.js';

const SERVER = 'calls-a-server.mjs';

describe.each(WORKER_KINDS)('a rate limit, kind %s,', (kind) => {
  it('as a strict window never lets the server see more than granted in any window', async () => {
    const tasks = { call: { rateLimit: { calls: 10, perMs: 500, window: 'strict' as const } } };
    await withServer((server) =>
      withPool(SERVER, { kind, workers: 2, concurrency: 8, tasks }, async (pool) => {
        await Promise.all(Array.from({ length: 60 }, () => pool.run('call', { port: server.port })));
        expect(server.seen).toHaveLength(60);
        expect(server.mostWithin(500)).toBe(10);
        const lastMs = (server.seen.at(-1)?.atMs ?? 0) - (server.seen[0]?.atMs ?? 0);
        // Five windows, each longer by what a call takes. A call counts until 500 ms after its end.
        expect(lastMs).toBeGreaterThanOrEqual(5 * 500);
        const { wait, run } = pool.stats().byTask['call']?.latencyMs ?? {};
        expect([wait?.count, run?.count]).toEqual([60, 60]);
      }),
    );
  });

  it('as a bucket never lets the server see more than its size and its rate, and uses 98 % of it', async () => {
    // A machine that stands still for less than a second makes no bucket run over.
    const tasks = { call: { rateLimit: { calls: 100, perMs: 1000 } } };
    await withServer((server) =>
      withPool(SERVER, { kind, workers: 2, concurrency: 16, tasks }, async (pool) => {
        await pool.ready();
        await Promise.all(Array.from({ length: 450 }, () => pool.run('call', { port: server.port })));
        const times = server.seen.map(({ atMs }) => atMs);
        const last = times.at(-1) as number;
        const slowestMs = pool.stats().byTask['call']?.latencyMs.run.max ?? NaN;
        const tooMany = times.flatMap((fromMs, from) =>
          times.slice(from).filter((toMs, more) => more + 1 > Math.ceil(100 + (toMs - fromMs + slowestMs) * 0.1)),
        );
        expect(tooMany).toEqual([]);
        // From the 150th call on the bucket is empty, and a call goes every 10 ms. What a call itself takes is no time of the limit.
        const elapsedMs = last - (times[150] as number) - slowestMs;
        expect((times.length - 151) / (elapsedMs * 0.1)).toBeGreaterThanOrEqual(0.98);
      }),
    );
  });
});
