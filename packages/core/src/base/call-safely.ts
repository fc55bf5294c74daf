import { nextTick } from './natives.js';

/**
 * Calls a function of the user's. Its exception is a bug of the user's code: it is reported as uncaught, but never interrupts
 * our own step.
 */
export function callSafely<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): void {
  try {
    fn(...args);
  } catch (error) {
    nextTick(() => {
      throw error;
    });
  }
}
