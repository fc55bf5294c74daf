import { Buffer } from '../base/natives.js';
import { KEPT_BYTES, type Sink } from '../codec/sink.js';
import { type ArenaPlace, closeRecord, RECORD_HEADER, recordBytes, tableBytes, writePlaces } from '../wire/record.js';

/** Times of the stages of a task, host clock. */
export interface ResultTimes {
  receivedAt: number;
  decodedAt: number;
  startedAt: number;
  endedAt: number;
}

/** Times of a record that belongs to no task. */
export const NO_TIMES: ResultTimes = { receivedAt: 0, decodedAt: 0, startedAt: 0, endedAt: 0 };

/** Room for some 80 small records: a frame of them needs no growth. */
const FIRST_BYTES = 8192;
const NO_BYTES = Buffer.alloc(0);
/** Longest value that is copied byte by byte; a call for it costs as much as 30 bytes. */
const FEW_BYTES = 24;

/** Consecutive records, in one growing buffer that is reused. */
export class RecordBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  length = 0;
  #view = viewOf(this.bytes);

  /** Appends a record with the value in `value`. Returns the length of the record. */
  add(
    id: number,
    status: number,
    flags: number,
    value: Sink,
    places: readonly ArenaPlace[] | undefined,
    times: ResultTimes,
  ): number {
    const valueBytes = value.at - value.start;
    const length = recordBytes(valueBytes + (places === undefined ? 0 : tableBytes(places.length)));
    const at = this.length;
    if (at + length > this.bytes.length) this.#grow(at + length);
    const { bytes } = this;
    const from = at + RECORD_HEADER;
    if (valueBytes <= FEW_BYTES) {
      for (let byte = 0; byte < valueBytes; byte++) bytes[from + byte] = value.bytes[value.start + byte] as number;
    } else {
      value.bytes.copy(bytes, from, value.start, value.at);
    }
    if (places !== undefined) writePlaces(bytes, from + valueBytes, places);
    closeRecord(this.#view, at, length, id, status, flags, valueBytes, times);
    this.length = at + length;
    return length;
  }

  /** All written records. Valid until the next call. */
  written(): Buffer {
    return this.length === 0 ? NO_BYTES : this.bytes.subarray(0, this.length);
  }

  /** Drops the records behind `length`. */
  truncate(length: number): void {
    this.length = length;
    if (length === 0 && this.bytes.length > KEPT_BYTES) this.#replace(Buffer.allocUnsafeSlow(FIRST_BYTES));
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.#replace(larger);
  }

  #replace(bytes: Buffer): void {
    this.bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
