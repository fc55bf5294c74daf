import { Buffer } from '../base/natives.js';
import { serialize } from '../base/v8-natives.js';
import { LocalCodec } from '../codec/local-codec.js';
import { isLatin1, latin1Slice, latin1Write } from '../codec/raw-text.js';
import { Sink } from '../codec/sink.js';
import type { CodecName } from '../contract/codec.js';
import type { WireThrown } from '../wire/error-nodes.js';
import { errorFromWire, errorToWire } from '../wire/error-wire.js';
import { freezeAll } from './freeze.js';

/** A result, or a failure, in a form that no caller can change. */
export type Kept =
  | { readonly how: 'shared'; readonly value: unknown }
  | { readonly how: 'encoded'; readonly bytes: Buffer }
  | { readonly how: 'packed'; readonly text: string }
  | { readonly how: 'thrown'; readonly thrown: WireThrown };

/**
 * Most bytes that are kept as a text, with a character for each. A Buffer takes some 170 bytes more than a text, and 60 ns less to
 * read. A choice.
 */
const MOST_PACKED = 512;
/** Bytes of a number, and of what stands for a value without any. */
const WORD_BYTES = 8;

/**
 * Keeps results so that no caller can change what another one gets. Values that nothing can change are shared. Others are
 * encoded once, and decoded for each caller. So the cache also knows their true size.
 */
export class ValueKeeper {
  readonly #codec: LocalCodec;
  readonly #sink = new Sink();
  /** Bytes of a text that is read; undefined for a codec of the user, which may keep what it reads. */
  readonly #unpacked: Buffer | undefined;

  /** @throws ERR_OPTION when the codec cannot be loaded */
  constructor(codec: CodecName, limitBytes: number) {
    this.#codec = new LocalCodec(codec, limitBytes);
    if (typeof codec !== 'object') this.#unpacked = Buffer.allocUnsafeSlow(MOST_PACKED);
  }

  /**
   * @param share whether all callers may get one object, which is then frozen
   * @throws NotSerializable, TooLarge, or what a user's codec throws, for a value that cannot be kept
   */
  keep(value: unknown, share: 'copy' | 'frozen'): { kept: Kept; bytes: number } {
    const size = sizeOfImmutable(value);
    if (size !== undefined) return { kept: { how: 'shared', value }, bytes: size };
    const sink = this.#sink;
    // A failed encoding takes its bytes back by itself. Those of the value around may lie there: an accessor of it runs this.
    this.#codec.encode(value, sink);
    try {
      const bytes = sink.at - sink.start;
      // Of an object that is frozen, the cache holds the object itself.
      const partBytes = share === 'frozen' ? freezeAll(value as object) : undefined;
      if (partBytes !== undefined) return { kept: { how: 'shared', value }, bytes: bytes + partBytes };
      if (bytes <= MOST_PACKED && this.#unpacked !== undefined) {
        return { kept: { how: 'packed', text: latin1Slice(sink.bytes, sink.start, sink.at) }, bytes };
      }
      const own = Buffer.allocUnsafeSlow(bytes);
      sink.bytes.copy(own, 0, sink.start, sink.at);
      return { kept: { how: 'encoded', bytes: own }, bytes };
    } finally {
      sink.reset();
    }
  }

  /** A failure, as it would arrive from a worker. */
  keepFailure(error: unknown): { kept: Kept; bytes: number } {
    const thrown = errorToWire(error, false);
    return { kept: { how: 'thrown', thrown }, bytes: serialize(thrown).length };
  }

  /** The value for one caller. @throws the failure that is kept in its place, or what a user's codec throws */
  give(kept: Kept): unknown {
    if (kept.how === 'shared') return kept.value;
    if (kept.how === 'thrown') throw errorFromWire(kept.thrown);
    if (kept.how === 'packed') {
      const unpacked = this.#unpacked as Buffer;
      latin1Write(unpacked, kept.text, 0);
      return this.#codec.decode(unpacked, 0, kept.text.length);
    }
    return this.#codec.decode(kept.bytes, 0, kept.bytes.length);
  }
}

/** Bytes of a value that nothing can change, a whole number; undefined for an object or a function. */
function sizeOfImmutable(value: unknown): number | undefined {
  if (typeof value === 'string') return isLatin1(value) ? value.length : 2 * value.length;
  // Four bits a digit.
  if (typeof value === 'bigint') return WORD_BYTES + Math.ceil(value.toString(16).length / 2);
  return (typeof value === 'object' && value !== null) || typeof value === 'function' ? undefined : WORD_BYTES;
}
