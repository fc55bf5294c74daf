import type { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, nextEvent, whenever, withPool, WORKER_KINDS } from './pools.js';

/** Resolves when this number of workers stands by, and all that are wanted are ready. */
async function whenStandingBy(pool: Pool, count: number): Promise<void> {
  await pool.ready();
  await whenever(pool, () => {
    const { spare, starting, draining } = pool.stats().workers;
    return spare === count && starting === 0 && draining === 0;
  });
}

/** The worker that has the tasks, and the one that stands by. */
async function whoIsWho(pool: Pool): Promise<[working: number, spare: number]> {
  const { workerId } = (await pool.run('whoAmI')) as { workerId: number };
  return [workerId, idsOf(pool).find((id) => id !== workerId) as number];
}

const idsOf = (pool: Pool): number[] => pool.stats().workerList.map(({ id }) => id);

describe.each(WORKER_KINDS)('a spare worker of kind %s', (kind) => {
  it('is warm and gets no task', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: { min: 2, max: 2, spare: 1 }, prefetch: 4 }, async (pool) => {
        await whenStandingBy(pool, 1);
        expect(pool.stats().workers).toMatchObject({ wanted: 2, idle: 3, spare: 1 });
        const names = ['a', 'b', 'c', 'd'];
        const results = names.map((name) => pool.run('wait', { port: gate.port, name }));
        await gate.arrival(2);
        expect(pool.stats().workers).toMatchObject({ busy: 2, idle: 1, spare: 1 });
        for (let nth = 1; nth <= names.length; nth++) gate.pass(await gate.arrival(nth));
        await Promise.all(results);
        const done = pool.stats().workerList.map(({ tasksDone }) => tasksDone);
        expect(done.filter((tasks) => tasks === 0)).toHaveLength(1);
      }),
    );
  });

  it('does at once what a worker that dies has left, and another one stands by', async () => {
    const workers = { min: 1, max: 1, spare: 1 };
    await withPool('exit-during-task.mjs', { kind, workers, prefetch: 10 }, async (pool) => {
      await whenStandingBy(pool, 1);
      const [, spare] = await whoIsWho(pool);
      const doomed = failure(pool.run('exit', 1));
      const others = [1, 2, 3, 4].map(() => pool.run('whoAmI'));
      expect(await doomed).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
      // By the one that was ready before, not by one that was started for it.
      expect(await Promise.all(others)).toEqual(Array(4).fill({ workerId: spare, attempt: 1 }));
      await whenStandingBy(pool, 1);
      expect(idsOf(pool)).toEqual([spare, 3]);
      expect(pool.stats().tasks).toMatchObject({ completed: 5, failed: 1 });
    });
  });

  it('takes over each time, as often as workers die', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: { min: 1, max: 1, spare: 1 } }, async (pool) => {
      for (let death = 1; death <= 3; death++) {
        await whenStandingBy(pool, 1);
        const [, spare] = await whoIsWho(pool);
        await failure(pool.run('exit', 1));
        expect(await pool.run('whoAmI')).toEqual({ workerId: spare, attempt: 1 });
      }
    });
  });

  it('works when more workers are wanted, and goes when none is to stand by', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: { min: 1, max: 1, spare: 1 } }, async (pool) => {
      await whenStandingBy(pool, 1);
      pool.resize({ min: 2, max: 2, spare: 1 });
      // Without a start in between.
      expect(pool.stats().workers).toMatchObject({ wanted: 2, idle: 2, starting: 1, spare: 0 });
      await whenStandingBy(pool, 1);
      expect(idsOf(pool)).toEqual([1, 2, 3]);
      pool.resize(2);
      await whenStandingBy(pool, 0);
      expect(pool.stats().workerList).toHaveLength(2);
      pool.resize({ min: 1, max: 1, spare: 2 });
      await whenStandingBy(pool, 2);
      expect(pool.stats().workerList).toHaveLength(3);
    });
  });

  it('is replaced with all others when its pool is recycled: it runs the old code', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: { min: 1, max: 1, spare: 1 } }, async (pool) => {
      await whenStandingBy(pool, 1);
      const [working] = await whoIsWho(pool);
      await pool.recycle();
      await whenStandingBy(pool, 1);
      expect(idsOf(pool)).toEqual([3, 4]);
      // Each of the two takes the place of the one that it was started for.
      expect(await pool.run('whoAmI')).toEqual({ workerId: working === 1 ? 3 : 4, attempt: 1 });
    });
  });

  it('goes with its pool, though it is only on its way', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: { min: 1, max: 1, spare: 3 } }, async (pool) => {
      await pool.run('echo', 1);
    });
  });
});

describe('a spare worker process', () => {
  it('takes the tasks of a worker that is killed from outside', async () => {
    await withPool('killed-by-signal.mjs', { kind: 'process', workers: { min: 1, max: 1, spare: 1 } }, async (pool) => {
      await whenStandingBy(pool, 1);
      const working = (await pool.run('pid')) as number;
      const spare = pool.stats().workerList.find(({ pid }) => pid !== working)?.pid;
      process.kill(working, 'SIGKILL');
      await nextEvent(pool as Pool<never>, 'worker:exited');
      expect(await pool.run('pid')).toBe(spare);
      await whenStandingBy(pool, 1);
    });
  });

  it('that is killed itself is replaced', async () => {
    await withPool('killed-by-signal.mjs', { kind: 'process', workers: { min: 1, max: 1, spare: 1 } }, async (pool) => {
      await whenStandingBy(pool, 1);
      const working = await pool.run('pid');
      const { id, pid } = pool.stats().workerList.find((worker) => worker.pid !== working) as {
        id: number;
        pid: number;
      };
      process.kill(pid, 'SIGKILL');
      await nextEvent(pool as Pool<never>, 'worker:exited');
      expect(await pool.run('pid')).toBe(working);
      await whenStandingBy(pool, 1);
      expect(idsOf(pool)).toEqual([3 - id, 3]);
    });
  });
});
