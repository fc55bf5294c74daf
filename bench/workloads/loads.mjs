// Tasks by what they do to a worker: compute, block, or wait. By amounts of work, not by the clock: a loop that spins for ten
// milliseconds on the clock takes as long on half a core as on a whole one, so that too many workers would look free.
import { setTimeout as delay } from 'node:timers/promises';

/** About a nanosecond each. */
export function compute(iterations) {
  let value = 1;
  for (let i = 0; i < iterations; i++) value = (Math.imul(value ^ (value >>> 15), 0x2c1b3c6d) + i) | 0;
  return value;
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Keeps the loop and leaves the core alone, as readFileSync and execSync do. */
export function block({ ms, iterations }) {
  compute(iterations);
  Atomics.wait(never, 0, 0, ms);
  return ms;
}

/** Leaves both alone, as a request to another machine does. */
export async function wait({ ms, iterations }) {
  compute(iterations);
  await delay(ms);
  return ms;
}

let memory;
let copy;

/** Moves memory that no cache holds. */
export function move(times) {
  memory ??= Buffer.alloc(32 << 20, 1);
  copy ??= Buffer.alloc(32 << 20);
  for (let i = 0; i < times; i++) memory.copy(copy);
  return copy[0];
}

export function identity(value) {
  return value;
}
