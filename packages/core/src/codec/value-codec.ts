import { messageOf } from '../base/message-of.js';
import type { Buffer } from '../base/natives.js';
import { types } from '../base/natives.js';
import type { Refusal } from '../contract/errors.js';
import { NotSerializable } from './not-serializable.js';
import type { Sink } from './sink.js';

/**
 * Turns values into bytes, one by one. The bytes may refer to shapes, which the encoder numbers for its whole life. Each link
 * carries their definitions to its decoder, in order, before the first value that uses them.
 */
export interface ValueEncoder {
  /** Shapes that the encoder has numbered so far. */
  readonly shapeCount: number;
  /**
   * Appends a value, from `sink.at` on. Returns its large views that the bytes only name, in order and in their own memory. Mostly
   * there are none.
   * @throws NotSerializable, TooLarge; then the sink ends where it ended before
   */
  encode(value: unknown, sink: Sink): readonly Uint8Array[] | undefined;
  /** Whether a port should carry this value as it is: a long text, which no code can change. It spares two copies of three. */
  isForPort(value: unknown): boolean;
  /** Appends the definitions of the shapes from this number on, up to `to`, or to the last. */
  writeShapes(from: number, sink: Sink, to?: number): void;
}

/** Reads what a ValueEncoder has written. */
export interface ValueDecoder {
  /** Takes the definitions of further shapes. @throws if the bytes define none */
  defineShapes(bytes: Buffer, at: number, end: number): void;
  /**
   * Reads a value. It shares no memory with `bytes`.
   * @param beside gives the memory of a large view, by its number
   * @throws if the bytes are no value
   */
  decode(bytes: Buffer, at: number, end: number, beside?: (index: number) => ArrayBuffer): unknown;
}

/** The error for a value with more bytes than `maxPayloadBytes`. */
export class TooLarge extends Error {
  readonly bytes: number;
  readonly limitBytes: number;

  constructor(bytes: number, limitBytes: number) {
    super(`${bytes} bytes are more than maxPayloadBytes allows (${limitBytes}).`);
    this.bytes = bytes;
    this.limitBytes = limitBytes;
  }
}

/** @throws TooLarge */
export function checkSize(bytes: number, limitBytes: number): void {
  if (bytes > limitBytes) throw new TooLarge(bytes, limitBytes);
}

/** Whether a port can carry a value that an encoder has refused: shared memory, or an object of native code. */
export function mayGoByPort(error: unknown): boolean {
  return isOf(NotSerializable, error) && error.unsendable.mayGoToThread === true;
}

/** An encoder's error, as data. @param what the name of the value, as the start of the path to the refused part */
export function toRefusal(error: unknown, what: 'input' | 'result' | 'value'): Refusal {
  if (isOf(NotSerializable, error)) return { reason: error.describe(what) };
  const reason = messageOf(error);
  return isOf(TooLarge, error) ? { reason, bytes: error.bytes, limitBytes: error.limitBytes } : { reason };
}

/** Same as instanceof, which may run code of a thrown value: that may be a Proxy. */
function isOf<T>(type: new (...args: never[]) => T, error: unknown): error is T {
  return types.isNativeError(error) && error instanceof type;
}
