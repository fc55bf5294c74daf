import { types } from './natives.js';

/** Kept, since a program may replace it there. */
const { then } = Promise.prototype;
const nothing = (): void => {};

/**
 * Observes a promise, or another thenable, whose outcome nothing waits for. Its rejection would end the program otherwise.
 * @returns whether the value is one
 */
export function ignoreRejection(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  try {
    const own: unknown = types.isPromise(value) ? then : (value as { then?: unknown }).then;
    if (typeof own !== 'function') return false;
    // Both callbacks: a thenable may call one without a look at it.
    own.call(value, nothing, nothing);
    return true;
  } catch {
    // Its `then`, or the `constructor` of a promise, throws when it is read or called. So nothing can observe it.
    return true;
  }
}

/** The same for a value, or else for its parts where it is a list or an object. */
export function ignoreRejections(value: unknown): void {
  if (ignoreRejection(value) || typeof value !== 'object' || value === null) return;
  for (const key of keysOf(value)) {
    try {
      ignoreRejection((value as Record<string, unknown>)[key]);
    } catch {
      // A getter that throws: there is no part to observe.
    }
  }
}

function keysOf(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    // A trap that throws.
    return [];
  }
}
