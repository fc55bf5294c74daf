import { inspect } from '../base/natives.js';
import { ErrorDecoder } from './error-decoder.js';
import { ErrorEncoder } from './error-encoder.js';
import type { WireThrown } from './error-nodes.js';

/** Most characters of a thrown value in the message about it, when it is no error. */
const MAX_SHOWN = 200;

/**
 * Encodes a value that a handler threw. Never throws itself: an unreadable or uncloneable value is replaced by its description.
 * Anything larger than the limits of error-limits.ts is cut.
 * @param clones whether its channel is a port, see FrameChannel
 */
export function errorToWire(thrown: unknown, clones: boolean): WireThrown {
  const encoder = new ErrorEncoder(clones);
  return { root: encoder.encode(thrown), nodes: encoder.nodes };
}

/**
 * Makes an Error of an encoded value. A thrown value that was no error becomes one, with the value as `cause`.
 * @param thrower subject of a sentence: the code that threw
 */
export function errorFromWire(thrown: WireThrown, thrower = 'The handler'): Error {
  const decoded = valueFromWire(thrown);
  if (decoded instanceof Error) return decoded;
  const error = new Error(`${thrower} threw ${shown(decoded)}, which is not an Error.`, { cause: decoded });
  // Its calls would be those of this file, not of the code that threw.
  Object.defineProperty(error, 'stack', { value: `Error: ${error.message}`, writable: true, configurable: true });
  return error;
}

/** The value itself, an error or anything else, as a signal has it as its reason. */
export function valueFromWire(thrown: WireThrown): unknown {
  return new ErrorDecoder(thrown.nodes).decode(thrown.root);
}

function shown(value: unknown): string {
  try {
    return inspect(value, { depth: 1, breakLength: Infinity }).slice(0, MAX_SHOWN);
  } catch {
    // No value that arrives should fail here, but an error on its way must not be lost if one does.
    return `a value of type ${typeof value}`;
  }
}
