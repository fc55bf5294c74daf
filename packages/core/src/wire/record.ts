import { Buffer } from '../base/natives.js';

/*
 * A result as bytes, in the result log and in frames. Numbers are little-endian, as V8 and every platform of Node have them:
 *
 *    0  u32  mark of its position in the log; 0 in a frame
 *    4  u32  length of the whole record, a multiple of 8; SKIP is set in it where nothing follows
 *    8  u32  wire id
 *   12  u32  status | flags << 8
 *   16  f64  when the handler ended, host clock
 *   24  f32  received, decoded, started: ms before the end
 *   36  u32  bytes of the value
 *   40       the value, then the places of what lies beside it, then nothing up to
 *   −4  u32  the mark again: a record that was cut off has no end
 *
 * A float holds 0.1 µs within a second of the end.
 */
export const RECORD_HEADER = 40;
const TRAILER = 4;
const ALIGNMENT = 8;
const SKIP = 0x80000000;
/** Length of the smallest record, which only gives the distance to the next one. */
export const SKIP_BYTES = 8;

/**
 * Outcome of a task.
 * - ok: its value follows.
 * - error: the handler's exception follows, as data.
 * - notSerializable: the reason why the result is missing.
 * - revoked: the parent had revoked the task.
 * - inputUnread: the reason why the input could not be read.
 * - shapes: no result, but definitions of the shapes of later values.
 * - returned: no result either. Its handler has returned, but log and arena have no room, so a frame will bring the result.
 */
export const STATUS = {
  ok: 0,
  error: 1,
  notSerializable: 2,
  revoked: 3,
  inputUnread: 4,
  shapes: 5,
  returned: 6,
} as const;

/**
 * What a record says of its value or task.
 * - beside: a table of the value's large views follows it.
 * - arena: the value itself lies in the arena.
 * - cloned: the frame has the value itself.
 * - reported: the task has sent progress, in frames that come before the frame for this record.
 */
export const RECORD_FLAG = { beside: 1, arena: 2, cloned: 4, reported: 8 } as const;

/** A place in the arena. */
export interface ArenaPlace {
  readonly number: number;
  readonly at: number;
  readonly bytes: number;
}
/** Bytes of a place in a record. */
const PLACE_BYTES = 12;

/** Fields of a record's header besides lengths. */
export interface RecordTimes {
  receivedAt: number;
  decodedAt: number;
  startedAt: number;
  endedAt: number;
}

/** Length of a record with a body of this length. */
export function recordBytes(body: number): number {
  return (RECORD_HEADER + body + TRAILER + ALIGNMENT - 1) & -ALIGNMENT;
}

/** The bytes of a table of places. */
export function tableBytes(places: number): number {
  return 4 + places * PLACE_BYTES;
}

/**
 * Writes the header of a record whose value is there already. Stores into a view take a third of the time of Buffer's methods,
 * which check each byte.
 */
export function closeRecord(
  view: DataView,
  at: number,
  length: number,
  wireId: number,
  status: number,
  flags: number,
  valueBytes: number,
  { receivedAt, decodedAt, startedAt, endedAt }: RecordTimes,
): void {
  view.setUint32(at, 0, true);
  view.setUint32(at + 4, length, true);
  view.setUint32(at + 8, wireId, true);
  view.setUint32(at + 12, status | (flags << 8), true);
  view.setFloat64(at + 16, endedAt, true);
  view.setFloat32(at + 24, endedAt - receivedAt, true);
  view.setFloat32(at + 28, endedAt - decodedAt, true);
  view.setFloat32(at + 32, endedAt - startedAt, true);
  view.setUint32(at + 36, valueBytes, true);
  view.setUint32(at + length - TRAILER, 0, true);
}

/** Writes the places of large views, behind the value. */
export function writePlaces(bytes: Buffer, at: number, places: readonly ArenaPlace[]): void {
  bytes.writeUInt32LE(places.length, at);
  for (const [index, { number, at: placeAt, bytes: length }] of places.entries()) {
    const entry = at + 4 + index * PLACE_BYTES;
    bytes.writeUInt32LE(number, entry);
    bytes.writeUInt32LE(placeAt, entry + 4);
    bytes.writeUInt32LE(length, entry + 8);
  }
}

/** The place with this index in the table at `at`. @throws if there is none */
export function readPlace(bytes: Buffer, at: number, index: number): ArenaPlace {
  if (index < 0 || index >= bytes.readUInt32LE(at))
    throw new RangeError('A value names a large view that is not there.');
  const entry = at + 4 + index * PLACE_BYTES;
  return {
    number: bytes.readUInt32LE(entry),
    at: bytes.readUInt32LE(entry + 4),
    bytes: bytes.readUInt32LE(entry + 8),
  };
}

/** The last place in the table at `at`. @throws if there is none */
export function lastPlace(bytes: Buffer, at: number): ArenaPlace {
  return readPlace(bytes, at, bytes.readUInt32LE(at) - 1);
}

/** A record that fills the end of the ring. */
export function skipRecord(mark: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(SKIP_BYTES);
  bytes.writeUInt32LE(mark, 0);
  bytes.writeUInt32LE((length | SKIP) >>> 0, 4);
  return bytes;
}

/** The length of the whole record that begins at `at`; 0 if it is missing or incomplete. */
export function recordLength(bytes: Buffer, at: number, mark: number): number {
  if (bytes.length - at < SKIP_BYTES || bytes.readUInt32LE(at) !== mark) return 0;
  const word = bytes.readUInt32LE(at + 4);
  const length = word & ~SKIP;
  if (length % ALIGNMENT !== 0 || length === 0 || length > bytes.length - at) return 0;
  if ((word & SKIP) !== 0) return length;
  if (length < RECORD_HEADER + ALIGNMENT || bytes.readUInt32LE(at + length - TRAILER) !== mark) return 0;
  return length;
}

/** The length of a record that is known to be whole. @throws if there is no record */
export function spanOf(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32LE(at + 4) & ~SKIP;
  if (length < SKIP_BYTES || at + length > bytes.length) throw new Error(`A record of ${length} bytes is none.`);
  return length;
}

/** Whether a record that is no skip record has a flag. */
export function hasFlag(bytes: Buffer, at: number, flag: number): boolean {
  return ((bytes[at + 13] ?? 0) & flag) !== 0;
}

export function isSkip(bytes: Buffer, at: number): boolean {
  return (bytes.readUInt32LE(at + 4) & SKIP) !== 0;
}
