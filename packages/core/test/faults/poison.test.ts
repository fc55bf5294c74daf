import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { deathOf, fault, rejection, shown } from './lab.js';

const RETRY = { retry: { attempts: 5, backoff: { baseMs: 1 } } };

describe('a task that kills every worker', () => {
  fault(
    {
      row: '14',
      fault: 'poison among 1000 good tasks',
      injected: 'a task that always ends its worker; retry 5, crash.attempts 2',
      expected: 'ERR_TASK_POISON after 2 deaths of its own; 1000 good ones done',
    },
    async (lab) => {
      writeFileSync(lab.path('runs'), '');
      const pool = lab.pool('poison.mjs', { ...RETRY, restart: { max: 20 } });
      const good = (n: number) => pool.run('ping', n);
      const before = Array.from({ length: 500 }, (_, n) => good(n));
      const poison = pool.run('poison', lab.path('runs'));
      const after = Array.from({ length: 500 }, (_, n) => good(500 + n));
      const error = await rejection(poison);
      expect(deathOf(error).code).toBe('ERR_TASK_POISON');
      expect(await Promise.all([...before, ...after])).toEqual(Array.from({ length: 1000 }, (_, n) => n));
      const runs = readFileSync(lab.path('runs'), 'utf8').length;
      // One more where it ran beside others: no task is to blame for that death yet.
      expect(runs).toBeLessThanOrEqual(lab.concurrency === 1 ? 2 : 3);
      expect(lab.deaths(pool)).toHaveLength(runs);
      return `${shown(error)}; 1000 of 1000 good`;
    },
  );

  fault(
    {
      row: '14b',
      fault: 'poison with retry forbidden',
      injected: 'the same, retry 0',
      expected: 'ERR_WORKER_CRASHED after 1 death',
    },
    async (lab) => {
      const pool = lab.pool('poison.mjs');
      const error = await rejection(pool.run('poison', lab.path('runs')));
      expect(deathOf(error).code).toBe('ERR_WORKER_CRASHED');
      expect(lab.deaths(pool)).toHaveLength(1);
      return shown(error);
    },
  );

  fault(
    {
      row: '15',
      fault: 'poison beside 3 innocent neighbours in one worker',
      injected: 'four tasks that wait run at once, one of them ends the worker; retry 5',
      expected:
        'all four are suspects and run again, each alone: neighbours succeed at attempt 2; the poison dies twice more',
      not: { 1: 'one at a time has no neighbours' },
    },
    async (lab) => {
      const pool = lab.pool('poison.mjs', { workers: 1, ...RETRY });
      const poison = pool.run('poisonBeside', 3);
      const innocent = Array.from({ length: 3 }, () => pool.run('hold'));
      const error = await rejection(poison);
      expect(deathOf(error).code).toBe('ERR_TASK_POISON');
      expect(await Promise.all(innocent)).toEqual([2, 2, 2]);
      expect(lab.deaths(pool)).toHaveLength(3);
      expect(pool.stats().tasks).toMatchObject({ completed: 3, failed: 1 });
      return `${shown(error)}; 3 of 3 neighbours done at attempt 2`;
    },
  );

  fault(
    {
      row: '15c',
      fault: 'a task that ends its worker beside 3 innocent neighbours, retry 0',
      injected: 'four tasks that wait run at once, one of them ends the worker; 20 more tasks behind them',
      expected: 'the four reject ERR_WORKER_CRASHED with details.suspects 4; the 20 are done, none runs twice',
      not: { 1: 'one at a time has no neighbours' },
    },
    async (lab) => {
      const pool = lab.pool('poison.mjs', { workers: 1 });
      await pool.ready();
      const four = [pool.run('poisonBeside', 3), ...Array.from({ length: 3 }, () => pool.run('hold'))];
      const behind = Array.from({ length: 20 }, () => pool.run('good', 5));
      for (const each of four) {
        expect(await rejection(each)).toMatchObject({ code: 'ERR_WORKER_CRASHED', details: { suspects: 4 } });
      }
      expect(await Promise.all(behind)).toEqual(behind.map(() => 1));
      expect(lab.starts(pool)).toHaveLength(24);
      return '4 times ERR_WORKER_CRASHED, suspects 4; 20 of 20 others done';
    },
  );

  fault(
    {
      row: '15b',
      fault: 'two poisons at once in one worker, tasks on the other workers go on',
      injected: 'two tasks that end their worker, 40 good ones; retry 5',
      expected: 'ERR_TASK_POISON twice; 40 good ones done, those beside a poison at attempt 2',
      not: { 1: 'one at a time has no neighbours' },
    },
    async (lab) => {
      const pool = lab.pool('poison.mjs', { ...RETRY, restart: { max: 100 } });
      const poisons = Array.from({ length: 2 }, () => pool.run('poison', lab.path('runs')));
      const good = Array.from({ length: 40 }, () => pool.run('good', 5));
      for (const poison of poisons) expect(deathOf(await rejection(poison)).code).toBe('ERR_TASK_POISON');
      // A task that begins beside a poison is a suspect. Alone, it succeeds.
      const attempts = (await Promise.all(good)) as number[];
      expect(attempts.filter((attempt) => attempt > 2)).toEqual([]);
      return 'twice ERR_TASK_POISON; 40 of 40 good, none after attempt 2';
    },
  );

  fault(
    {
      row: '14c',
      fault: 'more deaths than restart.max',
      injected: 'tasks that end their worker, restart.max 3',
      expected: 'ERR_POOL_FAILED for all pending tasks, with the last death as cause; no worker left',
    },
    async (lab) => {
      const pool = lab.pool('exit-during-task.mjs', { restart: { max: 3 } });
      const failed = new Promise<Error>((resolve) => pool.once('failed', resolve));
      const ends = Array.from({ length: 20 }, () => rejection(pool.run('exit', 5)));
      expect(await failed).toMatchObject({ code: 'ERR_POOL_FAILED', cause: { code: 'ERR_WORKER_CRASHED' } });
      const codes = (await Promise.all(ends)).map((error) => (error as { code?: string }).code);
      expect(new Set(codes)).toEqual(new Set(['ERR_WORKER_CRASHED', 'ERR_POOL_FAILED']));
      expect(lab.deaths(pool).filter(({ expected }) => !expected)).toHaveLength(4);
      return 'ERR_POOL_FAILED after 4 deaths';
    },
  );
});
