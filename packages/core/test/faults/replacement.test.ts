import { rmSync, writeFileSync } from 'node:fs';
import { isPoolError, type Pool, type PoolOptions } from '@millpond/core';
import { describe, expect } from 'vitest';
import { fault, type Lab, rejection } from './lab.js';

const MARK = 'broken';

/** A pool of a module that can be broken while it works. */
async function breakable(lab: Lab, options: PoolOptions): Promise<Pool> {
  const pool = lab.pool('break-later.mjs', { argv: [lab.path(MARK)], ...options });
  await pool.ready();
  return pool;
}

const whereTheyRun = (pool: Pool, count: number) =>
  Promise.all(Array.from({ length: count }, () => pool.run('whereAmI'))) as Promise<number[]>;

describe('a worker whose replacement cannot start', () => {
  for (const [row, how] of [
    ['45', 'throws'],
    ['45b', 'exits'],
  ] as const) {
    fault(
      {
        row,
        fault: 'replacement fails, recycle()',
        injected: `6 times recycle() while the module ${how} at load, 20 tasks beside each; then it is mended`,
        expected: 'ERR_WORKER_START, recycle:failed; the old workers stay, all tasks done; replaced once it is mended',
      },
      async (lab) => {
        const pool = await breakable(lab, {});
        let failures = 0;
        pool.on('recycle:failed', () => failures++);
        writeFileSync(lab.path(MARK), how);
        for (let time = 0; time < 6; time++) {
          const beside = whereTheyRun(pool, 20);
          expect(isPoolError(await rejection(pool.recycle()), 'ERR_WORKER_START')).toBe(true);
          expect((await beside).every((id) => id <= 2)).toBe(true);
        }
        expect(failures).toBeGreaterThanOrEqual(6);
        expect(pool.stats()).toMatchObject({ state: 'open', workers: { wanted: 2, idle: 2 } });
        rmSync(lab.path(MARK));
        await pool.recycle();
        expect((await whereTheyRun(pool, 20)).every((id) => id > 2)).toBe(true);
        return '6 times ERR_WORKER_START; 120 of 120 beside done by the old ones; replaced in the end';
      },
    );
  }

  fault(
    {
      row: '45c',
      fault: 'replacement fails, rule of recycle',
      injected: 'recycle.afterTasks 3 while the module throws at load; 20 tasks one after another; then it is mended',
      expected: 'recycle:failed; the old worker goes on; replaced once it is mended',
    },
    async (lab) => {
      const pool = await breakable(lab, { workers: 1, recycle: { afterTasks: 3, jitter: 0 } });
      const failed = new Promise((resolve) => pool.once('recycle:failed', resolve));
      writeFileSync(lab.path(MARK), 'throws');
      const ids: number[] = [];
      for (let n = 0; n < 20; n++) ids.push(...(await whereTheyRun(pool, 1)));
      expect(new Set(ids)).toEqual(new Set([1]));
      expect(await failed).toMatchObject({ workerId: 1, reason: '3 tasks', error: { code: 'ERR_WORKER_START' } });
      const recycled = new Promise((resolve) => pool.once('worker:recycled', resolve));
      rmSync(lab.path(MARK));
      let isOver = false;
      void recycled.then(() => (isOver = true));
      while (!isOver) await whereTheyRun(pool, 1);
      expect(await whereTheyRun(pool, 1)).not.toEqual([1]);
      return 'recycle:failed; 20 of 20 done by the old one; replaced in the end';
    },
  );

  fault(
    {
      row: '45d',
      fault: 'replacement fails, after a death',
      injected: 'a task ends one of 2 workers while the module throws at load; 20 tasks beside it',
      expected:
        'all are done by the other worker, even after more failed starts than a pool allows; replaced once mended',
    },
    async (lab) => {
      const pool = await breakable(lab, {});
      writeFileSync(lab.path(MARK), 'throws');
      const guilty = rejection(pool.run('counted', { end: 'exit' }));
      const beside = whereTheyRun(pool, 20);
      expect(isPoolError(await guilty, 'ERR_WORKER_CRASHED')).toBe(true);
      expect((await beside).every((id) => id <= 2)).toBe(true);
      await lab.death(pool, 1 + 6);
      expect((await whereTheyRun(pool, 20)).every((id) => id <= 2)).toBe(true);
      rmSync(lab.path(MARK));
      await pool.ready();
      expect(pool.stats()).toMatchObject({ state: 'open', workers: { wanted: 2, idle: 2 } });
      expect(lab.starts(pool)).toHaveLength(41);
      return '40 of 40 done beside 6 failed starts; replaced in the end';
    },
  );
});
