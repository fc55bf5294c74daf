import type { Buffer } from '../base/natives.js';
import { deserialize } from '../base/v8-natives.js';
import type { Arena } from '../codec/arena.js';
import { fromPort } from '../codec/port-value.js';
import type { ValueDecoder } from '../codec/value-codec.js';
import type { ProgressFrame, ResultsFrame } from '../wire/frame.js';
import type { ResultsBody } from '../wire/messages.js';
import { hasFlag, isSkip, lastPlace, readPlace, RECORD_FLAG, spanOf, STATUS } from '../wire/record.js';
import type { LogReader } from '../wire/result-log.js';
import { noteLargeResult } from './freed-memory.js';
import { ResultRow } from './result-row.js';

export interface ResultReaderParts {
  log: LogReader | undefined;
  arena: Arena | undefined;
  openDecoder(): ValueDecoder;
  /** Whether the result with this wire id is awaited. Other results are not decoded. */
  isWanted(wireId: number): boolean;
  /** Host clock, ms. */
  now(): number;
  /** Notes that the handler of this task has returned; its result comes by a frame. */
  onReturned(wireId: number, endedAt: number): void;
  /** Takes one result. */
  onRow(row: ResultRow): void;
}

/** From this size on, the decoding of a value is worth a look at the clock. */
const LARGE_BYTES = 4096;
const NOTHING_BESIDE: readonly ArrayBuffer[] = [];

/**
 * Reads each result of one worker once: from its frames, or from its log, which may be ahead. Records of the log, records of
 * frames, and progress have separate decoders, since each may come without the others.
 */
export class ResultReader {
  readonly #parts: ResultReaderParts;
  #logDecoder: ValueDecoder | undefined;
  #frameDecoder: ValueDecoder | undefined;
  #progressDecoder: ValueDecoder | undefined;
  /** Whether the last look at the log has left results behind. */
  holdsBack = false;

  constructor(parts: ResultReaderParts) {
    this.#parts = parts;
  }

  /** @throws when the frame, or the log that it announces, is damaged */
  readFrame(frame: ResultsFrame, nowMs: number): void {
    const { log } = this.#parts;
    const [from = 0, to = 0, copied = 0] = frame.meta;
    const row = new ResultRow(nowMs, frame.sentAt, frame.receivedAt);
    if (copied > 0 && log?.position === from) this.#readRecords(frame.values, copied, row, log);
    else if (log !== undefined) this.#readTo(to, row, log);
    for (let at = copied; at < frame.values.length; at += spanOf(frame.values, at)) {
      this.#read(frame.values, at, row, this.#decoderOfFrames, frame.beside, frame.body);
    }
  }

  /**
   * The value of a progress frame, whose first word is the wire id. Undefined when it cannot be read. @throws for damaged
   * frames
   */
  progress({ meta, values, beside, body }: ProgressFrame): { readonly value: unknown } | undefined {
    if (body !== undefined) return { value: fromPort(body) };
    const [, definitions = 0] = meta;
    const decoder = (this.#progressDecoder ??= this.#parts.openDecoder());
    if (definitions > 0) decoder.defineShapes(values, 0, definitions);
    try {
      return { value: decoder.decode(values, definitions, values.length, (index) => existing(beside[index])) };
    } catch {
      // A user's codec has thrown. That must not end a worker with all it has in flight, so the value counts as dropped.
      return undefined;
    }
  }

  /**
   * Reads the contents of the log beyond the frames. Returns whether there were any.
   * @param isEverything whether also results of tasks with progress, whose frames may still be unread. Without them, it stops at
   *   the first one, and `holdsBack` is true
   */
  readLog(now: () => number, isEverything: boolean): boolean {
    const { log } = this.#parts;
    const from = log?.position;
    this.holdsBack = false;
    for (let bytes = log?.peek(); log !== undefined && bytes !== undefined; bytes = log.peek()) {
      const { position } = log;
      // The worker goes on meanwhile. Each look finds results that are younger than the look before.
      const nowMs = now();
      this.#readRecords(bytes, bytes.length, new ResultRow(nowMs, -Infinity, nowMs), log, isEverything);
      if (log.position !== position) continue;
      this.holdsBack = true;
      break;
    }
    return log?.position !== from;
  }

  #readTo(to: number, row: ResultRow, log: LogReader): void {
    while (log.position !== to) {
      // Read already, by a reader that was called before this frame came.
      if ((log.position - to) >>> 0 < 2 ** 31) return;
      const bytes = log.peek(to);
      if (bytes === undefined || bytes.length === 0) {
        throw new Error(`The result log is damaged at ${log.position}: the worker has written up to ${to}.`);
      }
      this.#readRecords(bytes, bytes.length, row, log);
    }
  }

  #readRecords(bytes: Buffer, length: number, row: ResultRow, log: LogReader, isEverything = true): void {
    for (let at = 0; at < length;) {
      const span = spanOf(bytes, at);
      if (!isEverything && !isSkip(bytes, at) && hasFlag(bytes, at, RECORD_FLAG.reported)) return;
      log.advance(span);
      const next = log.position;
      if (!isSkip(bytes, at)) this.#read(bytes, at, row, this.#decoderOfLog, NOTHING_BESIDE, undefined);
      // The handling of the result may have read on, and then `bytes` is overwritten.
      if (log.position !== next) return;
      at += span;
    }
  }

  #read(
    bytes: Buffer,
    at: number,
    row: ResultRow,
    decoder: ValueDecoder,
    beside: readonly ArrayBuffer[],
    body: ResultsBody | undefined,
  ): void {
    row.open(bytes, at);
    const from = row.valueAt;
    const to = from + row.valueBytes;
    if (row.kind >= STATUS.shapes) {
      if (row.kind === STATUS.shapes) decoder.defineShapes(bytes, from, to);
      else this.#parts.onReturned(row.wireId, row.endedAt);
      return;
    }
    if (this.#parts.isWanted(row.wireId)) {
      try {
        if ((row.flags & ~RECORD_FLAG.reported) === 0)
          row.take(row.kind === STATUS.ok ? decoder.decode(bytes, from, to) : note(bytes, from, to));
        else row.take(this.#rareValue(bytes, from, to, row, decoder, beside, body));
        // The task settles with the value. The decoding of a small one takes no longer than a look at the clock.
        if (row.resultBytes >= LARGE_BYTES) row.settledAt = this.#parts.now();
      } catch (error) {
        row.refuse(error);
        this.#drop(bytes, to, row, beside);
      }
    } else {
      this.#drop(bytes, to, row, beside);
    }
    this.#parts.onRow(row);
  }

  /** Frees the places of a value in the arena that was read in part, or not at all. */
  #drop(bytes: Buffer, to: number, { flags }: ResultRow, beside: readonly ArrayBuffer[]): void {
    if (beside.length > 0 || (flags & (RECORD_FLAG.beside | RECORD_FLAG.arena)) === 0) return;
    this.#parts.arena?.skip(lastPlace(bytes, to).number);
  }

  #rareValue(
    bytes: Buffer,
    from: number,
    to: number,
    row: ResultRow,
    decoder: ValueDecoder,
    beside: readonly ArrayBuffer[],
    body: ResultsBody | undefined,
  ): unknown {
    const { flags, kind, wireId } = row;
    if ((flags & RECORD_FLAG.cloned) !== 0) return fromPort(existing(body?.get(wireId)));
    const memory = (index: number): ArrayBuffer => {
      const place = readPlace(bytes, to, index);
      noteLargeResult(place.bytes);
      row.addBytes(place.bytes);
      if (beside.length > 0) return existing(beside[place.number]);
      return existing(this.#parts.arena).read(place.number, place.at, place.bytes);
    };
    if ((flags & RECORD_FLAG.arena) === 0) return decoder.decode(bytes, from, to, memory);
    const place = readPlace(bytes, to, 0);
    row.addBytes(place.bytes);
    const whole = existing(this.#parts.arena).readBriefly(place.number, place.at, place.bytes);
    if (kind !== STATUS.ok) return note(whole, 0, place.bytes);
    return decoder.decode(whole, 0, place.bytes, (index) => memory(index + 1));
  }

  get #decoderOfLog(): ValueDecoder {
    return (this.#logDecoder ??= this.#parts.openDecoder());
  }

  get #decoderOfFrames(): ValueDecoder {
    return (this.#frameDecoder ??= this.#parts.openDecoder());
  }
}

/** The data that goes with a status other than `ok`. */
function note(bytes: Buffer, from: number, to: number): unknown {
  return from === to ? undefined : deserialize(bytes.subarray(from, to));
}

function existing<T>(part: T | undefined): T {
  if (part === undefined) throw new RangeError('A value names a part that is not there.');
  return part;
}
