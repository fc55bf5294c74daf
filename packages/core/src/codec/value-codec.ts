import { types } from '../base/natives.js';
import { messageOf } from '../base/message-of.js';
import type { Buffer } from '../base/natives.js';
import type { Refusal } from '../contract/errors.js';
import { NotSerializable } from './not-serializable.js';
import type { Sink } from './sink.js';

/**
 * Turns values into bytes, one by one. What a value's bytes mean may rest on shapes: the encoder numbers them for its whole
 * life, and each link tells the decoder at its other end their definitions, in order, before any value that has them.
 */
export interface ValueEncoder {
  /** Shapes that the encoder has numbered so far. */
  readonly shapeCount: number;
  /**
   * Appends a value, from `sink.at` on. Returns the large views of it that the bytes only name, in order and in their own
   * memory; mostly there are none.
   * @throws NotSerializable, TooLarge; the sink ends where it ended before
   */
  encode(value: unknown, sink: Sink): readonly Uint8Array[] | undefined;
  /** Appends the definitions of the shapes from this number on, up to another one if that is given. */
  writeShapes(from: number, sink: Sink, to?: number): void;
}

/** Reads what a ValueEncoder has written. */
export interface ValueDecoder {
  /** Takes the definitions of further shapes. @throws when they are none */
  defineShapes(bytes: Buffer, at: number, end: number): void;
  /**
   * Reads a value. It shares no memory with `bytes`.
   * @param beside gives the memory of a large view, by its number
   * @throws for bytes that are no value
   */
  decode(bytes: Buffer, at: number, end: number, beside?: (index: number) => ArrayBuffer): unknown;
}

/** A value is larger as bytes than `maxPayloadBytes`. */
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

/** Whether a port can carry what an encoder has refused: memory that is shared, or an object of native code. */
export function mayGoByPort(error: unknown): boolean {
  return isOf(NotSerializable, error) && error.unsendable.mayGoToThread === true;
}

/** What an encoder threw, as data. @param what the value is, for the path that leads to what cannot be sent */
export function toRefusal(error: unknown, what: 'input' | 'result' | 'value'): Refusal {
  if (isOf(NotSerializable, error)) return { reason: error.describe(what) };
  const reason = messageOf(error);
  return isOf(TooLarge, error) ? { reason, bytes: error.bytes, limitBytes: error.limitBytes } : { reason };
}

/** As instanceof, which runs code of what a user has thrown: a Proxy has its say. */
function isOf<T>(type: new (...args: never[]) => T, error: unknown): error is T {
  return types.isNativeError(error) && error instanceof type;
}
