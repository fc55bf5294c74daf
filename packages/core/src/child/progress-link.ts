import type { TransferItem } from '../contract/transfer-item.js';
import { Buffer, structuredClone } from '../base/natives.js';
import { Sink } from '../codec/sink.js';
import { mayGoByPort, toRefusal, type ValueEncoder } from '../codec/value-codec.js';
import { isMoved } from '../contract/move.js';
import { FRAME, type WorkerChannel } from '../wire/frame.js';
import type { ClonedValue } from '../wire/messages.js';

/** What a value counts that only a port can carry. */
const CLONED_BYTES = 64 * 1024;
/** What buffers for values begin with: most workers need no more. */
const FIRST_BYTES = 4096;
const NO_BYTES = Buffer.alloc(0);

/** A value on its way outside of results. */
export interface EncodedProgress {
  readonly bytes: Buffer;
  readonly beside: readonly ArrayBuffer[] | undefined;
  /** Bytes of both. */
  readonly size: number;
  /** The value itself, where only a port can carry it, and what of it is moved. */
  readonly body: ClonedValue | undefined;
  readonly transfer: readonly TransferItem[] | undefined;
}

/** Values of `ctx.progress` on their way to the parent: by frames of their own, which need no result to be read. */
export class ProgressLink {
  readonly #channel: WorkerChannel;
  readonly #encoder: ValueEncoder;
  readonly #value = new Sink(FIRST_BYTES);
  readonly #definitions = new Sink(FIRST_BYTES);
  /** Shapes that frames of progress have defined. */
  #shapes = 0;

  constructor(channel: WorkerChannel, encoder: ValueEncoder) {
    this.#channel = channel;
    this.#encoder = encoder;
  }

  /** A value of `ctx.progress` as it is now. @throws what cannot be sent */
  encode(given: unknown): EncodedProgress {
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
      if (!channel.clones || !mayGoByPort(error))
        throw new TypeError(toRefusal(error, 'value').reason, { cause: error });
      return cloned(value, []);
    }
  }

  /** Sends a value of a task's progress. */
  post(id: number, { bytes, beside, body, transfer }: EncodedProgress, dropped: number): void {
    // What a port carries has no shapes, and its reader looks for none.
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

  /** Definitions of the shapes that no progress has told of. */
  #newShapes(): Buffer {
    const { shapeCount } = this.#encoder;
    if (shapeCount === this.#shapes) return NO_BYTES;
    this.#definitions.reset();
    this.#encoder.writeShapes(this.#shapes, this.#definitions);
    this.#shapes = shapeCount;
    return this.#definitions.bytes.subarray(this.#definitions.start, this.#definitions.at);
  }
}

/** A value as only a port carries it: a copy, of which `transfer` is moved once more. @throws when it cannot be carried */
function cloned(value: unknown, transfer: readonly TransferItem[]): EncodedProgress {
  const taken = structuredClone({ value, transfer }, { transfer: [...transfer] as never });
  const moved = transfer.length === 0 ? undefined : taken.transfer;
  // What it takes is not known; nothing that goes by bytes is so rare.
  return { bytes: NO_BYTES, beside: undefined, size: CLONED_BYTES, body: { value: taken.value }, transfer: moved };
}

/** The bytes of a view in memory of their own. */
export function copyOf({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
