import type { CodecName } from '../contract/codec.js';
import { openDecoder, openEncoder } from './open-codec.js';
import { PAGE_BYTES, Sink } from './sink.js';
import { TreeEncoder } from './tree-encoder.js';
import type { ValueDecoder, ValueEncoder } from './value-codec.js';

/**
 * Encodes and decodes values in one program, as a way to a worker and back would. A Buffer stays a Buffer, and a codec of the user
 * carries its own classes.
 */
export class LocalCodec {
  readonly #encoder: ValueEncoder;
  readonly #decoder: ValueDecoder;
  /** Shapes that the decoder knows. */
  #shapeCount = 0;

  /** @throws ERR_OPTION when the codec cannot be loaded */
  constructor(codec: CodecName, limitBytes: number) {
    // Without a place beside them, large views are among the bytes.
    this.#encoder =
      typeof codec === 'object'
        ? openEncoder(codec, limitBytes)
        : new TreeEncoder({ limitBytes, largeBytes: Infinity });
    this.#decoder = openDecoder(codec);
  }

  /** Adds the bytes of a value. @throws NotSerializable, TooLarge, or what a user's codec throws; nothing is added then */
  encode(value: unknown, sink: Sink): void {
    this.#encoder.encode(value, sink);
    const { shapeCount } = this.#encoder;
    if (shapeCount === this.#shapeCount) return;
    const shapes = new Sink(0);
    this.#encoder.writeShapes(this.#shapeCount, shapes);
    this.#decoder.defineShapes(shapes.bytes, 0, shapes.at);
    this.#shapeCount = shapeCount;
  }

  /** The value that was encoded to these bytes. @throws what a user's codec throws */
  decode(bytes: Buffer, from: number, to: number): unknown {
    return this.#decoder.decode(bytes, from, to);
  }

  /** @throws NotSerializable, TooLarge, or what a user's codec throws, for a value that cannot be copied */
  copy(value: unknown): unknown {
    const sink = new Sink(PAGE_BYTES);
    this.encode(value, sink);
    return this.decode(sink.bytes, sink.start, sink.at);
  }
}
