import { execFileSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { type Fault, fault, type Lab } from './lab.js';
import { startParent } from './parent.js';
import { readStarts, startedAgain, STARTS } from './starts.js';

const ENDS_WITHIN_MS = 30_000;
const CAN_MOUNT = canMount();
/** 3 loops, 200 small tasks and the one that ends its worker among them, 20 large ones. */
const TASKS = 224;

/** Whether this user may have a /dev/shm of its own. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', '/dev/shm'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    // No such program, or no right to it: the rows say so.
    return false;
  }
}

const NOT: Fault['not'] = CAN_MOUNT
  ? { thread: 'threads share the memory of the program, no file' }
  : { process: 'no /dev/shm can be mounted here', thread: 'no /dev/shm can be mounted here' };

/** Runs a program with a /dev/shm of its own, of this size. What it printed, and each start of a task. */
async function runIn(size: string, lab: Lab, script: string, input: object) {
  const file = lab.path('starts');
  const own = ['unshare', '-m', 'sh', '-c', `mount -t tmpfs -o size=${size} tmpfs /dev/shm && exec "$0" "$@"`];
  const program = startParent(lab, script, input, { [STARTS]: file }, own);
  expect(await program.ended(ENDS_WITHIN_MS)).toBe(0);
  return { seen: JSON.parse(program.lines[0] ?? 'null') as unknown, starts: readStarts(file) };
}

describe('shared memory that is full', () => {
  for (const [row, when, size, what] of [
    ['44', 'before', '256k', 'before the pool starts'],
    ['44b', 'before', '900k', 'before the pool starts, with room for one worker'],
    ['44c', 'during', '2m', 'from the first result on'],
    ['44d', 'during', '16m', 'from the first result on, arenas in use'],
  ] as const) {
    fault(
      {
        row,
        fault: `/dev/shm of ${size} is full`,
        injected: `${what}. Loops that are cancelled or time out, SIGKILL among 200 tasks, 20 results of 400 KB`,
        expected: 'the program lives; only the loops and the one that ends its worker reject; no task runs twice',
        not: NOT,
      },
      async (lab) => {
        const { seen, starts } = await runIn(size, lab, 'fill-shared-memory.mjs', { when });
        expect(seen).toEqual({
          limits: ['AbortError', 'ERR_TASK_TIMEOUT', 'ERR_TASK_TIMEOUT'],
          death: 'ERR_WORKER_CRASHED',
          small: 200,
          large: 20,
          state: 'closed',
        });
        expect(startedAgain(starts, false)).toEqual([]);
        expect(starts).toHaveLength(TASKS);
        return '200 of 200 and 20 of 20 done, the others rejected, none ran twice';
      },
    );
  }

  fault(
    {
      row: '44e',
      fault: '/dev/shm of 2m is full, and a worker is ended from outside',
      injected: 'three results of 1 MB, returned while the program stands still; then SIGKILL',
      expected: 'all reject with resultLost: their handlers had returned; none counts as a crash, none runs twice',
      not: NOT,
    },
    async (lab) => {
      const { seen, starts } = await runIn('2m', lab, 'fill-after-start.mjs', { told: lab.path('told') });
      const lost = ['ERR_WORKER_CRASHED', true];
      expect(seen).toEqual([lost, lost, lost]);
      expect(starts).toHaveLength(3);
      return '3 of 3 rejected with resultLost, none ran twice';
    },
  );
});
