import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type PoolOptions } from '@millpond/core';
import { type Level, Profiler, type ReportData } from '@millpond/profiler';
import { describe, expect, it } from 'vitest';

const MODULE = new URL('./fixtures/shared-things.mjs', import.meta.url);

/** The report of a run in a pool that was ready before. */
async function reportOf(
  options: PoolOptions,
  run: (pool: Pool) => Promise<unknown>,
  level: Level = 'trace',
): Promise<ReportData> {
  const pool = new Pool(MODULE, { workers: 2, ...options });
  try {
    await pool.ready();
    const profiler = new Profiler({ level }).attach(pool);
    await run(pool);
    return (await profiler.stop()).data;
  } finally {
    await pool.destroy();
  }
}

const runAll = (pool: Pool, count: number, name: string, input: unknown) =>
  Promise.all(Array.from({ length: count }, () => pool.run(name, input)));

describe.each(['process', 'thread'] as const)('of a pool of kind %s', (kind) => {
  it('handlers that wait in bursts get more at a time, for the sake of each call', async () => {
    const { verdict, findings } = await reportOf({ kind }, async (pool) => {
      for (let burst = 0; burst < 8; burst++) await Promise.all([runAll(pool, 20, 'waits', 15), sleep(400)]);
    });
    expect(verdict.id).toBe('R15');
    expect(findings[0]!.saving).toMatchObject({ of: 'call' });
  });

  it('a handler that hangs is named, whatever the other worker does', async () => {
    const { verdict } = await reportOf({ kind }, async (pool) => {
      pool.run('hangs', 0).catch(() => {});
      await runAll(pool, 100, 'waits', 10);
    });
    expect(verdict).toMatchObject({ kind: 'unknown', id: 'R28' });
    expect(verdict.sentence).toMatch(/a handler of "hangs" had run in worker \d for .* had not come back/);
    expect(verdict.step).toContain('timeoutMs');
  });

  it.each(['map', 'run'])('inputs whose encoding fills the program are no queue without end: %s', async (way) => {
    const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `name ${id}`, tags: ['a', `b${id}`] }));
    const { verdict, findings } = await reportOf({ kind }, async (pool) => {
      if (way === 'run') await runAll(pool, 60, 'counts', rows);
      else
        for await (const count of pool.map(
          'counts',
          Array.from({ length: 60 }, () => rows),
        ))
          expect(count).toBe(20_000);
    });
    expect(verdict).toMatchObject({ kind: 'bottleneck', id: 'R03' });
    expect(findings.some(({ id }) => id === 'R21')).toBe(false);
    expect(verdict.step).toContain('fewer objects');
    expect(findings[0]!.advice.every(({ option }) => option === undefined)).toBe(true);
  });

  it('batches that wait in vain for more than the callers there are', async () => {
    const { verdict, findings } = await reportOf({ kind }, (pool) =>
      Promise.all(
        [0, 1, 2].map(async (caller) => {
          for (let i = 0; i < 15; i++) await pool.run('adds', 100 * caller + i);
        }),
      ),
    );
    expect(verdict.id).toBe('R34');
    const [advice] = findings[0]!.advice;
    expect(advice).toMatchObject({ option: 'tasks.adds.batch.maxWaitMs', now: 60 });
    expect(advice!.value).toBeLessThan(25);
    expect(findings[0]!.saving!.share).toBeGreaterThan(0.5);
  });

  it.each(['stats', 'trace'] as const)(
    'workers that die come before the starts of their successors: level %s',
    async (level) => {
      const { verdict } = await reportOf(
        { kind, retry: 1 },
        (pool) => Promise.allSettled(Array.from({ length: 120 }, (_, i) => pool.run('dies', i))),
        level,
      );
      expect(verdict.id).toBe('R18');
    },
  );
});
