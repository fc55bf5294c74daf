import { writeFileSync } from 'node:fs';
import { isPoolError } from '@millpond/core';
import { describe, expect } from 'vitest';
import { fault, rejection } from './lab.js';
import { until } from './system.js';

const SHORT = 200;

describe('a task that keeps its worker from saying anything', () => {
  fault(
    {
      row: '43',
      fault: 'silent neighbour, one time limit for all',
      injected: `for (;;); in the middle of ${SHORT} tasks of microseconds, timeoutMs 500, graceMs 50`,
      expected: 'only the loop rejects; each of the others is called once, and done',
    },
    async (lab) => {
      const pool = lab.pool('counted.mjs', { timeoutMs: 500, graceMs: 50 });
      await pool.ready();
      const loops = SHORT / 2;
      const tasks = Array.from({ length: SHORT + 1 }, (_, value) =>
        pool.run('counted', value === loops ? { end: 'spin' } : { value }),
      );
      const error = await rejection(tasks[loops] as Promise<unknown>);
      expect(isPoolError(error, 'ERR_TASK_TIMEOUT')).toBe(true);
      const others = tasks.filter((_, index) => index !== loops);
      expect(await Promise.all(others)).toEqual(Array.from(tasks.keys()).filter((index) => index !== loops));
      expect(lab.starts(pool)).toHaveLength(SHORT + 1);
      return `ERR_TASK_TIMEOUT; ${SHORT} of ${SHORT} others done`;
    },
  );

  fault(
    {
      row: '43b',
      fault: 'results before a silent neighbour',
      injected:
        '50 tasks of microseconds, then one that blocks its worker until their results have arrived; 20 behind it',
      expected: 'the 50 arrive while it runs; the 20 behind it are called once each, and done',
    },
    async (lab) => {
      const pool = lab.pool('counted.mjs', { workers: 1, prefetch: 100 });
      await pool.ready();
      // Of one name, since only then do tasks keep their order.
      const submit = (count: number) => Array.from({ length: count }, (_, value) => pool.run('counted', { value }));
      const before = submit(50);
      const blocks = pool.run('counted', { value: 'blocked', until: lab.path('go') });
      const behind = submit(20);
      expect(await Promise.all(before)).toEqual(Array.from(before.keys()));
      expect(pool.stats().tasks.completed).toBe(50);
      writeFileSync(lab.path('go'), '');
      expect(await blocks).toBe('blocked');
      expect(await Promise.all(behind)).toEqual(Array.from(behind.keys()));
      return '50 of 50 arrived while it ran; 20 of 20 behind it done';
    },
  );

  fault(
    {
      row: '43c',
      fault: 'limits of tasks that wait behind a silent neighbour',
      injected:
        'one worker; a task loops until its timeoutMs of 800 ms, 20 with timeoutMs 100 are sent ahead behind it',
      expected: 'none of the 20 times out, because none has begun: each is called once, and done',
    },
    async (lab) => {
      const pool = lab.pool('counted.mjs', { workers: 1, prefetch: 100, graceMs: 50 });
      await pool.ready();
      const { result } = await lab.started(pool, 'counted', { end: 'spin' }, { timeoutMs: 800 });
      const behind = Array.from({ length: 20 }, (_, value) => pool.run('counted', { value }, { timeoutMs: 100 }));
      await until('all are sent', () => pool.stats().tasks.queued === 0);
      expect(isPoolError(await rejection(result), 'ERR_TASK_TIMEOUT')).toBe(true);
      expect(await Promise.all(behind)).toEqual(Array.from(behind.keys()));
      expect(lab.starts(pool)).toHaveLength(21);
      expect(pool.stats().tasks).toMatchObject({ completed: 20, failed: 1, crashed: 0, retried: 0 });
      return 'ERR_TASK_TIMEOUT; 20 of 20 behind it done';
    },
  );
});
