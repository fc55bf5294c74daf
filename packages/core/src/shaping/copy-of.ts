import { structuredClone } from '../base/natives.js';
import type { CodecName } from '../contract/codec.js';

/**
 * Copies values of tasks that wait or are shared. What nothing can change needs no copy. A codec of the user's own may carry
 * objects that only it can copy, so those stay as they are.
 */
export function copierOf(codec: CodecName): (value: unknown) => unknown {
  return typeof codec === 'object' ? same : copyOf;
}

function same(value: unknown): unknown {
  return value;
}

function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  try {
    return structuredClone(value);
  } catch {
    // An input that cannot be sent is refused by the pool when it runs, with the place of the culprit. One with parts to be
    // moved goes with them.
    return value;
  }
}
