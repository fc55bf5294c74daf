import type { Buffer } from '../base/natives.js';
import type { ValueCodec } from '../codec/value-codec.js';

/** Values of a frame that came and cannot be read. */
export interface Unread {
  /** Why none of them could be; which one is to blame is not known. */
  readonly whole: string | undefined;
  /** Rows that alone cannot be read, and why. */
  readonly rows: ReadonlyMap<number, string>;
}

/**
 * Reads the values of a frame. One that cannot be read is an error of its task, not of the link: an object nested 2,500
 * levels deep can be written by V8 and not be read again, and a codec may be any code.
 */
export function readValues(codec: ValueCodec, bytes: Buffer): { values: unknown[]; unread: Unread | undefined } {
  let rows: Map<number, string> | undefined;
  try {
    const values = codec.decode(bytes, (row, reason) => (rows ??= new Map<number, string>()).set(row, reason));
    return { values, unread: rows && { whole: undefined, rows } };
  } catch (error) {
    const whole = `it cannot be read again: ${error instanceof Error ? error.message : String(error)}`;
    return { values: [], unread: { whole, rows: new Map() } };
  }
}

/** Why the value of a row could not be read; undefined when it was. */
export function unreadReason(unread: Unread | undefined, row: number): string | undefined {
  return unread === undefined ? undefined : (unread.whole ?? unread.rows.get(row));
}
