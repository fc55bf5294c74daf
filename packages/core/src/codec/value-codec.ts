import type { Buffer } from '../base/natives.js';
import type { Refusal } from '../contract/errors.js';

/** Turns the values of one frame into bytes and back. All of a frame at once: one call costs more than one small value. */
export interface ValueCodec {
  /**
   * @param isTrial only to see whether they can be encoded: nothing is kept outside the bytes returned
   * @throws when any of them cannot be encoded, or all together are too large
   */
  encode(values: readonly unknown[], isTrial?: boolean): Uint8Array;
  /**
   * @param unread told of a value that alone cannot be read, and why
   * @throws when the values cannot be read, and it cannot be told which is to blame
   */
  decode(bytes: Buffer, unread: (row: number, reason: string) => void): unknown[];
}

/** A value, or a frame of them, is larger as bytes than `maxPayloadBytes`. */
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

/** Why a value cannot be sent, or undefined when it can. */
export function refusalBy(codec: ValueCodec, value: unknown): Refusal | undefined {
  try {
    codec.encode([value], true);
    return undefined;
  } catch (error) {
    return toRefusal(error);
  }
}

/** What an encoder threw, as data. */
export function toRefusal(error: unknown): Refusal {
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof TooLarge ? { reason, bytes: error.bytes, limitBytes: error.limitBytes } : { reason };
}

/**
 * Refuses what JSON and MessagePack would turn into null or {} without a word.
 * @throws TypeError for a function, symbol, generator, promise or SharedArrayBuffer; looks at the value itself only
 */
export function refuseUnencodable(value: unknown): void {
  const type = typeof value;
  if (type === 'function' || type === 'symbol') throw new TypeError(`a ${type} cannot be encoded.`);
  if (type !== 'object' || value === null) return;
  const { next, then } = value as { next?: unknown; then?: unknown };
  if (typeof next === 'function') throw new TypeError('a generator cannot be encoded; collect its values first.');
  if (typeof then === 'function') throw new TypeError('a promise cannot be encoded; await it first.');
  if (value instanceof SharedArrayBuffer) throw new TypeError('a SharedArrayBuffer cannot be encoded.');
}
