// What would it cost without a pool? Nothing is supervised, queued or cancelled here.
import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import * as tasks from '../workloads/tasks.mjs';

export function directCall() {
  return {
    name: 'direct call',
    kind: 'none',
    role: 'baseline',
    load: async () => {},
    create: () => ({ run: async (task, input) => tasks[task](input) }),
  };
}

/** @param options `serialization` of the messages; Node's own default is JSON, which knows no Buffers and no BigInts */
export function bareFork({ serialization } = {}) {
  return {
    name: serialization ? `bare fork, ${serialization}` : 'bare fork',
    kind: 'process',
    role: 'baseline',
    load: async () => {},
    create: (_, { workers }) => bare(workers, (onAnswer) => forkWorker(onAnswer, serialization)),
  };
}

export function bareThread() {
  return {
    name: 'bare thread',
    kind: 'thread',
    role: 'baseline',
    load: async () => {},
    create: (_, { workers }) => bare(workers, threadWorker),
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

function forkWorker(onAnswer, serialization) {
  const child = fork(new URL('../workloads/bare-fork.mjs', import.meta.url), { serialization });
  child.on('message', onAnswer);
  return { send: (message) => child.send(message) };
}

function threadWorker(onAnswer) {
  const thread = new Worker(new URL('../workloads/bare-thread.mjs', import.meta.url));
  thread.on('message', onAnswer);
  return { send: (message) => thread.postMessage(message) };
}
