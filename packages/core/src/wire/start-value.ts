import { structuredClone } from '../base/natives.js';
import { deserialize, serialize } from '../base/v8-natives.js';
import { copyForPort, fromPort, type PortValue } from '../codec/port-value.js';
import { anyViewWritten } from '../codec/written-objects.js';

/** A copy of a value that each worker of a pool gets at its start. A process gets V8's bytes, the others a value for a port. */
export type StartValue = PortValue | { readonly bytes: Uint8Array };

/**
 * Copies a value for all workers to come. The frame of each worker makes one more copy; shared memory stays shared.
 * @param clones whether workers get it by a port
 * @throws if workers cannot get the value
 */
export function takeStartValue(value: unknown, clones: boolean): StartValue {
  if (hasNoParts(value)) return { value };
  if (!clones) return { bytes: serialize(value) };
  return mayHoldView(value) ? copyForPort(value) : { value: structuredClone(value) };
}

/** The value as it was, in the worker. */
export function readStartValue(start: StartValue): unknown {
  return 'bytes' in start ? deserialize(start.bytes) : fromPort(start);
}

/** Whether a value cannot change, and can go everywhere. */
function hasNoParts(value: unknown): boolean {
  return value === null || !['object', 'function', 'symbol'].includes(typeof value);
}

/** A look at a million objects takes 0.3 s, and their copy with its walk 1.2 s. */
function mayHoldView(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return anyViewWritten(value);
  } catch {
    // An accessor has thrown, or the stack is full. The copy reports its own error.
    return true;
  }
}
