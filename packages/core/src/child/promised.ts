import { isThenable } from '../base/is-thenable.js';
import { types } from '../base/natives.js';

const { prototype } = Promise;
/** Kept, since a handler may replace it there. */
const { then } = prototype;

/**
 * The promise that a handler has returned; undefined for any other result. Follows the rules of `await`. A thenable, or a promise
 * of another class, is asked in a reaction of a promise of ours. It may throw, call back twice, or settle with another.
 * @throws the error of reading its `then`
 */
export function promiseOf(result: unknown): Promise<unknown> | undefined {
  // Most results end here, because isPromise() is a call out of JavaScript.
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) return undefined;
  if (Object.getPrototypeOf(result) === prototype && types.isPromise(result)) return result;
  return isThenable(result) ? Promise.resolve(result) : undefined;
}

/** Calls one of the two when a promise is settled; never at once. */
export function whenSettled(
  promise: Promise<unknown>,
  fulfilled: (value: unknown) => void,
  rejected: (error: unknown) => void,
): void {
  try {
    void then.call(promise, fulfilled, rejected);
  } catch (error) {
    // Its `constructor` is no class of promises, or throws.
    void then.call(Promise.reject(error), undefined, rejected);
  }
}
