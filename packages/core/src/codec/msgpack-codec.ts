import { requireInstalled } from '../base/own-file.js';
import { types } from 'node:util';
import { PoolError } from '../contract/errors.js';
import { LARGE_BYTES, type Arena } from './arena.js';
import { checkSize, refuseUnencodable, type ValueCodec } from './value-codec.js';
import { StructuredCodec } from './structured-codec.js';

type Msgpackr = typeof import('msgpackr');

/** A list of values some of which are large views, which travel by the arena. */
interface WithLarge {
  values: unknown[];
  rows: number[];
  /** The views, by the structured codec. */
  large: Uint8Array;
}

/**
 * MessagePack by msgpackr, one text for a frame: objects of one shape write their keys once. Each frame stands alone, so
 * one that fails leaves nothing behind that the next would miss.
 */
export class MsgpackCodec implements ValueCodec {
  readonly #limitBytes: number;
  readonly #arena: Arena | undefined;
  readonly #beside: StructuredCodec;
  readonly #packr: InstanceType<Msgpackr['Packr']>;

  /** @throws ERR_OPTION when msgpackr is not installed */
  constructor(limitBytes: number, arena?: Arena) {
    this.#limitBytes = limitBytes;
    this.#arena = arena;
    this.#beside = new StructuredCodec(limitBytes, arena);
    const { Packr } = load();
    this.#packr = new Packr({ structuredClone: true, moreTypes: true });
    // Called for functions inside a value, which would become undefined.
    (this.#packr as { writeFunction?: () => never }).writeFunction = () => {
      throw new TypeError('a function cannot be encoded.');
    };
  }

  encode(values: readonly unknown[], isTrial = false): Uint8Array {
    for (const value of values) refuseUnencodable(value);
    const mark = this.#arena?.mark() ?? 0;
    isPacking = true;
    try {
      const parts = this.#withoutLarge(values, isTrial);
      const bytes = this.#packr.pack(parts);
      const besideBytes = Array.isArray(parts) ? 0 : this.#largeBytes(values);
      checkSize(bytes.length + besideBytes, this.#limitBytes);
      return bytes;
    } catch (error) {
      this.#arena?.rollBack(mark);
      throw error;
    } finally {
      isPacking = false;
    }
  }

  decode(bytes: Buffer): unknown[] {
    const decoded = this.#packr.unpack(bytes) as unknown[] | WithLarge;
    if (Array.isArray(decoded)) return decoded;
    const { values, rows, large } = decoded;
    this.#beside.decode(Buffer.from(large)).forEach((view, index) => (values[rows[index] as number] = view));
    return values;
  }

  #withoutLarge(values: readonly unknown[], isTrial: boolean): readonly unknown[] | WithLarge {
    if (this.#arena === undefined) return values;
    const rows: number[] = [];
    for (let row = 0; row < values.length; row++) if (isLargeView(values[row])) rows.push(row);
    if (rows.length === 0) return values;
    const large = this.#beside.encode(
      rows.map((row) => values[row]),
      isTrial,
    );
    return { values: values.map((value) => (isLargeView(value) ? null : value)), rows, large };
  }

  #largeBytes(values: readonly unknown[]): number {
    return values.reduce<number>((sum, value) => sum + (isLargeView(value) ? value.byteLength : 0), 0);
  }
}

function isLargeView(value: unknown): value is ArrayBufferView {
  return typeof value === 'object' && ArrayBuffer.isView(value) && value.byteLength >= LARGE_BYTES;
}

let loaded: Msgpackr | undefined;

function load(): Msgpackr {
  if (loaded !== undefined) return loaded;
  let msgpackr: Msgpackr;
  try {
    // Not imported: it need not be installed, and most programs never ask for it.
    msgpackr = requireInstalled((require) => require('msgpackr')) as Msgpackr;
  } catch (cause) {
    const reason = '"msgpack" needs the package msgpackr beside @millpond/core: npm install msgpackr';
    throw new PoolError('ERR_OPTION', { option: 'codec', reason }, { cause });
  }
  msgpackr.addExtension({ Class: Unpackable, write: refuse });
  return (loaded = msgpackr);
}

/** msgpackr's extensions hold for the whole program; ours must not change what others pack. */
let isPacking = false;

const VIEWS = new Set(
  'Int8 Uint8 Uint8Clamped Int16 Uint16 Int32 Uint32 Float32 Float64 BigInt64 BigUint64'
    .split(' ')
    .map((name) => `${name}Array`)
    .concat('Buffer', 'DataView'),
);

/** What msgpackr would pack as {}, or as bytes that cannot be unpacked. */
class Unpackable {
  static [Symbol.hasInstance](value: unknown): boolean {
    return isPacking && isUnpackable(value as object);
  }
}

function isUnpackable(value: object): boolean {
  if (ArrayBuffer.isView(value)) return !VIEWS.has(value.constructor.name);
  return (
    types.isPromise(value) ||
    types.isGeneratorObject(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isSharedArrayBuffer(value) ||
    types.isBoxedPrimitive(value) ||
    types.isExternal(value)
  );
}

function refuse(value: object): never {
  throw new TypeError(`a ${value.constructor.name || 'generator'} cannot be encoded.`);
}
