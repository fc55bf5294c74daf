import { Buffer } from '../base/natives.js';
import { type PortValue, takeForPort } from '../codec/port-value.js';
import { PAGE_BYTES, Sink } from '../codec/sink.js';
import { mayGoByPort, toRefusal, type ValueEncoder } from '../codec/value-codec.js';
import { isMoved } from '../contract/move.js';
import type { TransferItem } from '../contract/transfer-item.js';
import { FRAME, type WorkerChannel } from '../wire/frame.js';

/**
 * Assumed size of a value that only a port can carry, beside its memory. A choice: 16 fill what is sent ahead of the parent's
 * answer.
 */
const CLONED_BYTES = 64 * 1024;
const NO_BYTES = Buffer.alloc(0);

/** An encoded value that is sent outside of results. */
export interface EncodedProgress {
  readonly bytes: Buffer;
  readonly beside: readonly ArrayBuffer[] | undefined;
  /** Bytes of both. */
  readonly size: number;
  /** The value itself, if only a port can carry it, and the parts of it that are moved. */
  readonly body: PortValue | undefined;
  readonly transfer: readonly TransferItem[] | undefined;
}

/** Sends values of `ctx.progress` to the parent in frames of their own, which can be read without any result. */
export class ProgressLink {
  readonly #channel: WorkerChannel;
  readonly #encoder: ValueEncoder;
  readonly #value = new Sink(PAGE_BYTES);
  readonly #definitions = new Sink(PAGE_BYTES);
  /** Shapes that frames of progress have defined. */
  #shapes = 0;

  constructor(channel: WorkerChannel, encoder: ValueEncoder) {
    this.#channel = channel;
    this.#encoder = encoder;
  }

  /** Encodes the present state of a value of `ctx.progress`. @throws TypeError if it cannot be sent */
  encode(given: unknown): EncodedProgress {
    try {
      return this.#encoded(given);
    } catch (error) {
      throw new TypeError(toRefusal(error, 'value').reason, { cause: error });
    }
  }

  #encoded(given: unknown): EncodedProgress {
    const channel = this.#channel;
    const moved = isMoved(given) ? given : undefined;
    const value = moved === undefined ? given : moved.value;
    if (moved !== undefined && channel.clones) return cloned(value, moved.transfer);
    try {
      const views = this.#encodeNow(value);
      const bytes = Buffer.from(this.#value.bytes.subarray(this.#value.start, this.#value.at));
      const beside = views?.map(copyOf);
      const size = (beside ?? []).reduce((sum, { byteLength }) => sum + byteLength, bytes.length);
      return { bytes, beside, size, body: undefined, transfer: undefined };
    } catch (error) {
      if (channel.clones && mayGoByPort(error)) return cloned(value, []);
      throw error;
    }
  }

  /** Sends a value of a task's progress. */
  post(id: number, { bytes, beside, body, transfer }: EncodedProgress, dropped: number): void {
    // A value for a port has no shapes, and its reader expects none.
    const definitions = body === undefined ? this.#newShapes() : NO_BYTES;
    this.#channel.send(FRAME.progress, body, {
      meta: Uint32Array.of(id, definitions.length, dropped),
      values: [definitions, bytes],
      beside,
      transfer,
    });
  }

  #encodeNow(value: unknown): readonly Uint8Array[] | undefined {
    this.#value.reset();
    return this.#encoder.encode(value, this.#value);
  }

  /** Definitions of shapes that no progress frame has had. */
  #newShapes(): Buffer {
    const { shapeCount } = this.#encoder;
    if (shapeCount === this.#shapes) return NO_BYTES;
    this.#definitions.reset();
    this.#encoder.writeShapes(this.#shapes, this.#definitions);
    this.#shapes = shapeCount;
    return this.#definitions.bytes.subarray(this.#definitions.start, this.#definitions.at);
  }
}

/** A copy of a value that only a port carries. `transfer` is moved into it, and moved once more. @throws if nothing can carry it */
function cloned(value: unknown, transfer: readonly TransferItem[]): EncodedProgress {
  const { body, transfer: taken, bytes } = takeForPort(value, transfer);
  const moved = transfer.length === 0 ? undefined : taken;
  return { bytes: NO_BYTES, beside: undefined, size: CLONED_BYTES + bytes, body, transfer: moved };
}

/** The bytes of a view in memory of their own. */
export function copyOf({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
