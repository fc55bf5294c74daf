import { availableParallelism } from 'node:os';
import type { Pool, WorkersOption } from '@millpond/core';
import { Pool as AnyPool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { fixture, KINDS, withPool, WORKER_KINDS } from './pools.js';

describe.each(WORKER_KINDS)('a pool of 24 workers of kind %s', (kind) => {
  /** Most workers that were seen starting at once. */
  const watch = (pool: Pool): { most: number } => {
    const seen = { most: 0 };
    const look = (): void => void (seen.most = Math.max(seen.most, pool.stats().workers.starting));
    for (const event of ['worker:ready', 'worker:exited'] as const) pool.on(event, look);
    return seen;
  };

  it('starts one at once and the others in turns, as many at a time as the cores serve', async () => {
    await withPool('echo.mjs', { kind, workers: 24 }, async (pool) => {
      expect(pool.stats().workers).toMatchObject({ wanted: 24, starting: 1 });
      const seen = watch(pool);
      await pool.ready();
      expect(pool.stats().workers).toMatchObject({ starting: 0, idle: 24 });
      expect(seen.most).toBeLessThanOrEqual(Math.max(4, 2 * availableParallelism()));
      expect(await pool.broadcast('echo', 'all')).toHaveLength(24);
    });
  });

  it.each(['close', 'destroy'] as const)('may be ended by %s while it starts', async (end) => {
    await withPool('echo.mjs', { kind, workers: 24 }, async (pool) => {
      let exits = 0;
      pool.on('worker:exited', () => exits++);
      await new Promise((resolve) => setImmediate(resolve));
      await pool[end]();
      expect(pool.stats().workerList).toEqual([]);
      expect(exits).toBeLessThan(24);
    });
  });

  it('may be made smaller, or larger, while it starts', async () => {
    await withPool('echo.mjs', { kind, workers: 24 }, async (pool) => {
      pool.resize(3);
      await pool.ready();
      expect(await pool.run('echo', 1)).toBe(1);
      expect(pool.stats().workers).toMatchObject({ wanted: 3, starting: 0 });
      pool.resize(6);
      await pool.ready();
      expect(pool.stats().workers).toMatchObject({ wanted: 6, starting: 0, idle: 6 });
    });
  });
});

describe.each(KINDS)('more workers than a machine can hold, kind %s,', (kind) => {
  it.each<[WorkersOption]>([[1e9], [4097], [{ min: 5000 }], [{ max: 1e9 }]])('are refused: %j', async (workers) => {
    expect(() => new AnyPool(fixture('echo.mjs'), { kind, workers })).toThrow(/Option "workers" must be .* to 4096/);
    await withPool('echo.mjs', { kind }, (pool) => {
      expect(() => pool.resize(workers)).toThrow(/Option "workers" must be .* to 4096/);
      return Promise.resolve();
    });
  });
});
