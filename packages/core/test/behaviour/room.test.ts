import type { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, nextEvent, withPool, WORKER_KINDS } from './pools.js';

describe.each(KINDS)('room, kind %s,', (kind) => {
  it.each([0, 1, 3])('lets 20 producers each have their place, with queue.max %d', async (max) => {
    await withPool('echo.mjs', { kind, workers: 1, queue: { max } }, async (pool) => {
      const done: unknown[] = [];
      const producers = Array.from({ length: 20 }, async (_, producer) => {
        for (let nth = 0; nth < 5; nth++) {
          await pool.room();
          done.push(await pool.run('echo', producer * 5 + nth));
        }
      });
      const mapped: unknown[] = [];
      const mapping = (async () => {
        for await (const value of pool.map('echo', [100, 101, 102, 103])) mapped.push(value);
      })();
      await Promise.all([...producers, mapping]);
      expect((done as number[]).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
      expect(mapped).toEqual([100, 101, 102, 103]);
      expect(pool.stats().tasks).toMatchObject({ submitted: 104, completed: 104 });
    });
  });

  it('goes on when a caller has a place and does not use it', async () => {
    await withPool('echo.mjs', { kind, workers: 1, queue: { max: 0 } }, async (pool) => {
      await pool.ready();
      const order: string[] = [];
      const idle = Array.from({ length: 5 }, () => pool.room().then(() => order.push('idle')));
      const useful = pool
        .room()
        .then(() => pool.run('echo', 'useful'))
        .then((value) => order.push(value as string));
      await Promise.all([...idle, useful]);
      expect(order).toEqual([...Array<string>(5).fill('idle'), 'useful']);
    });
  });

  it('maps a source that takes its time through a queue of one', async () => {
    await withPool('echo.mjs', { kind, workers: 1, queue: { max: 1 } }, async (pool) => {
      async function* slowly(): AsyncGenerator<number> {
        for (let n = 0; n < 10; n++) {
          await new Promise((resolve) => setImmediate(resolve));
          yield n;
        }
      }
      const maps = Array.from({ length: 3 }, async () => {
        let most = 0;
        for await (const _ of pool.map('echo', slowly())) most = Math.max(most, pool.stats().tasks.queued);
        return most;
      });
      expect(Math.max(...(await Promise.all(maps)))).toBeLessThanOrEqual(2);
    });
  });
});

describe.each(WORKER_KINDS)('a place in a worker that is yet to start, kind %s,', (kind) => {
  it.each([
    ['of a pool that has none at first', { min: 0, max: 2 }],
    ['of a fixed number', 2],
  ])('is free, so a queue of none takes a task for it: %s', async (_, workers) => {
    await withPool('echo.mjs', { kind, workers, concurrency: 1, queue: { max: 0 } }, async (pool) => {
      await pool.room();
      expect(await pool.run('echo', 1)).toBe(1);
      const values: unknown[] = [];
      for await (const value of pool.map('echo', [1, 2, 3, 4, 5])) values.push(value);
      expect(values).toEqual([1, 2, 3, 4, 5]);
    });
  });

  it('is one place for one task', async () => {
    await withPool('echo.mjs', { kind, workers: 2, concurrency: 1, queue: { max: 0 } }, async (pool) => {
      const three = [1, 2, 3].map((n) => pool.run('echo', n));
      expect(await failure(three[2] as Promise<unknown>)).toMatchObject({ code: 'ERR_QUEUE_FULL' });
      expect(await Promise.all(three.slice(0, 2))).toEqual([1, 2]);
    });
  });

  it('is none while the pool is paused, and one again when it goes on', async () => {
    await withPool('echo.mjs', { kind, workers: { min: 0, max: 1 }, queue: { max: 0 } }, async (pool) => {
      pool.pause();
      expect(await failure(pool.run('echo', 1))).toMatchObject({ code: 'ERR_QUEUE_FULL' });
      const room = pool.room();
      pool.resume();
      await room;
      expect(await pool.run('echo', 2)).toBe(2);
    });
  });

  it('is one as soon as the pool may be larger', async () => {
    await withPool('waits-at-gate.mjs', { kind, workers: 1, queue: { max: 0 } }, async (pool) => {
      await pool.ready();
      const ready = nextEvent(pool as Pool<never>, 'worker:ready');
      const results = [pool.run('echo', 1)];
      const room = pool.room();
      pool.resize(2);
      await room;
      results.push(pool.run('echo', 2));
      await ready;
      expect(await Promise.all(results)).toEqual([1, 2]);
    });
  });
});
