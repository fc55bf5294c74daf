import { nextTick } from './natives.js';

/**
 * Calls a function of the user's. What it throws is its owner's bug: reported as uncaught, but not in the middle of our
 * own step.
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
