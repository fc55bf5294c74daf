import { ignoreRejections } from '../base/ignore-rejection.js';
import { Buffer } from '../base/natives.js';
import { serialize } from '../base/v8-natives.js';
import type { Arena } from '../codec/arena.js';
import { type PortValue, takeForPort } from '../codec/port-value.js';
import { PAGE_BYTES, Sink } from '../codec/sink.js';
import { mayGoByPort, toRefusal, type ValueEncoder } from '../codec/value-codec.js';
import type { Refusal } from '../contract/errors.js';
import { isMoved } from '../contract/move.js';
import type { TransferItem } from '../contract/transfer-item.js';
import { FRAME, type WorkerChannel } from '../wire/frame.js';
import { type ArenaPlace, RECORD_FLAG, STATUS } from '../wire/record.js';
import type { LogWriter } from '../wire/result-log.js';
import { LoggedResults } from './logged-results.js';
import { copyOf } from './progress-link.js';
import { NO_TIMES, RecordBuffer, type ResultTimes } from './record-buffer.js';

export interface ResultWriterParts {
  channel: WorkerChannel;
  encoder: ValueEncoder;
  /** Undefined if no result can outlive the worker: all results then leave by the link. */
  log: LogWriter | undefined;
  /** Memory for large values, if there is any. */
  arena: Arena | undefined;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * Results on their way to the parent. A result that has to outlive this worker goes into the log at once. The parent finds it
 * there, whatever happens to the worker. The next frame says how far the log has come. The other results gather in that frame.
 *
 * A value is encoded as soon as it is added, so that later changes by its handler have no effect.
 */
export class ResultWriter {
  readonly #parts: ResultWriterParts;
  readonly #value = new Sink(PAGE_BYTES);
  readonly #definitions = new Sink(PAGE_BYTES);
  /** Undefined if no result can outlive the worker. */
  readonly #logged: LoggedResults | undefined;
  /** Records that only the frame has. */
  readonly #loose = new RecordBuffer();
  /** Shapes that are defined in frames of results. The log has definitions of its own: each must be readable without the other. */
  #shapesInFrames = 0;
  #beside: ArrayBuffer[] = [];
  /** Values that only a port carries, by wire id. */
  #cloned: Map<number, PortValue> | undefined;
  #transfer: TransferItem[] | undefined;
  #size = 0;
  readonly #meta = new Uint32Array(3);
  /** Flags of the current record. */
  #flags = 0;

  constructor(parts: ResultWriterParts) {
    this.#parts = parts;
    const { log, arena, encoder } = parts;
    this.#logged = log && new LoggedResults(log, arena, encoder);
  }

  /** Number of results that no frame has reported. */
  get size(): number {
    return this.#size;
  }

  /** Whether results can outlive this worker. */
  get hasLog(): boolean {
    return this.#logged !== undefined;
  }

  /** Whether a record in the log costs no system call. */
  get hasMemoryLog(): boolean {
    return this.#logged?.isMemory === true;
  }

  /** Whether the parent gets any of them only by the next frame. */
  get isAnyLoose(): boolean {
    return this.#loose.length > 0;
  }

  /**
   * @param value the result if the status is `ok`; else the data for that status, as plain data
   * @param isToLog whether it goes to the log, which outlives this worker
   * @param hasReported whether the task has reported progress
   * @returns whether the log has it
   */
  add(id: number, status: number, value: unknown, isToLog: boolean, times: ResultTimes, hasReported = false): boolean {
    this.#size++;
    this.#flags = hasReported ? RECORD_FLAG.reported : 0;
    let given = value;
    if (status === STATUS.ok && isMoved(value)) {
      given = value.value;
      if (this.#parts.channel.clones) {
        const refused = this.#take(id, given, value.transfer);
        if (refused === undefined) return this.#addLoose(id, STATUS.ok, isToLog, times);
        // Memory that was to be moved may be half gone: it must not arrive as if it were whole.
        return this.#refuse(id, given, refused, isToLog, times);
      }
    }
    if (status === STATUS.ok && this.#parts.channel.clones && this.#parts.encoder.isForPort(given)) {
      (this.#cloned ??= new Map()).set(id, { value: given });
      return this.#addLoose(id, STATUS.ok, isToLog, times);
    }
    let views: readonly Uint8Array[] | undefined;
    try {
      if (status === STATUS.ok) views = this.#encode(given);
      else this.#encodeNote(given);
    } catch (error) {
      const isForPort = this.#parts.channel.clones && (status !== STATUS.ok || mayGoByPort(error));
      const refused = isForPort ? this.#take(id, given) : error;
      if (refused === undefined) return this.#addLoose(id, status, isToLog, times);
      return this.#refuse(id, given, refused, isToLog, times);
    }
    return this.#addRecord(id, status, views, isToLog, times);
  }

  /** Sends a frame that reports all results. */
  send(): void {
    if (this.#size === 0) return;
    const { channel } = this.#parts;
    const logged = this.#logged?.copied() ?? NO_BYTES;
    // One table for all frames: each channel copies it before it returns, and `Uint32Array.of` makes 200 bytes of garbage.
    this.#meta[0] = this.#logged?.from ?? 0;
    this.#meta[1] = this.#logged?.position ?? 0;
    this.#meta[2] = logged.length;
    channel.send(FRAME.results, this.#cloned, {
      meta: this.#meta,
      values: [logged, this.#loose.written()],
      beside: this.#beside.length === 0 ? undefined : this.#beside,
      transfer: this.#transfer,
    });
    this.#logged?.noteSent();
    this.#loose.truncate(0);
    this.#beside = [];
    this.#cloned = undefined;
    this.#transfer = undefined;
    this.#size = 0;
  }

  #encode(value: unknown): readonly Uint8Array[] | undefined {
    this.#value.reset();
    return this.#parts.encoder.encode(value, this.#value);
  }

  /** Encodes the data of a status other than `ok`: errors cross whole, whatever the codec of values. */
  #encodeNote(note: unknown): void {
    this.#value.reset();
    this.#value.begin();
    if (note === undefined) return;
    const bytes = serialize(note);
    this.#value.ensure(bytes.length);
    this.#value.bytes.set(bytes, this.#value.at);
    this.#value.at += bytes.length;
  }

  /** Adds the record of a result that cannot be sent. */
  #refuse(id: number, value: unknown, error: unknown, isToLog: boolean, times: ResultTimes): boolean {
    // Most such results hold promises that their handler did not wait for.
    ignoreRejections(value);
    this.#encodeNote(explain(value, toRefusal(error, 'result')));
    return this.#addRecord(id, STATUS.notSerializable, undefined, isToLog, times);
  }

  /** Takes a copy of a value for a port, since its handler may go on changing it. Returns the obstacle, or undefined. */
  #take(id: number, value: unknown, transfer: readonly TransferItem[] = []): Error | undefined {
    try {
      const taken = takeForPort(value, transfer);
      (this.#cloned ??= new Map()).set(id, taken.body);
      if (transfer.length > 0) (this.#transfer ??= []).push(...taken.transfer);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  /** Adds the record of the value that was encoded last. */
  #addRecord(
    id: number,
    status: number,
    views: readonly Uint8Array[] | undefined,
    isToLog: boolean,
    times: ResultTimes,
  ): boolean {
    const { encoder } = this.#parts;
    if (isToLog && this.#logged?.add(id, status, this.#flags, this.#value, views, times) === true) return true;
    // Otherwise its handler was not called.
    if (isToLog && status < STATUS.revoked) this.#logged?.noteReturn(id, times);
    const places = views?.map((view) => this.#putBeside(view));
    if (encoder.shapeCount > this.#shapesInFrames) {
      this.#definitions.reset();
      encoder.writeShapes(this.#shapesInFrames, this.#definitions);
      this.#shapesInFrames = encoder.shapeCount;
      this.#loose.add(0, STATUS.shapes, 0, this.#definitions, undefined, NO_TIMES);
    }
    this.#loose.add(id, status, places === undefined ? 0 : RECORD_FLAG.beside, this.#value, places, times);
    return false;
  }

  /** Puts a large view into the frame. */
  #putBeside(view: Uint8Array): ArenaPlace {
    const number = this.#beside.push(copyOf(view)) - 1;
    return { number, at: 0, bytes: view.length };
  }

  /** Adds a record whose value only a port carries. */
  #addLoose(id: number, status: number, isToLog: boolean, times: ResultTimes): false {
    if (isToLog) this.#logged?.noteReturn(id, times);
    this.#value.reset();
    this.#loose.add(id, status, RECORD_FLAG.cloned, this.#value, undefined, times);
    return false;
  }
}

function explain(value: unknown, refusal: Refusal): Refusal {
  if (isGenerator(value))
    return { reason: 'it is a generator; call the handler with stream(), or collect its values into an array first.' };
  const isMarked = refusal.reason.includes(' is a Moved)');
  return isMarked ? { ...refusal, reason: `${refusal.reason} move() marks a whole result only.` } : refusal;
}

function isGenerator(value: unknown): boolean {
  try {
    return typeof (value as { next?: unknown } | null)?.next === 'function';
  } catch {
    // A getter or a trap that throws: no generator.
    return false;
  }
}
