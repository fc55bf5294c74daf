import { fileURLToPath } from 'node:url';
import { requireFrom } from '../base/own-file.js';
import type { Codec } from '../contract/codec.js';
import { PoolError } from '../contract/errors.js';
import { checkSize, type ValueCodec } from './value-codec.js';

/** Length of a value that is undefined, for which the codec is not asked. */
const UNDEFINED = 0xffffffff;
const LENGTH_BYTES = 4;
const FIRST_BYTES = 4096;

/** A user's codec: value by value, after a table of their lengths. */
export class ModuleCodec implements ValueCodec {
  readonly #limitBytes: number;
  readonly #codec: Codec;

  /** @throws ERR_OPTION when the module cannot be loaded or is not a codec */
  constructor(limitBytes: number, moduleUrl: string) {
    this.#limitBytes = limitBytes;
    this.#codec = load(moduleUrl);
  }

  encode(values: readonly unknown[]): Uint8Array {
    let at = LENGTH_BYTES * (values.length + 1);
    let bytes: Buffer = Buffer.allocUnsafe(Math.max(FIRST_BYTES, at * 2));
    bytes.writeUInt32LE(values.length, 0);
    for (let row = 0; row < values.length; row++) {
      const part = values[row] === undefined ? undefined : this.#encodeOne(values[row]);
      bytes.writeUInt32LE(part?.length ?? UNDEFINED, LENGTH_BYTES * (row + 1));
      if (part === undefined) continue;
      checkSize(at + part.length, this.#limitBytes);
      if (at + part.length > bytes.length) bytes = grown(bytes, at + part.length);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes.subarray(0, at);
  }

  decode(bytes: Buffer, unread: (row: number, reason: string) => void): unknown[] {
    const count = bytes.readUInt32LE(0);
    const values: unknown[] = [];
    let at = LENGTH_BYTES * (count + 1);
    for (let row = 0; row < count; row++) {
      const length = bytes.readUInt32LE(LENGTH_BYTES * (row + 1));
      let value: unknown;
      if (length !== UNDEFINED) {
        try {
          value = this.#codec.decode(bytes.subarray(at, at + length));
        } catch (error) {
          unread(row, `its codec threw while decoding it: ${messageOf(error)}`);
        }
        at += length;
      }
      values.push(value);
    }
    return values;
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

function grown(bytes: Buffer, least: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(least, bytes.length * 2));
  bytes.copy(larger);
  return larger;
}

function load(moduleUrl: string): Codec {
  const path = fileURLToPath(moduleUrl);
  let exports: Partial<Codec> & { default?: Partial<Codec> };
  try {
    // Synchronously, so that a codec that cannot be loaded fails the constructor of its pool.
    exports = requireFrom(moduleUrl)(path) as typeof exports;
  } catch (cause) {
    const hint =
      (cause as { code?: string }).code === 'ERR_REQUIRE_ASYNC_MODULE' ? ' It must do without top-level await.' : '';
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
