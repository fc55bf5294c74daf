// Baselines without a pool: they do not supervise, queue or cancel. Node's modules for them are loaded with the contestant and
// not before. Every program pays for that, and so does a library that needs them.
import { TASKS } from '../workloads/chosen.mjs';

export function directCall() {
  return {
    name: 'direct call',
    kind: 'none',
    role: 'baseline',
    load: () => import(TASKS),
    create: (tasks) => ({ run: async (task, input) => tasks[task](input) }),
  };
}

/** @param options `serialization` of the messages; Node's own default is JSON, which knows no Buffers and no BigInts */
export function bareFork({ serialization } = {}) {
  return {
    name: serialization ? `bare fork, ${serialization}` : 'bare fork',
    kind: 'process',
    role: 'baseline',
    load: () => import('node:child_process'),
    create: ({ fork }, { workers }) => bare(workers, (onAnswer) => forkWorker(fork, onAnswer, serialization)),
  };
}

export function bareThread() {
  return {
    name: 'bare thread',
    kind: 'thread',
    role: 'baseline',
    load: () => import('node:worker_threads'),
    create: ({ Worker }, { workers }) => bare(workers, (onAnswer) => threadWorker(Worker, onAnswer)),
  };
}

/** One message there and one back for every call, handed out in turn. */
function bare(count, startWorker) {
  const waiting = new Map();
  const onAnswer = ({ id, value }) => {
    waiting.get(id)(value);
    waiting.delete(id);
  };
  const workers = Array.from({ length: count }, () => startWorker(onAnswer));
  let calls = 0;
  return {
    run: (task, input) =>
      new Promise((resolve) => {
        const id = ++calls;
        waiting.set(id, resolve);
        workers[id % count].send({ id, task, input });
      }),
  };
}

function forkWorker(fork, onAnswer, serialization) {
  const child = fork(new URL('../workloads/bare-fork.mjs', import.meta.url), { serialization });
  child.on('message', onAnswer);
  return { send: (message) => child.send(message) };
}

function threadWorker(Worker, onAnswer) {
  const thread = new Worker(new URL('../workloads/bare-thread.mjs', import.meta.url));
  thread.on('message', onAnswer);
  return { send: (message) => thread.postMessage(message) };
}
