import { describe, expect, it } from 'vitest';
import { withServer } from './counting-server.js';
import { withPool, WORKER_KINDS } from './pools.js';

describe.each(WORKER_KINDS)('a rate limit, kind %s,', (kind) => {
  it('as a strict window is used to 98 %, and never more, as the server counts', async () => {
    const perMs = 3000;
    const tasks = { call: { rateLimit: { calls: 50, perMs, window: 'strict' as const } } };
    await withServer((server) =>
      withPool('calls-a-server.mjs', { kind, workers: 2, concurrency: 25, tasks }, async (pool) => {
        await pool.ready();
        await Promise.all(Array.from({ length: 150 }, () => pool.run('call', { port: server.port })));
        expect([server.seen.length, server.mostWithin(perMs)]).toEqual([150, 50]);
        const lastMs = (server.seen.at(-1)?.atMs ?? 0) - (server.seen[0]?.atMs ?? 0);
        const slowestMs = pool.stats().byTask['call']?.latencyMs.run.max ?? NaN;
        // Two windows are over. A call counts until `perMs` after its end, so what calls take is no time of the limit.
        expect((2 * perMs) / (lastMs - 3 * slowestMs)).toBeGreaterThanOrEqual(0.98);
      }),
    );
  });
});
