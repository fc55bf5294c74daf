import { fileURLToPath } from 'node:url';
import { codeOf, messageOf } from '../base/message-of.js';
import { Buffer } from '../base/natives.js';
import { requireFrom } from '../base/own-file.js';
import { nonFileType } from '../base/read-file.js';
import type { Codec } from '../contract/codec.js';
import { PoolError } from '../contract/errors.js';
import type { Sink } from './sink.js';
import { checkSize, type ValueDecoder, type ValueEncoder } from './value-codec.js';

/** First byte of every value: whether there is one, since the codec never gets undefined. */
const IS_UNDEFINED = 0;
const IS_VALUE = 1;

/** A user's codec. */
export class ModuleCodec implements ValueEncoder, ValueDecoder {
  readonly shapeCount = 0;
  readonly #limitBytes: number;
  readonly #codec: Codec;

  /** @throws ERR_OPTION when the module cannot be loaded or is not a codec */
  constructor(limitBytes: number, moduleUrl: string) {
    this.#limitBytes = limitBytes;
    this.#codec = load(moduleUrl);
  }

  encode(value: unknown, sink: Sink): undefined {
    // First the codec, which may run any code, even code that calls this function.
    const part = value === undefined ? undefined : this.#encodeOne(value);
    if (part !== undefined) checkSize(part.length, this.#limitBytes);
    sink.begin();
    sink.ensure(1 + (part?.length ?? 0));
    sink.bytes[sink.at++] = part === undefined ? IS_UNDEFINED : IS_VALUE;
    if (part === undefined) return;
    sink.bytes.set(part, sink.at);
    sink.at += part.length;
  }

  /** All values go through the user's codec. */
  isForPort(): boolean {
    return false;
  }

  writeShapes(): void {}

  defineShapes(): void {}

  decode(bytes: Buffer, at: number, end: number): unknown {
    if (bytes[at] === IS_UNDEFINED) return undefined;
    try {
      // A copy: data that the codec keeps must not change with the next frame.
      return this.#codec.decode(Buffer.from(bytes.subarray(at + 1, end)));
    } catch (error) {
      throw new TypeError(`its codec threw while decoding it: ${messageOf(error)}`, { cause: error });
    }
  }

  #encodeOne(value: unknown): Uint8Array {
    let bytes: unknown;
    try {
      bytes = this.#codec.encode(value);
    } catch (error) {
      throw new TypeError(`its codec threw while encoding it: ${messageOf(error)}`, { cause: error });
    }
    if (bytes instanceof Uint8Array) return bytes;
    throw new TypeError(`its codec's encode() returned ${typeof bytes}, not a Uint8Array.`);
  }
}

function load(moduleUrl: string): Codec {
  const path = fileURLToPath(moduleUrl);
  const type = nonFileType(path);
  if (type !== undefined) throw refused(`names a ${type}, ${path}; its module must be a regular file`);
  let exports: Partial<Codec> & { default?: Partial<Codec> };
  try {
    // Synchronously, so that a codec that cannot be loaded fails the constructor of its pool.
    exports = requireFrom(moduleUrl)(path) as typeof exports;
  } catch (cause) {
    const hint = codeOf(cause) === 'ERR_REQUIRE_ASYNC_MODULE' ? ' It must do without top-level await.' : '';
    throw refused(`names a module that cannot be loaded: ${path}: ${messageOf(cause)}${hint}`, cause);
  }
  const codec = typeof exports.encode === 'function' ? exports : (exports.default ?? exports);
  for (const name of ['encode', 'decode'] as const) {
    if (typeof codec[name] !== 'function') throw refused(`names a module that exports no function ${name}(): ${path}`);
  }
  return codec as Codec;
}

function refused(reason: string, cause?: unknown): PoolError<'ERR_OPTION'> {
  return new PoolError('ERR_OPTION', { option: 'codec', reason }, cause === undefined ? {} : { cause });
}
