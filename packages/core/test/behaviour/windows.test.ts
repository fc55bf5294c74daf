import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';

describe.each(KINDS)('stats({ windowMs }), kind %s,', (kind) => {
  it('tells what the pool did lately', async () => {
    await withPool('fails-on-negative.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      expect(pool.stats().window).toBeUndefined();
      for (let n = 0; n < 30; n++) await pool.run('work', n);
      for (let n = 1; n <= 10; n++) await failure(pool.run('work', -n));
      const aborted = AbortSignal.abort('enough');
      await failure(pool.run('work', 1, { signal: aborted }));
      const { window, latencyMs } = pool.stats({ windowMs: 60_000 });
      expect(window).toMatchObject({ completed: 30, failed: 10, cancelled: 0, errorRate: 0.25 });
      const { overMs = 0, throughput, totalMs, runMs, utilization } = window ?? {};
      expect(overMs).toBeGreaterThan(0);
      expect(throughput).toBeCloseTo((40 / overMs) * 1000);
      // All of them are in the window, so its percentiles are those of all.
      expect(totalMs?.p50).toBeCloseTo(latencyMs.total.p50, 6);
      expect(runMs?.p99).toBeGreaterThan(0);
      expect(utilization).toBeGreaterThan(0);
      expect(utilization).toBeLessThanOrEqual(1);
    });
  });

  it('refuses lengths that are not kept', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      for (const windowMs of [0, 999, 3_600_001, NaN, '1m']) {
        expect(() => pool.stats({ windowMs } as never)).toThrow(/"windowMs" must be a number from 1000 to 3600000/);
      }
      expect(() => pool.stats({ window: 1000 } as never)).toThrow(/"window" is unknown. Did you mean "windowMs"/);
      await pool.ready();
    });
  });
});
