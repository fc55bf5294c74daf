import { Pool } from '@millpond/core';
import { Profiler } from '@millpond/profiler';
import { expect, it } from 'vitest';

const MODULE = new URL('./fixtures/any-work.mjs', import.meta.url);

it.each(['process', 'thread'] as const)(
  'a wait behind other tasks in the worker is no decoding, in a %s',
  async (kind) => {
    // Tasks come while others wait in the worker, which has one place. So the second task of each two waits there.
    await using pool = new Pool(MODULE, { kind, workers: 1, concurrency: 1, prefetch: 2 });
    await pool.ready();
    const profiler = new Profiler({ level: 'trace' }).attach(pool);
    await pool.run('waits', 0); // the worker has heard of the profiler
    await Promise.all(Array.from({ length: 20 }, () => pool.run('waits', 15)));
    // Inputs above and below the size from which a worker decodes before it claims the task.
    const large = 'x'.repeat(1_000_000);
    await Promise.all([10, 10_000, 1_000_000].map((length) => pool.run('computes', large.slice(0, length))));
    const tasks = (await profiler.stop()).data.pools[0]!.byTask;
    const waits = tasks.find(({ task }) => task === 'waits')!;
    const computes = tasks.find(({ task }) => task === 'computes')!;
    expect(waits.segments.workerWait.totalMs).toBeGreaterThan(10 * waits.segments.decode.totalMs);
    for (const { segments, codec } of [waits, computes]) {
      expect(segments.decode.count).toBeGreaterThan(0);
      expect(segments.decode.totalMs).toBeGreaterThan(0);
      // The worker measures it by itself. A stamp of 32 bits is exact to some nanoseconds.
      expect(Math.abs(segments.decode.totalMs - codec.inputDecodeMs)).toBeLessThan(0.01);
    }
  },
);
