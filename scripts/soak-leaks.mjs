// Leaks for the soak, which show that it would find one.
import { createSecretKey } from 'node:crypto';

const EVERY_MS = 500;
const kept = [];

const KINDS = {
  /** Objects in the heap: a number that no small integer can be takes 8 bytes in a list of such. */
  heap: (bytes) => Array.from({ length: Math.ceil(bytes / 8) }, (_, n) => n + 0.5),
  /** Memory of Buffers, outside the heap. */
  buffers: (bytes) => Buffer.alloc(bytes, 1),
  /** Memory of no Buffer and no object of the heap, which the system alone counts. */
  native: (bytes) => createSecretKey(Buffer.alloc(bytes, 1)),
};

/** Loses memory from now on. @param what "heap", "buffers" or "native" @returns the timer */
export function leak(what, mibPerMinute) {
  const lose = KINDS[what];
  if (lose === undefined) throw new Error(`--leak must be one of ${Object.keys(KINDS).join(', ')}; received ${what}.`);
  let lostAt = performance.now();
  return setInterval(() => {
    const now = performance.now();
    // By the clock: timers of a busy program come late.
    kept.push(lose(Math.round((mibPerMinute * 2 ** 20 * (now - lostAt)) / 60_000)));
    lostAt = now;
  }, EVERY_MS);
}
