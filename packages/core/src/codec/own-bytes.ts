import { Buffer } from '../base/natives.js';

/** A copy of these bytes in memory of its own. A decoded value must neither keep its frame nor change with it. */
export function ownBytes(bytes: Uint8Array, from: number, to: number): ArrayBuffer {
  const own = Buffer.allocUnsafeSlow(to - from);
  own.set(bytes.subarray(from, to));
  return own.buffer;
}
