import { ignoreRejections } from '../base/ignore-rejection.js';
import type { Buffer } from '../base/natives.js';
import { ownBytes } from '../codec/own-bytes.js';
import { type PortValue, takeForPort } from '../codec/port-value.js';
import { PAGE_BYTES, Sink } from '../codec/sink.js';
import { mayGoByPort, toRefusal, type ValueEncoder } from '../codec/value-codec.js';
import type { Refusal } from '../contract/errors.js';
import { isMoved } from '../contract/move.js';
import type { TransferItem } from '../contract/transfer-item.js';

/** Assumed size of a value that only a port can carry, beside its memory. A choice, as with progress: 16 of them fill a window. */
const CLONED_BYTES = 64 * 1024;
/** Largest size of such a value: a word of a frame. */
const MOST_CLONED_BYTES = 2 ** 32 - 1;

/** An encoded value of a flow. */
export interface FlowValue {
  /** Its bytes, in a chunk that further values share. */
  readonly chunk: Buffer;
  readonly at: number;
  readonly length: number;
  /** Its large views, each in memory of its own. */
  readonly views: readonly ArrayBuffer[] | undefined;
  /** The value itself, if only a port can carry it, and the parts of it that are moved. */
  readonly clone: PortValue | undefined;
  readonly transfer: readonly TransferItem[] | undefined;
  /** Bytes in all. */
  readonly size: number;
}

/** The error for a value that cannot be sent. */
export class ValueRefused extends Error {
  readonly #isOne = true;
  readonly refusal: Refusal;

  constructor(refusal: Refusal, cause: unknown) {
    super(refusal.reason, { cause });
    this.refusal = refusal;
  }

  /** Whether a value is one. Unlike `instanceof`, it calls no trap of a proxy. */
  static is(value: unknown): value is ValueRefused {
    return typeof value === 'object' && value !== null && #isOne in value;
  }
}

/** Encodes values as they are at the call, one behind the other. A chunk lives as long as the last value in it. */
export class FlowValueWriter {
  readonly #encoder: ValueEncoder;
  readonly #clones: boolean;
  #sink: Sink | undefined;

  /** @param clones whether values that no codec can carry may go by a port, see FrameChannel */
  constructor(encoder: ValueEncoder, clones: boolean) {
    this.#encoder = encoder;
    this.#clones = clones;
  }

  /** @param what the name of the value, as the start of the path to the refused part @throws ValueRefused */
  write(given: unknown, what: 'input' | 'result' | 'value'): FlowValue {
    try {
      const moved = isMoved(given) ? given : undefined;
      if (moved === undefined) return this.#encoded(given);
      return this.#clones ? this.#cloned(moved.value, moved.transfer) : this.#encoded(moved.value);
    } catch (error) {
      // Most such values hold promises that their maker did not wait for.
      ignoreRejections(isMoved(given) ? given.value : given);
      throw new ValueRefused(toRefusal(error, what), error);
    }
  }

  /** Reuses the memory. Allowed only when no value is waiting to be sent. */
  reset(): void {
    this.#sink?.reset();
  }

  #encoded(value: unknown): FlowValue {
    const sink = (this.#sink ??= new Sink(PAGE_BYTES));
    try {
      const views = this.#encoder.encode(value, sink)?.map((view) => ownBytes(view, 0, view.length));
      const length = sink.at - sink.start;
      let size = length;
      if (views !== undefined) for (const { byteLength } of views) size += byteLength;
      return { chunk: sink.bytes, at: sink.start, length, views, clone: undefined, transfer: undefined, size };
    } catch (error) {
      if (this.#clones && mayGoByPort(error)) return this.#cloned(value, []);
      throw error;
    }
  }

  /** A copy of a value that only a port carries. `transfer` is moved into it, and moved once more. */
  #cloned(value: unknown, transfer: readonly TransferItem[]): FlowValue {
    const { body, transfer: taken, bytes } = takeForPort(value, transfer);
    const size = Math.min(MOST_CLONED_BYTES, CLONED_BYTES + bytes);
    const chunk = (this.#sink ??= new Sink(PAGE_BYTES)).bytes;
    const moved = transfer.length === 0 ? undefined : taken;
    return { chunk, at: 0, length: 0, views: undefined, clone: body, transfer: moved, size };
  }
}
