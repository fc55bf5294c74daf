// Tasks by what they do to a worker: compute, block, or wait. Their size is an amount of work, not a time on the clock. A timed
// loop of ten milliseconds takes no longer on half a core, so surplus workers would look free.
import { pbkdf2Sync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** Rate of SHA-256 with Node 20, on a processor with instructions for it. */
const NANOSECONDS_A_ROUND = 200;

/**
 * Computes for about this number of nanoseconds, in compiled code. A loop in JavaScript took 1.6 or 5.5 ns a step, depending on
 * when and how V8 compiled it. The same pool then did more work or less from one second to the next.
 */
export function compute(nanoseconds) {
  return pbkdf2Sync('', '', Math.max(1, Math.round(nanoseconds / NANOSECONDS_A_ROUND)), 4, 'sha256')[0];
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Keeps the loop busy and leaves the core alone, as readFileSync and execSync do. */
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
