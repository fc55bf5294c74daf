import { writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { fault, rejection, shown } from './lab.js';
import { orphansGone, startParent } from './parent.js';
import { isAlive, marked, until } from './system.js';

const STATES = ['timer', 'wait', 'blocked', 'spin'];
const THREADS_GO = { thread: 'threads end with their process' };
const NO_GROUP = { thread: 'a thread is no process group: what it starts belongs to the program' };
const WORKER_ALONE = { process: 'not promised, the kernel ends the worker alone' };
const SAME_AS_ONE = { 4: 'the same path as 1 at once' };
/** Where no setpriv is found, so that a guard thread has to do. */
const WITHOUT_SETPRIV = { PATH: '/nowhere' };

describe('a parent that ends', () => {
  for (const [row, by, env] of [
    ['30', 'setpriv', {}],
    ['30b', 'guard thread', WITHOUT_SETPRIV],
  ] as const) {
    fault(
      {
        row,
        fault: `parent killed, workers end by ${by}`,
        injected: 'kill -9 of the parent; its workers are idle, hold a timer, block, loop for ever',
        expected: 'no worker lives 2 s later',
        not: THREADS_GO,
      },
      async (lab) => {
        const parent = startParent(lab, 'parent-script.mjs', { ending: 'wait', tasks: STATES }, env);
        await parent.said('up');
        expect(marked(lab.mark).length).toBeGreaterThanOrEqual(6);
        parent.child.kill('SIGKILL');
        expect(await parent.ended()).toBe('SIGKILL');
        await orphansGone(lab);
        return 'none lives';
      },
    );

    fault(
      {
        row: row === '30' ? '30c' : '30d',
        fault: `parent killed, what its workers started ends by ${by}`,
        injected: 'kill -9 of the parent; a worker has started `sleep 1000`',
        expected: 'the sleep is gone 2 s later, too',
        not: { ...THREADS_GO, ...SAME_AS_ONE, ...(by === 'setpriv' ? WORKER_ALONE : {}) },
      },
      async (lab) => {
        const parent = startParent(lab, 'parent-script.mjs', { ending: 'wait', tasks: ['withChild'] }, env);
        await parent.said('up');
        parent.child.kill('SIGKILL');
        expect(await parent.ended()).toBe('SIGKILL');
        await orphansGone(lab);
        return 'none lives';
      },
    );
  }

  for (const [row, ending, end, what] of [
    ['31', 'exit', 3, 'process.exit(3)'],
    ['31b', 'throw', 1, 'an uncaught error'],
  ] as const) {
    fault(
      {
        row,
        fault: `parent ends by ${what}`,
        injected: 'its workers are idle, hold a timer, block, loop for ever',
        expected: 'exit code as always; no worker lives 2 s later',
        not: SAME_AS_ONE,
      },
      async (lab) => {
        const parent = startParent(lab, 'parent-script.mjs', { ending, tasks: STATES });
        expect(await parent.ended()).toBe(end);
        await orphansGone(lab);
        return `exit code ${end}, none lives`;
      },
    );
  }

  fault(
    {
      row: '31c',
      fault: 'close() is never called',
      injected: 'the program comes to its end; one worker holds a timer',
      expected: 'ends by itself with exit code 0; no worker lives 2 s later',
    },
    async (lab) => {
      const parent = startParent(lab, 'parent-script.mjs', { ending: 'return', tasks: ['timer'] });
      expect(await parent.ended()).toBe(0);
      await orphansGone(lab);
      return 'exit code 0, none lives';
    },
  );

  for (const [row, how, injected] of [
    ['32', 'timeout', 'the task loops for ever and times out'],
    ['32b', 'kill', 'kill -9 of the worker'],
    ['32c', 'exit 1', 'the handler calls process.exit(1)'],
    ['32d', 'exit 0', 'the handler calls process.exit(0)'],
    ['32e', 'destroy', 'pool.destroy()'],
  ] as const) {
    fault(
      {
        row,
        fault: 'grandchildren of a worker that dies',
        injected: `the task starts \`sleep 1000\`; ${injected}`,
        expected: 'the sleep dies with the worker',
        not: { ...NO_GROUP, ...SAME_AS_ONE },
      },
      async (lab) => {
        const pool = lab.pool('four-states.mjs', { graceMs: 50 });
        const input = how === 'timeout' ? 'spin' : how;
        const options = how === 'timeout' ? { timeoutMs: 300 } : {};
        const { said, result } = await lab.started<{ pid: number; child: number }>(pool, 'withChild', input, options);
        if (how === 'kill') process.kill(said.pid, 'SIGKILL');
        if (how === 'destroy') await pool.destroy();
        const error = await rejection(result);
        await until('the sleep has ended', () => !isAlive(said.child), { withinMs: 2000 });
        return `${shown(error)}; none lives`;
      },
    );
  }

  fault(
    {
      row: '33',
      fault: 'Ctrl-C in a terminal',
      injected: 'kill -INT of the process group; the program calls close()',
      expected: 'workers go on; running tasks are finished; new tasks are refused; exit code 130',
    },
    async (lab) => {
      const parent = startParent(lab, 'drain-at-ctrl-c.mjs', { go: lab.path('go') });
      await parent.said('up');
      process.kill(-(parent.child.pid ?? 0), 'SIGINT');
      await parent.said('refused ERR_POOL_CLOSED');
      writeFileSync(lab.path('go'), '');
      expect(await parent.ended()).toBe(130);
      expect(parent.lines.filter((line) => line === 'done 1')).toHaveLength(2);
      await orphansGone(lab);
      return 'both finished at attempt 1, exit code 130, none lives';
    },
  );

  fault(
    {
      row: '33b',
      fault: 'second Ctrl-C',
      injected: 'kill -INT of the group twice; the program calls destroy() at the second',
      expected: 'running tasks reject ERR_POOL_CLOSED at once; exit code 130',
      not: SAME_AS_ONE,
    },
    async (lab) => {
      const parent = startParent(lab, 'drain-at-ctrl-c.mjs', { go: lab.path('never') });
      await parent.said('up');
      process.kill(-(parent.child.pid ?? 0), 'SIGINT');
      await parent.said('refused ERR_POOL_CLOSED');
      process.kill(-(parent.child.pid ?? 0), 'SIGINT');
      expect(await parent.ended()).toBe(130);
      expect(parent.lines.filter((line) => line === 'rejected ERR_POOL_CLOSED')).toHaveLength(2);
      await orphansGone(lab);
      return 'both rejected, exit code 130, none lives';
    },
  );

  fault(
    {
      row: '33c',
      fault: 'Ctrl-C, and the program does not listen',
      injected: 'kill -INT of the group; workers hold a timer, block, loop for ever',
      expected: 'the program dies of SIGINT; no worker lives 2 s later',
      not: SAME_AS_ONE,
    },
    async (lab) => {
      const parent = startParent(lab, 'parent-script.mjs', { ending: 'wait', tasks: STATES });
      await parent.said('up');
      process.kill(-(parent.child.pid ?? 0), 'SIGINT');
      expect(await parent.ended()).toBe('SIGINT');
      await orphansGone(lab);
      return 'none lives';
    },
  );
});
