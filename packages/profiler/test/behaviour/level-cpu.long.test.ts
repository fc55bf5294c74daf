import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from '@millpond/core';
import { Profiler } from '@millpond/profiler';
import { describe, expect, it } from 'vitest';

const MODULE = new URL('./fixtures/any-work.mjs', import.meta.url);

describe.each(['process', 'thread'] as const)('at level cpu, in a %s', (kind) => {
  /** Parts of the execution that `task` had, 0 to 1, and the whole report. */
  const run = async (task: 'waits' | 'blocks', ms: number) => {
    await using pool = new Pool(MODULE, { kind, workers: 2, concurrency: 1 });
    await pool.ready();
    const profiler = new Profiler({ level: 'cpu' }).attach(pool);
    await Promise.all(Array.from({ length: 200 }, () => pool.run(task, ms)));
    const { data } = await profiler.stop();
    const { execution, segments } = data.pools[0]!.byTask[0]!;
    const whole = segments.execution.totalMs;
    return { waits: execution.loopIdleMs / whole, blocks: execution.offCpuMs / whole, data };
  };

  // The signals of the sampler make Node count an idle loop as an active one.
  it('a handler that waits blocks nothing', async () => {
    const { waits, blocks, data } = await run('waits', 20);
    expect(waits).toBeGreaterThan(0.8);
    expect(blocks).toBeLessThan(0.1);
    expect(data.verdict.id).toBe('R15');
  });

  it('a handler that blocks does not wait', async () => {
    const { waits, blocks, data } = await run('blocks', 20);
    expect(blocks).toBeGreaterThan(3 * waits);
    expect(waits).toBeLessThan(0.2);
    expect(data.findings.map(({ id }) => id)).not.toContain('R15');
  });
});

it('a main thread that only waits is not busy at level cpu', async () => {
  await using pool = new Pool(MODULE, { kind: 'thread', workers: 1 });
  await pool.ready();
  const profiler = new Profiler({ level: 'cpu' }).attach(pool);
  await Promise.all([pool.run('waits', 2000), sleep(2000)]);
  expect((await profiler.stop()).data.parent.busyShare).toBeLessThan(0.5);
});
