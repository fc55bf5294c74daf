// The tasks of the benchmarks: plain synchronous functions of one input, which every contestant can call.
import { threadId } from 'node:worker_threads';

export function identity(value) {
  return value;
}

/** Undefined for what a codec made of a Buffer that it cannot carry. */
export function byteLength(buffer) {
  return buffer.byteLength;
}

let ready = Buffer.alloc(0);

/** Made once for each worker: the question is the cost of sending it. */
export function bytes(length) {
  if (ready.length !== length) ready = Buffer.alloc(length, 'millpond');
  return ready;
}

export function textLength(text) {
  return text.length;
}

let readyText = '';

/** Made once for each worker, and flat. V8 keeps what `repeat` and `+` return as a tree until its first use. */
export function text({ of, length }) {
  if (readyText.length !== length || !readyText.startsWith(of)) {
    readyText = Buffer.from(of.repeat(Math.ceil(length / of.length)).slice(0, length), 'utf16le').toString('utf16le');
  }
  return readyText;
}

/** The task of poolifier's public benchmark, word for word where it counts: the bound is converted in every step. */
export function factorial({ taskSize }) {
  let result = 1n;
  for (let i = 1n; i <= BigInt(taskSize); i++) result *= i;
  return { ok: 1, factorial: result };
}

/** Only the time crosses to the worker: a baseline that loops without a pool. */
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
