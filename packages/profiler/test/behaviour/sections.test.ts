import { Pool, type PoolOptions } from '@millpond/core';
import { Profiler } from '@millpond/profiler';
import { describe, expect, it } from 'vitest';

interface Handlers {
  grow(): Promise<void>;
  meet(size: number): Promise<void>;
  forget(): void;
}
const MODULE = new URL('./fixtures/growing-sections.mjs', import.meta.url);
const MB = 1_000_000;

describe.each(['process', 'thread'] as const)('sections of a pool of kind %s', (kind) => {
  /** Profiles what `body` does with a pool, until the pool has closed. */
  async function profiled(
    level: 'stats' | 'trace',
    options: PoolOptions<Handlers>,
    body: (pool: Pool<Handlers>) => Promise<unknown>,
  ): Promise<Profiler> {
    const pool = new Pool<Handlers>(MODULE, { kind, name: 'grow', workers: 1, ...options });
    const profiler = new Profiler({ level }).attach(pool);
    try {
      await pool.ready();
      await body(pool);
    } finally {
      await pool.close();
    }
    await profiler.stop();
    return profiler;
  }

  it('are found by the 20 MB that one of them keeps', async () => {
    const profiler = await profiled('trace', {}, (pool) => pool.run('grow', undefined));
    const [first] = profiler.bottlenecks({ by: 'memory' });
    expect(first).toMatchObject({ name: 'parse', path: ['load', 'parse'], where: 'worker', task: 'grow' });
    expect(first?.memoryBytes).toBeGreaterThan(19 * MB);
    expect(first?.memoryBytes).toBeLessThan(22 * MB);
    expect(first?.memoryShare).toBeGreaterThan(0.8);
    const stats = profiler.stats('parse');
    expect(stats).toMatchObject({ count: 1, errors: 0, counters: { kept: 20 * MB }, memory: { shared: 0 } });
    expect(stats?.memory?.externalBytes).toBeGreaterThanOrEqual(10 * MB);
    // The memory of a section has that of those inside it.
    expect(profiler.stats('load')?.memory?.heapBytes).toBeGreaterThan(9 * MB);
  });

  it('are not asked for their memory at level stats', async () => {
    const profiler = await profiled('stats', {}, (pool) => pool.run('grow', undefined));
    expect(profiler.stats('parse')).toMatchObject({ count: 1, memory: null });
    expect(profiler.bottlenecks({ by: 'memory' })).toEqual([]);
  });

  it('say where other tasks ran in the worker meanwhile', async () => {
    const profiler = await profiled('trace', { concurrency: 4 }, (pool) =>
      Promise.all([4, 4, 4, 4].map((size) => pool.run('meet', size))),
    );
    expect(profiler.stats('alone')).toMatchObject({ count: 4, peak: 1, memory: { shared: 0 } });
    const together = profiler.stats('together');
    // The last one to come lets all go before any other is called.
    expect(together).toMatchObject({ count: 4, peak: 4, memory: { shared: 4 } });
    expect(together?.meanConcurrency).toBeGreaterThan(1);
    expect(together?.meanConcurrency).toBeLessThanOrEqual(4);
  });

  it('tell in the quality of the data which were not ended', async () => {
    const profiler = await profiled('stats', {}, async (pool) => {
      for (let n = 0; n < 3; n++) await pool.run('forget', undefined);
    });
    expect(profiler.snapshot().quality.remarks).toEqual(
      expect.arrayContaining([
        'pool "grow": 3 sections of ctx.open() had no end() and ended with their tasks, such as "forgotten"',
        'pool "grow": 3 calls of ctx.count() had no finite number and counted nothing',
      ]),
    );
  });
});
