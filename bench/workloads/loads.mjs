// Tasks by what they do to a worker: compute, block, or wait. By amounts of work, not by the clock: a loop that spins for ten
// milliseconds on the clock takes as long on half a core as on a whole one, so that too many workers would look free.
import { pbkdf2Sync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** Of SHA-256 with Node 20, on a processor with instructions for it. */
const NANOSECONDS_A_ROUND = 200;

/**
 * Computes for about this number of nanoseconds. Compiled code: a loop in JavaScript took 1.6 or 5.5 ns a step, by when and how V8
 * compiled it, so that the same pool did more work or less from one second to the next.
 */
export function compute(nanoseconds) {
  return pbkdf2Sync('', '', Math.max(1, Math.round(nanoseconds / NANOSECONDS_A_ROUND)), 4, 'sha256')[0];
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Keeps the loop and leaves the core alone, as readFileSync and execSync do. */
export function block({ ms, computeNs }) {
  compute(computeNs);
  Atomics.wait(never, 0, 0, ms);
  return ms;
}

/** Leaves both alone, as a request to another machine does. */
export async function wait({ ms, computeNs }) {
  compute(computeNs);
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
