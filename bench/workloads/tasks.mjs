// What do the tasks of the benchmarks do? Plain synchronous functions of one input, which every contestant can call.
import { threadId } from 'node:worker_threads';

export function identity(value) {
  return value;
}

/** Undefined for what a codec made of a Buffer that it cannot carry. */
export function byteLength(buffer) {
  return buffer.byteLength;
}

let ready = Buffer.alloc(0);

/** Made once a worker: the question is what it costs to send it. */
export function bytes(length) {
  if (ready.length !== length) ready = Buffer.alloc(length, 'millpond');
  return ready;
}

/** The task of poolifier's public benchmark, word for word where it counts: the bound is converted in every step. */
export function factorial({ taskSize }) {
  let result = 1n;
  for (let i = 1n; i <= BigInt(taskSize); i++) result *= i;
  return { ok: 1, factorial: result };
}

/** Only its time crosses: a baseline that loops without a pool. */
export function factorials({ taskSize, times }) {
  for (let i = 0; i < times; i++) factorial({ taskSize });
  return times;
}

/** Keeps the processor busy. */
export function spin(forUs) {
  const endMs = performance.now() + forUs / 1000;
  while (performance.now() < endMs);
  return forUs;
}

/** Keeps the worker busy and the processor free. */
export function block(forMs) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
  return forMs;
}

export function whoAmI() {
  return { pid: process.pid, threadId, rssBytes: process.memoryUsage.rss() };
}
