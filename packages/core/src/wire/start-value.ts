import { structuredClone } from '../base/natives.js';
import { deserialize, serialize } from '../base/v8-natives.js';
import { findCulprit } from '../codec/culprit.js';
import { refuseByEveryWay, refusePlatformObjects } from '../codec/platform-objects.js';
import { findPortCulprit } from '../codec/port-culprit.js';
import { fromPort, type PortValue, takeForPort } from '../codec/port-value.js';
import { anyViewWritten } from '../codec/written-objects.js';

/** A copy of a value that each worker of a pool gets at its start. A process gets V8's bytes, the others a value for a port. */
export type StartValue = PortValue | { readonly bytes: Uint8Array };

/**
 * Copies a value for all workers to come. The frame of each worker makes one more copy; shared memory stays shared.
 * @param clones whether workers get it by a port
 * @throws NotSerializable, if workers cannot get the value
 */
export function takeStartValue(value: unknown, clones: boolean): StartValue {
  if (hasNoParts(value)) return { value };
  if (clones && mayHoldView(value)) return takeForPort(value, []).body;
  try {
    if (typeof value === 'object') (clones ? refuseByEveryWay : refusePlatformObjects)(value as object);
    return clones ? { value: structuredClone(value) } : { bytes: serialize(value) };
  } catch (error) {
    throw clones ? findPortCulprit(value, [], error) : findCulprit(value, error);
  }
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
