import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isPoolError } from '@millpond/core';
import { describe, expect } from 'vitest';
import { deathOf, fault, rejection, shown } from './lab.js';
import { startParent } from './parent.js';
import { marked, memoryGroup, removeGroup, until } from './system.js';

const NO_PID = { thread: 'a thread has no pid to kill' };
const GROUP_MIB = 256;
const NO_GROUPS = 'no control group can be made here, so that only 10b was run';
const CAN_LIMIT_MEMORY = await canLimitMemory();

async function canLimitMemory(): Promise<boolean> {
  const group = memoryGroup(`millpond-${randomUUID()}`, GROUP_MIB * 2 ** 20);
  if (group !== undefined) await removeGroup(group);
  return group !== undefined;
}

describe('a worker that dies', () => {
  fault(
    {
      row: '1',
      fault: 'idle worker killed',
      injected: 'kill -9 of an idle worker',
      expected: 'replaced; the next tasks run; no task sees an error',
      not: NO_PID,
    },
    async (lab) => {
      const pool = lab.pool('ping.mjs');
      await pool.ready();
      const [victim] = pool.stats().workerList;
      process.kill(victim?.pid ?? 0, 'SIGKILL');
      const death = await lab.death(pool);
      expect(death).toMatchObject({ signal: 'SIGKILL', expected: false, runningTasks: [] });
      await pool.ready();
      expect(await Promise.all([1, 2, 3, 4].map((n) => pool.run('ping', n)))).toEqual([1, 2, 3, 4]);
      expect(pool.stats().tasks).toMatchObject({ failed: 0, crashed: 0 });
      return 'replaced, 4 of 4 tasks done, no error';
    },
  );

  fault(
    {
      row: '1b',
      fault: 'idle worker ends by itself',
      injected: 'a timer calls process.exit(3) after the last task',
      expected: 'replaced; the finished task keeps its result; the next tasks run',
    },
    async (lab) => {
      const pool = lab.pool('exit-when-idle.mjs');
      await pool.run('exitWhenIdle', 3);
      expect(await lab.death(pool)).toMatchObject({ exitCode: 3, signal: null, expected: false, runningTasks: [] });
      await pool.ready();
      expect(await Promise.all([1, 2, 3, 4].map((n) => pool.run('ping', n)))).toEqual([1, 2, 3, 4]);
      return 'replaced, 4 of 4 tasks done, no error';
    },
  );

  fault(
    {
      row: '2',
      fault: 'worker dies mid-task, retry allowed',
      injected: 'kill -9 while it runs (thread: process.exit on the first try)',
      expected: 'runs again on another worker as attempt 2; settles once',
    },
    async (lab) => {
      const pool = lab.pool('exit-on-first-attempt.mjs', { retry: { attempts: 1, backoff: { baseMs: 0 } } });
      const { said, result } = await lab.started(pool, 'exitFirst', lab.path('go'));
      if (lab.isProcess) process.kill(said.pid, 'SIGKILL');
      else writeFileSync(lab.path('go'), '');
      await lab.death(pool);
      writeFileSync(lab.path('go'), '');
      expect(await result).toBe(2);
      expect(pool.stats().tasks).toMatchObject({ completed: 1, failed: 0, crashed: 1, retried: 1 });
      return 'attempt 2 resolved';
    },
  );

  fault(
    {
      row: '3',
      fault: 'worker dies mid-task, no retry',
      injected: 'kill -9 while it runs, with 8 more tasks sent ahead to it',
      expected: 'ERR_WORKER_CRASHED, SIGKILL; the tasks behind it run elsewhere, none counts an attempt',
      not: NO_PID,
    },
    async (lab) => {
      const pool = lab.pool('hold.mjs', { workers: 1, prefetch: 8 });
      const { said, result } = await lab.started(pool, 'block', lab.path('never'));
      const behind = Array.from({ length: 8 + lab.concurrency - 1 }, (_, n) => pool.run('ping', n));
      await until('all are sent', () => pool.stats().tasks.queued === 0);
      process.kill(said.pid, 'SIGKILL');
      const error = await rejection(result);
      const { death } = deathOf(error);
      expect(death).toMatchObject({ signal: 'SIGKILL', exitCode: null, pid: said.pid, runningTasks: ['block'] });
      expect(await Promise.all(behind)).toEqual(behind.map((_, n) => n));
      expect(pool.stats().tasks).toMatchObject({ failed: 1, crashed: 1, retried: 0 });
      return `${shown(error)}; ${lab.concurrency === 1 ? 8 : 11} behind it done`;
    },
  );

  for (const signal of ['SIGABRT', 'SIGSEGV'] as const) {
    fault(
      {
        row: signal === 'SIGABRT' ? '8' : '8b',
        fault: `native crash, ${signal}`,
        injected: signal === 'SIGABRT' ? 'process.abort() in the handler' : 'the handler sends itself SIGSEGV',
        expected: `ERR_WORKER_CRASHED, ${signal}`,
        not: { thread: 'a native crash in a thread ends the whole program' },
      },
      async (lab) => {
        const pool = lab.pool('crash-natively.mjs');
        const error = await rejection(pool.run('crash', signal));
        expect(shown(error)).toBe(`ERR_WORKER_CRASHED, ${signal}`);
        return shown(error);
      },
    );
  }

  fault(
    {
      row: '10',
      fault: 'killed by the kernel because memory is short',
      injected: `the program is in a control group of ${GROUP_MIB} MiB; the task takes more`,
      expected: 'ERR_WORKER_OOM, by kernel; the worker is replaced, no restart storm',
      not: CAN_LIMIT_MEMORY
        ? { thread: 'the kernel would end the whole program', 4: 'the same path as 1 at once' }
        : { process: NO_GROUPS, thread: NO_GROUPS },
    },
    async (lab) => {
      const group = memoryGroup(`millpond-${lab.mark}`, GROUP_MIB * 2 ** 20) ?? '';
      try {
        const program = startParent(lab, 'run-short-of-memory.mjs', { group });
        expect(await program.ended()).toBe(0);
        const { after, ...seen } = JSON.parse(program.lines[0] ?? '{}') as Record<string, unknown>;
        expect(seen).toMatchObject({ code: 'ERR_WORKER_OOM', outOfMemory: 'kernel', signal: 'SIGKILL', deaths: 1 });
        expect(seen['message']).toContain('killed by the kernel');
        expect(after).toEqual(['a', 'b', 'c']);
        return 'killed by the kernel itself: ERR_WORKER_OOM, by kernel; one restart';
      } finally {
        for (const pid of marked(lab.mark)) process.kill(pid, 'SIGKILL');
        await removeGroup(group);
      }
    },
  );

  fault(
    {
      row: '10b',
      fault: 'killed from outside, and the kernel counts no kill of its own',
      injected: 'kill -9 by another process',
      expected: 'as 3, with the hint that the kernel may have done it; no restart storm',
      not: NO_PID,
    },
    async (lab) => {
      const pool = lab.pool('hold.mjs');
      const { said, result } = await lab.started(pool, 'hold', lab.path('never'));
      process.kill(said.pid, 'SIGKILL');
      const error = await rejection(result);
      expect(error.message).toContain('perhaps the kernel did');
      expect(deathOf(error).death.outOfMemory).toBeUndefined();
      await pool.ready();
      expect(lab.deaths(pool)).toHaveLength(1);
      return `${shown(error)}, with the hint; one restart`;
    },
  );

  fault(
    {
      row: '3d',
      fault: 'contents of a death report',
      injected: 'an uncaught error inside two sections, after 20 KB on stderr',
      expected:
        'exit code, uptime, RSS, open section, running task, the last 8 KB of stderr, last words in the message',
    },
    async (lab) => {
      const env = { ...lab.env, ...(lab.isProcess ? {} : { IS_THREAD: '1' }) };
      const pool = lab.pool('die-with-last-words.mjs', { workers: 1, env });
      await pool.run('ping', 0);
      const error = await rejection(pool.run('dieTalking'));
      const { death } = deathOf(error);
      expect(death).toMatchObject({ workerId: 1, exitCode: 1, signal: null, runningTasks: ['dieTalking'] });
      expect(death.lastSection).toMatch(/outer.*inner/);
      expect(death.rssBytes).toBeGreaterThan(10 * 2 ** 20);
      expect(death.rssBytes).toBeLessThan(4 * 2 ** 30);
      expect(death.uptimeMs).toBeGreaterThan(1);
      expect(death.stderrTail).toContain('RangeError: these were my last words');
      expect(death.stderrTail.length).toBeLessThanOrEqual(8192);
      if (lab.isProcess) expect(death.stderrTail.length).toBe(8192);
      expect(error.message).toContain('these were my last words');
      expect(error.message).toContain('inner');
      expect(isPoolError(error, 'ERR_WORKER_CRASHED')).toBe(true);
      return 'all of it';
    },
  );
});
