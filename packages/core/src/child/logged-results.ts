import { Buffer } from '../base/natives.js';
import type { Arena } from '../codec/arena.js';
import { Sink } from '../codec/sink.js';
import type { ValueEncoder } from '../codec/value-codec.js';
import { type ArenaPlace, RECORD_FLAG, STATUS, tableBytes } from '../wire/record.js';
import { LOG_VALUE_BYTES, type LogWriter, RESERVED_BYTES, SMALL_VALUE_BYTES } from '../wire/result-log.js';
import { NO_TIMES, RecordBuffer, type ResultTimes } from './record-buffer.js';

/**
 * Most bytes of log records that the frame carries as well. It spares the parent a read of the file, which takes 5 µs
 * (transport/board-file.ts). One page is as much as 60 small records. At double, both sides would copy 8 KiB to save the same read.
 */
const SMALL_BATCH_BYTES = 4096;
const NO_BYTES = Buffer.alloc(0);

/** Records that this worker has written to its result log, and a copy of those that no frame has reported. */
export class LoggedResults {
  readonly #log: LogWriter;
  readonly #arena: Arena | undefined;
  readonly #encoder: ValueEncoder;
  readonly #definitions = new Sink();
  /** The records since the last frame, as they are in the log. */
  readonly #records = new RecordBuffer();
  /** Position of the records since the last frame in the log. */
  #from: number;
  /** Whether #records has all of them. */
  #isCopied: boolean;
  /** Shapes that are defined in the log. */
  #shapes = 0;

  constructor(log: LogWriter, arena: Arena | undefined, encoder: ValueEncoder) {
    this.#log = log;
    this.#arena = arena;
    this.#encoder = encoder;
    this.#from = log.position;
    this.#isCopied = !log.isMemory;
  }

  /** Whether a record costs no system call. */
  get isMemory(): boolean {
    return this.#log.isMemory;
  }

  /** Position of the records since the last frame. */
  get from(): number {
    return this.#from;
  }

  /** Position of the next record. */
  get position(): number {
    return this.#log.position;
  }

  /** The records since the last frame, if they are few. Valid until the next call. */
  copied(): Buffer {
    return this.#isCopied ? this.#records.written() : NO_BYTES;
  }

  /** Notes that a frame has reported all records. */
  noteSent(): void {
    this.#records.truncate(0);
    this.#from = this.#log.position;
    this.#isCopied = !this.#log.isMemory;
  }

  /** Adds a result. False if the log has no room: then it goes with the frame. @param views parts that lie beside `value` */
  add(
    id: number,
    status: number,
    flags: number,
    value: Sink,
    views: readonly Uint8Array[] | undefined,
    times: ResultTimes,
  ): boolean {
    // Each has a record of its own: all together may be too long for one.
    for (; this.#shapes < this.#encoder.shapeCount; this.#shapes++) {
      this.#definitions.reset();
      this.#encoder.writeShapes(this.#shapes, this.#definitions, this.#shapes + 1);
      if (!this.#write(0, STATUS.shapes, 0, this.#definitions, undefined, NO_TIMES)) return false;
    }
    const valueBytes = value.at - value.start;
    const isTooLong = valueBytes + tableBytes(views?.length ?? 0) > LOG_VALUE_BYTES;
    const isSpared = valueBytes > SMALL_VALUE_BYTES && this.#arena !== undefined && !this.#log.hasFree(RESERVED_BYTES);
    if (views === undefined && !isTooLong) {
      // If the arena has no room, the value takes the room that is left in the log.
      if (isSpared && this.#addByArena(id, status, flags, value, undefined, true, times)) return true;
      return this.#write(id, status, flags, value, undefined, times);
    }
    return this.#addByArena(id, status, flags, value, views, isTooLong || isSpared, times);
  }

  /** Notes that a handler has returned. If this worker ends before the frame leaves, the parent knows that the handler ran. */
  noteReturn(id: number, times: ResultTimes): void {
    this.#definitions.reset();
    this.#write(id, STATUS.returned, 0, this.#definitions, undefined, times);
  }

  /** Adds a record with places in the arena, of large views and, if it is there, of the value itself. */
  #addByArena(
    id: number,
    status: number,
    given: number,
    value: Sink,
    views: readonly Uint8Array[] | undefined,
    isValueThere: boolean,
    times: ResultTimes,
  ): boolean {
    const arena = this.#arena;
    const mark = arena?.mark() ?? 0;
    const { bytes, start, at } = value;
    const places = placesOf([...(isValueThere ? [bytes.subarray(start, at)] : []), ...(views ?? [])], arena);
    const flags = given | (isValueThere ? RECORD_FLAG.arena : 0) | (views === undefined ? 0 : RECORD_FLAG.beside);
    // In the arena, the value is the first of the places, and the record holds none of it.
    if (isValueThere && places !== undefined) value.at = start;
    if (places !== undefined && this.#write(id, status, flags, value, places, times)) return true;
    value.at = at;
    arena?.rollBack(mark);
    return false;
  }

  #write(
    id: number,
    status: number,
    flags: number,
    value: Sink,
    places: readonly ArenaPlace[] | undefined,
    times: ResultTimes,
  ): boolean {
    const log = this.#log;
    const from = this.#records.length;
    const length = this.#records.add(id, status, flags, value, places, times);
    const before = log.position;
    if (!log.append(this.#records.bytes, from, length)) {
      this.#records.truncate(from);
      return false;
    }
    // After a skip record, or if the frame would become long, the parent reads the log instead.
    const isWhole = (log.position - before) >>> 0 === length && this.#records.length <= SMALL_BATCH_BYTES;
    if (this.#isCopied && !isWhole) this.#isCopied = false;
    if (!this.#isCopied) this.#records.truncate(0);
    return true;
  }
}

/** Writes parts to the arena. Returns their places; undefined if there is no room for all of them. */
function placesOf(parts: readonly Uint8Array[], arena: Arena | undefined): ArenaPlace[] | undefined {
  const places: ArenaPlace[] = [];
  for (const part of parts) {
    const place = arena?.write(part);
    if (place === undefined) return undefined;
    places.push({ ...place, bytes: part.length });
  }
  return places;
}
