import { existsSync, writeFileSync } from 'node:fs';
import { isPoolError, type Pool, type RunOptions } from '@millpond/core';
import { describe, expect } from 'vitest';
import { deathOf, fault, type Lab, rejection, within } from './lab.js';
import { until } from './system.js';

/** Waits for the timeout of a task and the death of its worker, and checks both times. */
async function timesOut(lab: Lab, pool: Pool, result: Promise<unknown>, killedWithinMs: number): Promise<Error> {
  const error = await rejection(result);
  const at = performance.now();
  expect(isPoolError(error, 'ERR_TASK_TIMEOUT') && error.details).toMatchObject({ by: 'timeoutMs' });
  const death = await lab.death(pool);
  expect(performance.now() - at).toBeLessThan(killedWithinMs);
  expect(death.expected).toBe(true);
  return error;
}

describe('a worker that is stuck', () => {
  fault(
    {
      row: '11',
      fault: 'endless loop',
      injected: 'for (;;); with timeoutMs 200 and graceMs 200',
      expected: 'ERR_TASK_TIMEOUT; killed within 500 ms after that; its place is free again',
    },
    async (lab) => {
      const pool = lab.pool('spin-forever.mjs', { workers: 1, tasks: { spin: { timeoutMs: 200 } }, graceMs: 200 });
      const { result } = await lab.started(pool, 'spin');
      await timesOut(lab, pool, result, 500);
      expect(await pool.run('ping', 1)).toBe(1);
      return 'ERR_TASK_TIMEOUT; killed within 500 ms; next task done';
    },
  );

  fault(
    {
      row: '11b',
      fault: 'endless loop, asked where it is',
      injected: 'as 11, with timeoutStack',
      expected: 'the stack of the loop in details.stack',
    },
    async (lab) => {
      const pool = lab.pool('spin-forever.mjs', {
        tasks: { spin: { timeoutMs: 200 } },
        graceMs: 200,
        timeoutStack: true,
      });
      await pool.ready();
      // Not the first thread there ever was, and not the only one.
      const { result } = await lab.started(pool, 'spin');
      const error = await timesOut(lab, pool, result, 500);
      const { stack } = (error as unknown as { details: { stack?: string } }).details;
      expect(stack?.split('\n')).toEqual([
        expect.stringMatching(/at loop \(.*spin-forever\.mjs:12:\d+\)/),
        expect.stringMatching(/at spin \(.*spin-forever\.mjs:8:\d+\)/),
      ]);
      return 'the stack names the lines of the loop and of its caller';
    },
  );

  for (const [row, call, what, beside] of [
    ['12', {}, '', 'reject ERR_WORKER_CRASHED'],
    ['12b', { retry: { attempts: 1, backoff: { baseMs: 0 } } }, '; retry 1', 'run again as attempt 2'],
    ['12c', { idempotent: true }, '; idempotent', 'run again as attempt 2'],
  ] as [string, RunOptions, string, string][]) {
    fault(
      {
        row,
        fault: 'ignores abort and SIGTERM',
        injected: `the handler listens to both and goes on; 3 tasks that wait beside it or behind it${what}`,
        expected: `killed after the grace; tasks that had begun beside it ${beside}; those behind it run elsewhere`,
      },
      async (lab) => {
        const pool = lab.pool('ignore-abort.mjs', { workers: 1, tasks: { ignore: { timeoutMs: 200 } }, graceMs: 200 });
        const { result } = await lab.started(pool, 'ignore');
        const others = await Promise.all(
          Array.from({ length: 3 }, async () => {
            if (lab.concurrency === 1) return { result: pool.run('hold', lab.path('go'), call) };
            return lab.started(pool, 'hold', lab.path('go'), call);
          }),
        );
        const ends = Promise.allSettled(others.map((other) => other.result));
        await timesOut(lab, pool, result, 700);
        writeFileSync(lab.path('go'), '');
        const seen = (await ends).map((end) => {
          if (end.status === 'fulfilled') return `attempt ${String(end.value)}`;
          // The pool ended their worker: none of them is suspected of it.
          expect(deathOf(end.reason as Error).death.killedFor).toContain('graceMs');
          expect(end.reason).not.toHaveProperty('details.suspects');
          return deathOf(end.reason as Error).code;
        });
        const expected = lab.concurrency === 1 ? 'attempt 1' : row === '12' ? 'ERR_WORKER_CRASHED' : 'attempt 2';
        expect(seen).toEqual(seen.map(() => expected));
        return `ERR_TASK_TIMEOUT; killed; the 3 others: ${expected}`;
      },
    );
  }

  fault(
    {
      row: '13',
      fault: 'stopped worker',
      injected: 'kill -STOP mid-task',
      expected: 'ERR_TASK_TIMEOUT; SIGKILL works on a stopped process; replaced',
      not: { thread: 'a thread cannot be stopped apart from its process' },
    },
    async (lab) => {
      const pool = lab.pool('hold.mjs', { workers: 1, tasks: { hold: { timeoutMs: 200 } }, graceMs: 200 });
      const { said, result } = await lab.started(pool, 'hold', lab.path('never'));
      process.kill(said.pid, 'SIGSTOP');
      await timesOut(lab, pool, result, 700);
      expect(await pool.run('ping', 1)).toBe(1);
      return 'ERR_TASK_TIMEOUT; killed; next task done';
    },
  );

  fault(
    {
      row: '11c',
      fault: 'tasks wait behind one that blocks its worker',
      injected: 'a task blocks, 20 short ones are submitted with it, some sent ahead behind it',
      expected: 'all short ones finish on the other worker while the long one still runs',
    },
    async (lab) => {
      const pool = lab.pool('hold.mjs', { prefetch: 16 });
      await pool.ready();
      const long = pool.run('block', lab.path('go'));
      const short = Array.from({ length: 20 }, (_, n) => pool.run('ping', n));
      expect(await within('the short tasks', Promise.all(short), 3000)).toEqual(short.map((_, n) => n));
      expect(pool.stats().tasks).toMatchObject({ dispatched: 1, running: 1 });
      writeFileSync(lab.path('go'), '');
      expect(await long).toBe(1);
      return '20 of 20 done while it ran';
    },
  );

  fault(
    {
      row: '11e',
      fault: 'tasks wait in the places beside one that blocks its worker',
      injected: 'a task blocks a worker of 4 places, 3 short ones fill the others. Then a second worker is ready',
      expected: 'the short ones finish on the other worker while the long one still runs',
      not: { 1: 'one at a time has no other places' },
    },
    async (lab) => {
      const pool = lab.pool('hold.mjs', { workers: 1 });
      const { result } = await lab.started(pool, 'block', lab.path('go'));
      const short = Array.from({ length: 3 }, (_, n) => pool.run('ping', n));
      await until('all are sent', () => pool.stats().tasks.queued === 0);
      pool.resize(2);
      await pool.ready();
      expect(await within('the short tasks', Promise.all(short), 3000)).toEqual([0, 1, 2]);
      writeFileSync(lab.path('go'), '');
      expect(await result).toBe(1);
      return '3 of 3 done while it ran';
    },
  );

  fault(
    {
      row: '11d',
      fault: 'cancel of a task that was sent and has not begun',
      injected: 'abort while the task ahead of it blocks the worker',
      expected: 'rejects at once with the reason; never runs; the worker lives',
    },
    async (lab) => {
      const pool = lab.pool('hold.mjs', { workers: 1, prefetch: 8, graceMs: 50 });
      const { said, result } = await lab.started<{ workerId: number }>(pool, 'block', lab.path('go'));
      const abort = new AbortController();
      const cancelled = Array.from({ length: 5 }, () => pool.run('count', lab.path('runs'), { signal: abort.signal }));
      await until('all are sent', () => pool.stats().tasks.queued === 0);
      abort.abort(new Error('not any more'));
      for (const each of cancelled) expect((await rejection(each)).message).toBe('not any more');
      expect(pool.stats().tasks).toMatchObject({ dispatched: 1, running: 1, cancelled: 5 });
      const last = pool.run('ping', 'last');
      writeFileSync(lab.path('go'), '');
      expect(await result).toBe(1);
      expect(await last).toBe('last');
      expect(existsSync(lab.path('runs'))).toBe(false);
      expect(pool.stats().workerList).toMatchObject([{ id: said.workerId }]);
      return 'rejected at once, ran 0 times, worker kept';
    },
  );
});
