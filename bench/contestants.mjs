// Who takes part, and how is each one started? All have two workers; check and warm-up see to it that they are up.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const WORKERS = 2;
const TASKS = new URL('./workloads/identity.mjs', import.meta.url);

/**
 * By name: what its workers are, whom it is compared with, and `start()`, which resolves to
 * `{ call(input): the input again, close() }`. Baselines are no pools: nothing is supervised, queued or cancelled.
 */
export const CONTESTANTS = {
  'direct call': { kind: 'none', role: 'baseline', start: startDirect },
  'bare fork': { kind: 'process', role: 'baseline', start: () => startBare(forkWorker) },
  'bare thread': { kind: 'thread', role: 'baseline', start: () => startBare(threadWorker) },

  'millpond processes': { kind: 'process', role: 'subject', start: () => startMillpond('process') },
  'tinypool processes': { kind: 'process', role: 'peer', start: () => startTinypool('child_process', 1) },
  'tinypool processes, 16 a worker': { kind: 'process', role: 'peer', start: () => startTinypool('child_process', 16) },

  'millpond threads': { kind: 'thread', role: 'subject', start: () => startMillpond('thread') },
  'tinypool threads': { kind: 'thread', role: 'peer', start: () => startTinypool('worker_threads', 1) },
  'tinypool threads, 16 a worker': { kind: 'thread', role: 'peer', start: () => startTinypool('worker_threads', 16) },
  'piscina threads': { kind: 'thread', role: 'peer', start: startPiscina },
  'piscina threads, 16 a worker': { kind: 'thread', role: 'peer', start: startTunedPiscina },
};

async function startDirect() {
  const { identity } = await import(TASKS);
  return { call: async (input) => identity(input), close: async () => {} };
}

async function startMillpond(kind) {
  const { Pool } = await import('@millpond/core');
  const pool = new Pool(TASKS, { kind, workers: WORKERS });
  await pool.ready();
  return { call: (input) => pool.run('identity', input), close: () => pool.close() };
}

async function startTinypool(runtime, concurrentTasksPerWorker) {
  const { Tinypool } = await import('tinypool');
  const pool = new Tinypool({
    filename: TASKS.href,
    name: 'identity',
    runtime,
    minThreads: WORKERS,
    maxThreads: WORKERS,
    concurrentTasksPerWorker,
  });
  return { call: (input) => pool.run(input), close: () => pool.destroy() };
}

async function startPiscina(options) {
  const { Piscina } = await import('piscina');
  const pool = new Piscina({
    filename: TASKS.href,
    name: 'identity',
    minThreads: WORKERS,
    maxThreads: WORKERS,
    ...options,
  });
  return { call: (input) => pool.run(input), close: () => pool.destroy() };
}

/** The same depth as tinypool's, and without timing, which its documentation names as faster. */
function startTunedPiscina() {
  return startPiscina({ concurrentTasksPerWorker: 16, recordTiming: false });
}

/** One message there and one back for every call, handed out in turn. */
async function startBare(startWorker) {
  const waiting = new Map();
  const workers = await Promise.all(
    Array.from({ length: WORKERS }, () =>
      startWorker(({ id, value }) => {
        waiting.get(id)(value);
        waiting.delete(id);
      }),
    ),
  );
  let calls = 0;
  return {
    call: (value) =>
      new Promise((resolve) => {
        const id = ++calls;
        waiting.set(id, resolve);
        workers[id % WORKERS].send({ id, value });
      }),
    close: () => Promise.all(workers.map((worker) => worker.close())),
  };
}

async function forkWorker(onAnswer) {
  const child = fork(new URL('./workloads/bare-fork.mjs', import.meta.url));
  await once(child, 'message');
  child.on('message', onAnswer);
  return { send: (message) => child.send(message), close: () => child.kill() };
}

async function threadWorker(onAnswer) {
  const thread = new Worker(new URL('./workloads/bare-thread.mjs', import.meta.url));
  await once(thread, 'message');
  thread.on('message', onAnswer);
  return { send: (message) => thread.postMessage(message), close: () => thread.terminate() };
}
