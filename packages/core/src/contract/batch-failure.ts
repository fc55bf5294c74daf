import { types } from '../base/natives.js';

/** Marks failures for all copies of this file: a handler's copy is in another bundle than the worker's. */
const FAILURE = Symbol.for('millpond.failed');

/** The failure of one item of a batch; see `batch.failed`. */
export class BatchFailure {
  readonly [FAILURE] = true;
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }

  /** The failure that an item's result means; undefined for a result that is none. */
  static of(result: unknown): { readonly error: unknown } | undefined {
    if (typeof result !== 'object' || result === null) return undefined;
    try {
      if (types.isNativeError(result) || result instanceof Error) return { error: result };
      return FAILURE in result ? (result as BatchFailure) : undefined;
    } catch {
      // A proxy with a trap that throws cannot be sent either, and encoding it reports that.
      return undefined;
    }
  }
}
