import { describe, expect } from 'vitest';
import { fault, rejection, within } from './lab.js';

function codeOf(end: PromiseSettledResult<unknown>): string {
  return end.status === 'fulfilled' ? 'done' : ((end.reason as { code?: string }).code ?? String(end.reason));
}

describe('the end of a pool', () => {
  for (const [row, task] of [
    ['34', 'hold'],
    ['34b', 'block'],
  ] as const) {
    fault(
      {
        row,
        fault: 'close with a time limit',
        injected: `tasks that never end (${task === 'hold' ? 'they wait' : 'they block'}), close({ timeoutMs: 200 })`,
        expected: 'running and queued ones reject ERR_POOL_CLOSED; closed within 1 s; no worker left',
      },
      async (lab) => {
        const pool = lab.pool('hold.mjs');
        await pool.ready();
        await Promise.all([1, 2].map(() => lab.started(pool, task, lab.path('never')))).then((tasks) => {
          for (const { result } of tasks) result.catch(() => {});
        });
        const queued = Array.from({ length: 10 }, () => pool.run(task, lab.path('never')));
        const at = performance.now();
        const closed = pool.close({ timeoutMs: 200 });
        const ends = await Promise.allSettled(queued);
        expect(ends.map(codeOf)).toEqual(ends.map(() => 'ERR_POOL_CLOSED'));
        await closed;
        expect(performance.now() - at).toBeLessThan(1200);
        expect(pool.stats()).toMatchObject({ state: 'closed', workerList: [] });
        return '12 rejected ERR_POOL_CLOSED, closed in time';
      },
    );
  }

  fault(
    {
      row: '35',
      fault: 'races around close',
      injected: 'run, resize, recycle, close, close and run in one turn, tasks of unequal length',
      expected: 'accepted tasks are done; late submits reject; every close() resolves after the last worker is gone',
    },
    async (lab) => {
      const pool = lab.pool('mixed.mjs', { workers: { min: 1, max: 3 } });
      const task = (ms: number) => pool.run('work', { ms, blocks: false, hears: false, fails: false });
      const accepted = Array.from({ length: 30 }, (_, n) => task((n * 7) % 23));
      pool.resize(3);
      const recycled = pool.recycle();
      pool.resize(1);
      const closes = [pool.close(), pool.close(), pool[Symbol.asyncDispose]()];
      const late = [rejection(task(1)), rejection(pool.ready()), rejection(pool.room())];
      pool.resize(2);
      expect(await Promise.all(accepted)).toEqual(Array.from({ length: 30 }, (_, n) => (n * 7) % 23));
      for (const error of await Promise.all(late)) expect(error).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      for (const closed of closes) {
        await within('close()', closed);
        expect(pool.stats()).toMatchObject({ state: 'closed', workerList: [] });
      }
      await within('recycle()', recycled);
      return '30 of 30 done, 3 late ones refused, 3 closes resolved';
    },
  );

  fault(
    {
      row: '35b',
      fault: 'destroy while closing',
      injected: 'close(), then destroy() while tasks run, then close() again',
      expected: 'tasks reject ERR_POOL_CLOSED; all three resolve; no worker left',
    },
    async (lab) => {
      const pool = lab.pool('hold.mjs');
      const { result } = await lab.started(pool, 'hold', lab.path('never'));
      const queued = Array.from({ length: 5 }, () => pool.run('block', lab.path('never')));
      const ends = Promise.allSettled([result, ...queued]);
      const closes = [pool.close(), pool.destroy('enough'), pool.close()];
      expect((await ends).map(codeOf)).toEqual(Array.from({ length: 6 }, () => 'ERR_POOL_CLOSED'));
      await within('all closes', Promise.all(closes));
      expect(pool.stats()).toMatchObject({ state: 'closed', workerList: [] });
      return '6 rejected, 3 resolved';
    },
  );

  fault(
    {
      row: '35c',
      fault: 'close while workers start',
      injected: 'a pool closed in the turn it was made, and one closed after its first result; 5 times each',
      expected: 'close() resolves; no process, thread or file descriptor left',
    },
    async (lab) => {
      for (let round = 0; round < 5; round++) {
        await within('close()', lab.pool('ping.mjs').close());
        const pool = lab.pool('ping.mjs');
        expect(await pool.run('ping', round)).toBe(round);
        await within('close()', pool.close());
      }
      return '10 of 10 closed';
    },
  );

  fault(
    {
      row: '35d',
      fault: 'workers die while the pool closes',
      injected: 'tasks that end their worker are accepted, then close()',
      expected: 'each settles; the rest are done on replacements; close() resolves',
    },
    async (lab) => {
      const pool = lab.pool('exit-during-task.mjs', { restart: { max: 100 } });
      await pool.ready();
      const ends = Promise.allSettled([
        ...Array.from({ length: 4 }, () => pool.run('exit', 1)),
        ...Array.from({ length: 10 }, (_, n) => pool.run('ping', n)),
      ]);
      await within('close()', pool.close(), 15_000);
      const codes = (await ends).map(codeOf);
      expect(codes.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => 'ERR_WORKER_CRASHED'));
      expect(codes.slice(4)).toEqual(Array.from({ length: 10 }, () => 'done'));
      return '4 crashed, 10 of 10 others done, closed';
    },
  );
});
