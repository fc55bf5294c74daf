import { performance } from 'node:perf_hooks';
import type { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withPool, WORKER_KINDS } from './pools.js';

interface Counted {
  calls: number;
  workerId: number;
}

const FRESH = { afterTasks: 1 };
/** Two hundred workers take a while to start where the cores are busy with something else. */
const PATIENCE_MS = 300_000;

describe.each(WORKER_KINDS)('recycle with afterTasks: 1, kind %s,', (kind) => {
  it.each([
    ['200 tasks', 200, { workers: 2 }],
    ['20 tasks, several at once in a worker', 20, { workers: 2, concurrency: 8 }],
    ['20 tasks sent ahead', 20, { workers: 2, prefetch: 16 }],
    ['20 tasks with spares', 20, { workers: { min: 2, max: 2, spare: 2 } }],
    ['20 tasks of a pool that sizes itself', 20, {}],
  ] as const)(
    'gives each of %s a worker that ran nothing before',
    { timeout: PATIENCE_MS },
    async (_, tasks, options) => {
      await withPool('breaks-later.mjs', { kind, ...options, recycle: FRESH }, async (pool) => {
        let most = 0;
        const look = (): void => void (most = Math.max(most, pool.stats().workers.busy));
        for (const event of ['worker:ready', 'worker:recycled', 'worker:exited'] as const) pool.on(event, look);
        const results = Array.from({ length: tasks }, () => pool.run('count')) as Promise<Counted>[];
        const done = await Promise.all(results);
        expect(done.map(({ calls }) => calls)).toEqual(Array(tasks).fill(1));
        expect(new Set(done.map(({ workerId }) => workerId)).size).toBe(tasks);
        expect(pool.stats().tasks).toMatchObject({ completed: tasks, retried: 0 });
        expect(most).toBeLessThanOrEqual(Math.max(2, pool.stats().workers.wanted));
      });
    },
  );

  it('does so for map, for tasks that are tried again, and for one after another', async () => {
    await withPool('breaks-later.mjs', { kind, workers: 2, recycle: FRESH, retry: 1 }, async (pool) => {
      for await (const value of pool.map('count', Array(12).fill(0))) expect((value as Counted).calls).toBe(1);
      const again = await Promise.all(Array.from({ length: 4 }, () => pool.run('failFirst')));
      expect(again.map((value) => (value as Counted).calls)).toEqual(Array(4).fill(1));
      for (let n = 0; n < 4; n++) expect(await pool.run('count')).toMatchObject({ calls: 1 });
      for (let n = 0; n < 3; n++) for (const value of await broadcast(pool)) expect(value.calls).toBe(1);
    });
  });

  it('never has more tasks running than it has workers, however long they take', async () => {
    await withPool('breaks-later.mjs', { kind, workers: 2, recycle: FRESH }, async (pool) => {
      const busy: number[] = [];
      pool.on('worker:ready', () => busy.push(pool.stats().workers.busy));
      await Promise.all(Array.from({ length: 8 }, () => pool.run('wait', 150)));
      expect(busy.length).toBeGreaterThanOrEqual(8);
      expect(Math.max(...busy)).toBeLessThanOrEqual(2);
    });
  });

  it('still has a new one for every task that was accepted before close()', async () => {
    await withPool('breaks-later.mjs', { kind, workers: 2, recycle: FRESH }, async (pool) => {
      const accepted = Array.from({ length: 6 }, () => pool.run('count')) as Promise<Counted>[];
      const closed = pool.close();
      await pool.recycle();
      expect((await Promise.all(accepted)).map(({ calls }) => calls)).toEqual(Array(6).fill(1));
      await closed;
    });
  });

  it('starts the next worker while a task runs', async () => {
    await withPool('breaks-later.mjs', { kind, workers: 1, recycle: FRESH }, async (pool) => {
      await pool.ready();
      const readyAt: number[] = [];
      const recycledAt: number[] = [];
      pool.on('worker:ready', () => readyAt.push(performance.now()));
      pool.on('worker:recycled', () => recycledAt.push(performance.now()));
      // Long enough for a start, even on a busy machine.
      await pool.run('wait', 2000);
      await pool.run('count');
      expect(readyAt.length).toBeGreaterThanOrEqual(1);
      expect(readyAt[0]).toBeLessThan(recycledAt[0] as number);
    });
  });
});

describe.each(WORKER_KINDS)('recycle with afterTasks, kind %s,', (kind) => {
  it.each([2, 7])('is a bound: no worker runs more than %d tasks, whatever is sent ahead', async (afterTasks) => {
    const options = { kind, workers: 2, concurrency: 3, prefetch: 100, recycle: { afterTasks, jitter: 0.5 } };
    await withPool('breaks-later.mjs', options, async (pool) => {
      const done = (await Promise.all(Array.from({ length: 40 }, () => pool.run('count')))) as Counted[];
      expect(Math.max(...done.map(({ calls }) => calls))).toBeLessThanOrEqual(afterTasks);
    });
  });
});

async function broadcast(pool: Pool): Promise<Counted[]> {
  return (await pool.broadcast('count', undefined)) as Counted[];
}
