import type { Pool } from '@millpond/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextEvent, withPool, WORKER_KINDS } from './pools.js';

const MIB = 1024 * 1024;

interface Recycled {
  workerId: number;
  reason: string;
}

/** What happens to the workers of a pool, from the moment on when all are ready. */
async function watch(pool: Pool, wanted: number) {
  await pool.ready();
  const seen = { recycled: [] as Recycled[], leastReady: wanted, most: wanted, unexpected: 0 };
  const look = (): void => {
    const { idle, busy } = pool.stats().workers;
    seen.leastReady = Math.min(seen.leastReady, idle + busy);
    seen.most = Math.max(seen.most, pool.stats().workerList.length);
  };
  pool.on('worker:recycled', (event) => seen.recycled.push(event));
  pool.on('worker:exited', ({ expected }) => void (seen.unexpected += expected ? 0 : 1));
  for (const event of ['worker:ready', 'worker:recycled', 'worker:exited'] as const) pool.on(event, look);
  return { seen, look };
}

afterEach(() => void vi.restoreAllMocks());

describe.each(WORKER_KINDS)('workers of kind %s with recycle.afterTasks', (kind) => {
  it.each([
    [2, 1],
    [8, 2],
  ])('of %d are replaced by new ones first, %d at once, and each task is done once', async (workers, atOnce) => {
    const recycle = { afterTasks: 40, jitter: 0 };
    await withPool('grows-and-tells.mjs', { kind, workers, recycle }, async (pool) => {
      const { seen, look } = await watch(pool, workers);
      // Work goes on until two more workers than the pool has have been replaced.
      const inputs = function* (): Generator<{ n: number; turns: number }> {
        for (let n = 0; seen.recycled.length < workers + 2; n++) yield { n, turns: n % 7 };
      };
      const done: number[] = [];
      const byWorker = new Map<number, number>();
      for await (const result of pool.map('turn', inputs(), { window: 4 * workers })) {
        const { n, workerId } = result as { n: number; workerId: number };
        done.push(n);
        byWorker.set(workerId, (byWorker.get(workerId) ?? 0) + 1);
        look();
      }
      const submitted = done.length;
      expect(done).toEqual(Array.from({ length: submitted }, (_, n) => n));
      expect(pool.stats().tasks).toMatchObject({ submitted, completed: submitted, retried: 0 });
      for (const { workerId, reason } of seen.recycled) {
        expect(reason).toMatch(/^\d+ tasks$/);
        expect(parseInt(reason)).toBeGreaterThanOrEqual(40);
        expect(byWorker.get(workerId)).toBeGreaterThanOrEqual(40);
      }
      expect(new Set(seen.recycled.map(({ workerId }) => workerId)).size).toBe(seen.recycled.length);
      expect(seen).toMatchObject({ leastReady: workers, unexpected: 0 });
      expect(seen.most).toBeLessThanOrEqual(workers + atOnce);
    });
  });

  it('go earlier than others by their jitter', async () => {
    // The whole of the jitter for each worker: a tenth of the tasks.
    vi.spyOn(Math, 'random').mockReturnValue(1);
    await withPool(
      'grows-and-tells.mjs',
      { kind, workers: 1, recycle: { afterTasks: 50, jitter: 0.9 } },
      async (pool) => {
        const recycled = nextEvent<Recycled>(pool, 'worker:recycled');
        for (let n = 0; n < 5; n++) await pool.run('turn', { n, turns: 0 });
        expect(await recycled).toEqual({ workerId: 1, reason: '5 tasks' });
      },
    );
  });

  it('go one after another, as often as their time comes', async () => {
    await withPool('grows-and-tells.mjs', { kind, workers: 1, recycle: { afterTasks: 5, jitter: 0 } }, async (pool) => {
      for (let generation = 1; generation <= 3; generation++) {
        const recycled = nextEvent<Recycled>(pool, 'worker:recycled');
        let isOver = false;
        void recycled.then(() => (isOver = true));
        for (let n = 0; !isOver; n++) await pool.run('turn', { n, turns: 3 });
        expect(await recycled).toMatchObject({ workerId: generation });
        expect(await pool.run('turn', { n: 1, turns: 0 })).toMatchObject({ workerId: generation + 1 });
      }
    });
  });
});

describe.each(WORKER_KINDS)('a worker of kind %s with recycle.afterMs', (kind) => {
  it('is replaced when it is old, though nothing is left to do', async () => {
    await withPool('grows-and-tells.mjs', { kind, workers: 1, recycle: { afterMs: 300, jitter: 0 } }, async (pool) => {
      const { seen } = await watch(pool, 1);
      await pool.run('turn', { n: 1, turns: 0 });
      const { workerId, reason } = await nextEvent<Recycled>(pool, 'worker:recycled');
      expect(workerId).toBe(1);
      expect(reason).toMatch(/^\d+ s old$/);
      expect(await pool.run('turn', { n: 2, turns: 0 })).toEqual({ n: 2, workerId: 2 });
      expect(seen).toMatchObject({ leastReady: 1, unexpected: 0 });
    });
  });
});

describe('a worker process with recycle.aboveRssBytes', () => {
  it('is replaced when it has grown by more than that, and its successor is not', async () => {
    const options = { kind: 'process', workers: 1, recycle: { aboveRssBytes: 60 * MIB } } as const;
    await withPool('grows-and-tells.mjs', options, async (pool) => {
      const { seen } = await watch(pool, 1);
      await pool.run('keep', 30 * MIB);
      const second = pool.run('keep', 60 * MIB);
      const recycled = nextEvent<Recycled>(pool, 'worker:recycled');
      await second;
      let n = 0;
      // Work goes on until it is looked at.
      while (seen.recycled.length === 0) await pool.run('turn', { n: n++, turns: 3 });
      const { workerId, reason } = await recycled;
      expect(workerId).toBe(1);
      const [, grownMib] = /^memory: (\d+) MiB more than when it was warm$/.exec(reason) ?? [];
      expect(Number(grownMib)).toBeGreaterThan(60);
      expect(await pool.run('keep', 10 * MIB)).toBe(1);
      expect(seen).toMatchObject({ leastReady: 1, unexpected: 0 });
      expect(seen.recycled).toHaveLength(1);
    });
  });
});
