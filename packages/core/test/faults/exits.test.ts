import { describe, expect } from 'vitest';
import { deathOf, fault, rejection, shown, within } from './lab.js';

const MIB = 2 ** 20;
const NO_KILL = 'a thread cannot be killed apart from its process';

describe('a worker that ends by itself', () => {
  for (const code of [0, 3]) {
    fault(
      {
        row: code === 0 ? '4' : '4b',
        fault: `process.exit(${code}) inside a task`,
        injected: 'the handler calls it',
        expected: `a death, not a success: ERR_WORKER_CRASHED, exit code ${code}`,
      },
      async (lab) => {
        const pool = lab.pool('exit-during-task.mjs');
        const error = await rejection(pool.run('exit', code));
        const { death } = deathOf(error);
        expect(shown(error)).toBe(`ERR_WORKER_CRASHED, exit code ${code}`);
        expect(death).toMatchObject({ runningTasks: ['exit'], signal: null });
        expect(lab.deaths(pool)[0]).toMatchObject({ expected: false });
        return shown(error);
      },
    );
  }

  for (const [row, how] of [
    ['5', 'immediate'],
    ['5b', 'microtask'],
    ['5c', 'kill'],
  ] as const) {
    fault(
      {
        row,
        fault: 'ends right after returning a result of 1 MiB',
        injected: how === 'kill' ? 'setImmediate, then kill -9 of itself' : `process.exit(0) by ${how}`,
        expected: 'the result arrives (thread: or is lost, and that is a crash); tasks beside it are done',
        ...(how === 'kill' ? { not: { thread: NO_KILL } } : {}),
      },
      async (lab) => {
        const pool = lab.pool('exit-after-result.mjs', { restart: { max: 100 } });
        const ends = await Promise.allSettled([
          ...Array.from({ length: 3 }, () => pool.run('returnAndExit', { bytes: MIB, how })),
          ...Array.from({ length: 3 }, (_, n) => pool.run('ping', n)),
        ]);
        for (const end of ends.slice(0, 3)) {
          if (lab.isProcess) expect(end.status).toBe('fulfilled');
          if (end.status === 'fulfilled') expect((end.value as Uint8Array).length).toBe(MIB);
          else expect(shown(end.reason as Error)).toMatch(/^ERR_WORKER_CRASHED, (exit code 0|SIGKILL)$/);
        }
        // One beside a task that ends its worker may be a suspect, but it never is the culprit.
        expect(ends.slice(3)).toMatchObject([0, 1, 2].map((value) => ({ status: 'fulfilled', value })));
        return lab.isProcess
          ? '3 of 3 arrived; the others done'
          : 'each settled once, with its result or as a crash; the others done';
      },
    );
  }

  for (const [row, handler, what] of [
    ['6', 'throwLater', 'late throw'],
    ['7', 'rejectLater', 'floating promise'],
  ] as const) {
    fault(
      {
        row,
        fault: handler === 'throwLater' ? 'late throw after the result' : 'unhandled rejection in the worker',
        injected: `${what}, 20 ms after the handler returned`,
        expected: 'the task keeps its result; the worker is replaced; its last words say why; no later task is blamed',
      },
      async (lab) => {
        const pool = lab.pool('throw-after-result.mjs', { workers: 1 });
        expect(await pool.run(handler, 20)).toBe(1);
        const death = await lab.death(pool);
        expect(death).toMatchObject({ exitCode: 1, expected: false, runningTasks: [] });
        expect(death.stderrTail).toContain(what);
        expect(await pool.run('ping', 'next')).toBe('next');
        expect(pool.stats().tasks).toMatchObject({ failed: 0, crashed: 0 });
        return 'result kept, replaced, next task fine';
      },
    );
  }

  fault(
    {
      row: '6b',
      fault: 'late throw while an innocent task runs',
      injected: 'late throw of a finished task, 20 ms into the next one; retry 1',
      expected: 'the innocent one runs again and succeeds',
    },
    async (lab) => {
      const pool = lab.pool('throw-after-result.mjs', { workers: 1, retry: { attempts: 1, backoff: { baseMs: 0 } } });
      const late = pool.run('throwLater', 20);
      const innocent = pool.run('wait', 60);
      expect(await late).toBe(1);
      expect(await innocent).toBe(2);
      expect(lab.deaths(pool)).toHaveLength(1);
      return 'done at the second try';
    },
  );

  fault(
    {
      row: '25',
      fault: 'worker breaks its link to the parent',
      injected: 'closes the file descriptor of the link, and waits for ever',
      expected: 'a death: ERR_WORKER_CRASHED; settles once',
      not: { thread: 'a thread has no link that its code can reach' },
    },
    async (lab) => {
      const pool = lab.pool('break-link.mjs');
      const error = await within('the task', rejection(pool.run('breakLink')), 5000);
      expect(deathOf(error).code).toBe('ERR_WORKER_CRASHED');
      return deathOf(error).code;
    },
  );

  fault(
    {
      row: '25b',
      fault: 'worker calls process.disconnect()',
      injected: 'the handler, and process.send() beside it',
      expected: 'nothing happens: the link is not IPC, so there is nothing to disconnect',
    },
    async (lab) => {
      const pool = lab.pool('break-link.mjs');
      expect(await pool.run('disconnect')).toEqual({ disconnect: 'undefined', send: 'undefined', connected: false });
      return 'there is no such function, and no link it could cut';
    },
  );
});
