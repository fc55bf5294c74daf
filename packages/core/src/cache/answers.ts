import type { Answer } from './flight.js';

/** Rejects each caller with the same error. */
export function rejection(error: unknown): Answer {
  return ({ reject }) => reject(error);
}

/** Settles the promise of a caller with what a function returns or throws. */
export function settle({ resolve, reject }: Parameters<Answer>[0], value: () => unknown): void {
  try {
    resolve(value());
  } catch (error) {
    reject(error);
  }
}
