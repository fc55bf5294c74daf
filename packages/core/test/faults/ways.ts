import type { PoolOptions, RunOptions } from '@millpond/core';
import type { Fault, Lab } from './lab.js';

/** Bytes of a result that goes to the arena. */
const LARGE = 20_000;
/** Bytes of results of which the log holds some fifty. */
const MIDDLING = 5000;

/** One way for a worker to end, in the hands of one task of many. */
export interface Way {
  fault: string;
  injected: string;
  /** What the guilty task does, by its name in the fixtures (end-worker.mjs). */
  end: string;
  code: string;
  bytes?: number;
  options?: (lab: Lab) => PoolOptions;
  guilty?: RunOptions;
  /** What happens once the guilty task runs. */
  then?: (pid: number, stop: AbortController) => void;
  /** The pool itself ends the worker: then no task is a suspect. */
  byPool?: boolean;
  not?: Fault['not'];
}

const NO_PROCESS = { thread: 'a thread cannot be ended so apart from its program' };
const HEAP = (lab: Lab): PoolOptions =>
  lab.isProcess ? { execArgv: ['--max-old-space-size=48'] } : { resourceLimits: { maxOldGenerationSizeMb: 48 } };

const TIMEOUT: Way = {
  fault: 'kill for a timeout',
  injected: 'for (;;); with timeoutMs 100, graceMs 50',
  end: 'spin',
  code: 'ERR_TASK_TIMEOUT',
  options: () => ({ graceMs: 50 }),
  guilty: { timeoutMs: 100 },
  byPool: true,
};

/** By the letter of the row. */
export const WAYS = {
  '': {
    fault: 'SIGKILL',
    injected: 'the task kills its process',
    end: 'kill',
    code: 'ERR_WORKER_CRASHED',
    not: NO_PROCESS,
  },
  b: {
    fault: 'SIGKILL from outside',
    injected: 'kill -9 while the task loops',
    end: 'spin',
    code: 'ERR_WORKER_CRASHED',
    then: (pid) => process.kill(pid, 'SIGKILL'),
    not: NO_PROCESS,
  },
  c: { fault: 'SIGSEGV', injected: 'the task sends it', end: 'segv', code: 'ERR_WORKER_CRASHED', not: NO_PROCESS },
  d: { fault: 'SIGABRT', injected: 'process.abort()', end: 'abort', code: 'ERR_WORKER_CRASHED', not: NO_PROCESS },
  e: { fault: 'process.exit', injected: 'with small results', end: 'exit', code: 'ERR_WORKER_CRASHED' },
  f: {
    fault: 'process.exit',
    injected: 'with results of 20 KB',
    end: 'exit',
    code: 'ERR_WORKER_CRASHED',
    bytes: LARGE,
  },
  g: { fault: 'heap limit', injected: 'the task fills it', end: 'heap', code: 'ERR_WORKER_OOM', options: HEAP },
  h: {
    fault: 'uncaught error',
    injected: 'the task throws in an immediate',
    end: 'uncaught',
    code: 'ERR_WORKER_CRASHED',
  },
  i: TIMEOUT,
  j: {
    fault: 'kill for an abort',
    injected: 'for (;;);, aborted, graceMs 50',
    end: 'spin',
    code: 'AbortError',
    options: () => ({ graceMs: 50 }),
    then: (_pid, stop) => stop.abort(),
    byPool: true,
  },
  k: {
    fault: 'SIGKILL',
    injected: 'the task kills its process, results of 20 KB',
    end: 'kill',
    code: 'ERR_WORKER_CRASHED',
    bytes: LARGE,
    not: NO_PROCESS,
  },
  l: { ...TIMEOUT, injected: `${TIMEOUT.injected}, results of 20 KB`, bytes: LARGE },
  m: { ...TIMEOUT, injected: `${TIMEOUT.injected}, results of 5 KB`, bytes: MIDDLING },
  n: {
    fault: 'SIGKILL',
    injected: 'the task kills its process, results of 5 KB',
    end: 'kill',
    code: 'ERR_WORKER_CRASHED',
    bytes: MIDDLING,
    not: NO_PROCESS,
  },
} satisfies Record<string, Way>;
