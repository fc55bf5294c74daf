import { inspect } from '../base/natives.js';
import { ErrorDecoder } from './error-decoder.js';
import { ErrorEncoder } from './error-encoder.js';
import type { WireThrown } from './error-nodes.js';

/** Characters of a thrown value that is not an error in the message about it. */
const MAX_SHOWN = 200;

/**
 * Encodes what a handler threw. Never throws itself: what cannot be read or cloned is replaced by its description, and
 * what is larger than the limits of error-limits.ts is cut.
 * @param canSend tells whether the channel can carry a value
 */
export function errorToWire(thrown: unknown, canSend: (value: unknown) => boolean): WireThrown {
  const encoder = new ErrorEncoder(canSend);
  return { root: encoder.encode(thrown), nodes: encoder.nodes };
}

/**
 * Makes an Error of what arrived. A thrown value that was not an error becomes one, with the value as `cause`.
 * @param thrower what threw it, as the subject of a sentence
 */
export function errorFromWire(thrown: WireThrown, thrower = 'The handler'): Error {
  const decoded = new ErrorDecoder(thrown.nodes).decode(thrown.root);
  if (decoded instanceof Error) return decoded;
  const error = new Error(`${thrower} threw ${shown(decoded)}, which is not an Error.`, { cause: decoded });
  // Its calls are those of this file, and none of what threw.
  Object.defineProperty(error, 'stack', { value: `Error: ${error.message}`, writable: true, configurable: true });
  return error;
}

function shown(value: unknown): string {
  try {
    return inspect(value, { depth: 1, breakLength: Infinity }).slice(0, MAX_SHOWN);
  } catch {
    // Nothing that arrives should do this; an error that is on its way must not be lost to it.
    return `a value of type ${typeof value}`;
  }
}
