import { Pool, type TaskOptions } from '@millpond/core';
import { Profiler, type ReportData } from '@millpond/profiler';
import { describe, expect, it } from 'vitest';

const MODULE = new URL('./fixtures/any-work.mjs', import.meta.url);
/** One of two keys. */
const key = (ms: number) => `${ms % 2}`;

async function reportOf(kind: 'process' | 'thread', limits: TaskOptions<number>): Promise<ReportData> {
  await using pool = new Pool(MODULE, { kind, workers: 2, concurrency: 8, tasks: { waits: limits } });
  await pool.ready();
  const profiler = new Profiler({ level: 'trace' }).attach(pool);
  await Promise.all(Array.from({ length: 100 }, (_, i) => pool.run('waits', 20 + (i % 2))));
  return (await profiler.stop()).data;
}

describe.each(['process', 'thread'] as const)('a limit that keeps tasks of a %s back', (kind) => {
  it.each<[what: string, limits: TaskOptions<number>, option: string]>([
    ['concurrency', { concurrency: 2 }, 'tasks.waits.concurrency'],
    [
      'concurrency of keys, beside a wider one',
      { concurrency: 6, concurrencyByKey: { key, max: 1 } },
      'tasks.waits.concurrencyByKey.max',
    ],
    [
      'concurrency, beside a wide rate',
      { concurrency: 2, rateLimit: { calls: 5000, perMs: 1000 } },
      'tasks.waits.concurrency',
    ],
    [
      'a rate, beside a wide concurrency of keys',
      { rateLimit: { calls: 5, perMs: 100 }, concurrencyByKey: { key, max: 8 } },
      'tasks.waits.rateLimit',
    ],
  ])('is named: %s', async (_, limits, option) => {
    const { verdict, findings } = await reportOf(kind, limits);
    expect(verdict.id).toBe('R36');
    expect(findings[0]!.advice[0]).toMatchObject({ option });
    expect(findings[0]!.saving!.share).toBeGreaterThan(0.4);
  });

  it('is named beside another limit of the same option', async () => {
    const { findings } = await reportOf(kind, {
      rateLimit: [
        { calls: 1000, perMs: 1000 },
        { calls: 2, perMs: 50, key },
      ],
    });
    expect(findings[0]!.advice[0]!.text).toContain('of 2 calls in 50 ms by key');
  });
});

it('the verdict names a task that never comes back, though all others have', async () => {
  const pool = new Pool(MODULE, { kind: 'thread', workers: 2 });
  await pool.ready();
  const profiler = new Profiler().attach(pool);
  const never = pool.run('waits', 2 ** 30).catch(() => {});
  await Promise.all(Array.from({ length: 40 }, () => pool.run('waits', 1)));
  await pool.run('blocks', 1);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const { verdict } = (await profiler.stop()).data;
  expect(verdict).toMatchObject({ kind: 'unknown', id: 'R28' });
  expect(verdict.sentence).toMatch(/nothing came back for the last .* s\. Left at the end: 1 task in workers/);
  await pool.destroy();
  await never;
});
