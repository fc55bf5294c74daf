// Starts each contestant, and names its features that stand in for a limit, a cancellation or a retry. Each contestant is used
// as its documentation says, with the settings that make it robust.
import { fileURLToPath } from 'node:url';
import { isPoolError } from '@millpond/core';

const TASKS = new URL('./workloads/tasks.mjs', import.meta.url);
const WORKERPOOL = new URL('./workloads/workerpool.mjs', import.meta.url);
const POOLIFIER_PROCESS = new URL('./workloads/poolifier-processes.cjs', import.meta.url);
const POOLIFIER_THREAD = new URL('./workloads/poolifier-threads.mjs', import.meta.url);
const BROKEN = new URL('./workloads/broken.mjs', import.meta.url);

/**
 * By id: the package, the kind of its workers, and the names of the features used. Without a feature the name is undefined.
 * Features: `runLimit` of a task, `signal` of a call, `cancel` of a call, `retries` after the death of a worker.
 *
 * `start({ workers, isBroken, heapMb, asItComes })` resolves to `{ run(name, input, { limitMs, signal }), close() }`.
 */
export const CONTESTANTS = {
  'millpond-processes': millpond('process'),
  'millpond-threads': millpond('thread'),
  'millpond-inline': millpond('inline'),
  'tinypool-processes': tinypool('child_process'),
  'tinypool-threads': tinypool('worker_threads'),
  'piscina-threads': piscina(),
  'workerpool-processes': workerpool('process'),
  'workerpool-threads': workerpool('thread'),
  'poolifier-processes': poolifier('process'),
  'poolifier-threads': poolifier('thread'),
  'jest-worker-processes': jestWorker('process'),
  'jest-worker-threads': jestWorker('thread'),
};

/** Has a time limit, signals, and retries. One retry is used, for deaths only: a task that kills twice is poison. */
function millpond(kind) {
  return {
    package: '@millpond/core',
    kind,
    runLimit: '`timeoutMs`',
    signal: '`signal`',
    cancel: '`signal`',
    retries: '`retry`, one, for crashes',
    async start({ workers, isBroken, heapMb, asItComes }) {
      const { Pool } = await import('@millpond/core');
      const retry = { attempts: 1, on: (error) => isPoolError(error, 'ERR_WORKER_CRASHED') };
      const pool = new Pool(isBroken ? BROKEN : TASKS, {
        kind,
        workers,
        ...(!asItComes && { retry }),
        ...(heapMb && limitHeap(kind, heapMb)),
      });
      return {
        run: (name, input, { limitMs, signal } = {}) => pool.run(name, input, { timeoutMs: limitMs, signal }),
        close: () => pool.close(),
      };
    },
  };
}

/** Has signals, which end the worker; a signal that times out serves as its run limit. Has no retries. */
function tinypool(runtime) {
  const kind = runtime === 'child_process' ? 'process' : 'thread';
  return {
    package: 'tinypool',
    kind,
    runLimit: '`signal: AbortSignal.timeout()`',
    signal: '`signal`',
    cancel: '`signal`',
    retries: undefined,
    async start({ workers, isBroken, heapMb }) {
      const { Tinypool } = await import('tinypool');
      const pool = new Tinypool({
        filename: (isBroken ? BROKEN : TASKS).href,
        runtime,
        minThreads: workers,
        maxThreads: workers,
        // Without `env` a child gets no environment at all.
        env: { ...process.env },
        ...(heapMb && limitHeap(kind, heapMb)),
      });
      // As in piscina: errors that belong to no task.
      pool.on('error', () => {});
      return {
        run: (name, input, { limitMs, signal = limitMs && AbortSignal.timeout(limitMs) } = {}) =>
          pool.run(input, { name, signal }),
        close: () => pool.destroy(),
      };
    },
  };
}

/** Like tinypool. */
function piscina() {
  return {
    package: 'piscina',
    kind: 'thread',
    runLimit: '`signal: AbortSignal.timeout()`',
    signal: '`signal`',
    cancel: '`signal`',
    retries: undefined,
    async start({ workers, isBroken, heapMb }) {
      const { Piscina } = await import('piscina');
      const pool = new Piscina({
        filename: (isBroken ? BROKEN : TASKS).href,
        minThreads: workers,
        maxThreads: workers,
        ...(heapMb && limitHeap('thread', heapMb)),
      });
      // Its documentation demands it: uncaught exceptions in workers that handle no task.
      pool.on('error', () => {});
      return {
        run: (name, input, { limitMs, signal = limitMs && AbortSignal.timeout(limitMs) } = {}) =>
          pool.run(input, { name, signal }),
        close: () => pool.destroy(),
      };
    },
  };
}

/** Has a time limit, and a cancellation on the promise of a call. Has no signals and no retries. */
function workerpool(workerType) {
  return {
    package: 'workerpool',
    kind: workerType,
    runLimit: '`promise.timeout()`',
    signal: undefined,
    cancel: '`promise.cancel()`',
    retries: undefined,
    async start({ workers, isBroken, heapMb }) {
      const { default: library } = await import('workerpool');
      const module = isBroken ? BROKEN : WORKERPOOL;
      const limits = heapMb && limitHeap(workerType, heapMb);
      const pool = library.pool(fileURLToPath(module), {
        workerType,
        minWorkers: workers,
        maxWorkers: workers,
        ...(limits && (workerType === 'process' ? { forkOpts: limits } : { workerThreadOpts: limits })),
      });
      return {
        run(name, input, { limitMs, signal } = {}) {
          const promise = pool.exec(name, [input]);
          signal?.addEventListener('abort', () => {
            // Returns nothing: the rejected promise of an event listener would end the program.
            promise.cancel();
          });
          return limitMs === undefined ? promise : promise.timeout(limitMs);
        },
        close: () => pool.terminate(),
      };
    },
  };
}

/** Has signals; workers are started anew after errors (its default). The queue lets waiting tasks move to another worker. */
function poolifier(kind) {
  return {
    package: 'poolifier',
    kind,
    runLimit: '`abortSignal: AbortSignal.timeout()`',
    signal: '`abortSignal`',
    cancel: '`abortSignal`',
    retries: undefined,
    async start({ workers, isBroken, heapMb }) {
      const { FixedClusterPool, FixedThreadPool } = await import('poolifier');
      const Pool = kind === 'process' ? FixedClusterPool : FixedThreadPool;
      const own = kind === 'process' ? POOLIFIER_PROCESS : POOLIFIER_THREAD;
      const limits = heapMb && limitHeap(kind, heapMb);
      const pool = new Pool(workers, fileURLToPath(isBroken ? BROKEN : own), {
        enableTasksQueue: true,
        errorHandler: () => {},
        ...(limits && (kind === 'process' ? { settings: limits } : { workerOptions: limits })),
      });
      pool.emitter.on('error', () => {});
      return {
        run: (name, input, { limitMs, signal = limitMs && AbortSignal.timeout(limitMs) } = {}) =>
          pool.execute(input, name, signal),
        close: () => pool.destroy(),
      };
    },
  };
}

/** Has retries after the death of a worker, 3 by default; one here, as for Millpond. No time limit, no cancellation. */
function jestWorker(kind) {
  return {
    package: 'jest-worker',
    kind,
    runLimit: undefined,
    signal: undefined,
    cancel: undefined,
    retries: '`maxRetries`, one',
    async start({ workers, isBroken, heapMb, asItComes }) {
      const { Worker } = await import('jest-worker');
      const limits = heapMb && limitHeap(kind, heapMb);
      const pool = new Worker(isBroken ? BROKEN : TASKS, {
        exposedMethods: Object.keys(await import(TASKS)),
        numWorkers: workers,
        enableWorkerThreads: kind === 'thread',
        ...(!asItComes && { maxRetries: 1 }),
        ...(limits && (kind === 'process' ? { forkOptions: limits } : limits)),
      });
      return { run: (name, input) => pool[name](input), close: () => pool.end() };
    },
  };
}

function limitHeap(kind, heapMb) {
  if (kind === 'process') return { execArgv: [`--max-old-space-size=${heapMb}`] };
  return { resourceLimits: { maxOldGenerationSizeMb: heapMb } };
}
