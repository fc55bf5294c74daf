import type { Inspected } from './stuck-stack.js';

/** Where a worker that is profiled has the function that measures it. */
export const MEASURE_BLOCKED = Symbol.for('millpond.measure');

const CALL = 'globalThis[Symbol.for("millpond.measure")]?.()';

/**
 * Makes a thread send what its profiler has measured, even in the middle of synchronous code. V8 calls the function at the next turn of
 * a loop or the next call. Only native code, such as execFileSync(), keeps it from that.
 */
export async function measureBlocked(thread: Inspected): Promise<void> {
  await thread.ask('Runtime.evaluate', { expression: CALL, silent: true });
}
