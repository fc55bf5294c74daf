import { Buffer, Atomics } from '../base/natives.js';

/*
 * What each of a worker's tasks in hand is at, readable and writable by both sides at any time, even when the worker is
 * stuck in synchronous code or dead. Every task in hand has a slot; every slot has
 *
 *   a start record, written by the worker: the wire id of the task it started last there (u32), and when (f64);
 *   a revocation, written by the parent: the wire id of the task it wants back (u32).
 *
 * Beside the slots, the worker writes which section is open.
 *
 * The protocol (docs/decisions/0006-recall.md proves it):
 *
 *   worker, before it calls a handler      parent, to take a task back
 *   1. write start record = id             1. write revocation = id
 *   2. read revocation                     2. read start record
 *   3. id there: do not run, say so        3. id not there: the task is back
 *      else: run                              id there: leave it; the worker will answer
 *
 * Ids never repeat within the life of a worker as long as a slot's generation has not gone round (2 million tasks per
 * slot), and a slot is taken again only when the worker has answered for its last task.
 *
 * Between processes the board is a small file both have open and nobody can find (unlinked at once); between threads a
 * SharedArrayBuffer. One access to a file in memory costs 0.7 µs.
 */
const SLOT_BITS = 11;
export const SLOTS = 1 << SLOT_BITS;
/** A start record: u32 id, u32 unused, f64 time. */
export const RECORD_BYTES = 16;
const RECORD_WORDS = RECORD_BYTES / 4;
const RECORD_FLOATS = RECORD_BYTES / 8;
const REVOCATIONS_AT = SLOTS * RECORD_BYTES;
export const REVOCATION_BYTES = 4;
/** Where the worker writes the path of the section that is open, for whoever asks after its death. Ends with a zero. */
export const SECTION_AT = REVOCATIONS_AT + SLOTS * REVOCATION_BYTES;
export const SECTION_BYTES = 128;
export const BOARD_BYTES = SECTION_AT + SECTION_BYTES;

/** No task's id: the parent writes it as a revocation in slot 0 before the worker exists, to see whether it can be read. */
export const TEST_ID = 0xffffffff;

/** The slot of a wire id. */
export function slotOf(id: number): number {
  return id & (SLOTS - 1);
}

/** The next id for a slot, given its last one (0 before the first). */
export function nextId(slot: number, lastId: number): number {
  const generation = ((lastId >>> SLOT_BITS) + 1) & (0xffffffff >>> SLOT_BITS);
  return ((generation << SLOT_BITS) | slot) >>> 0;
}

/** Byte offset of a slot's start record. */
export function recordAt(id: number): number {
  return slotOf(id) * RECORD_BYTES;
}

/** Byte offset of a slot's revocation. */
export function revocationAt(id: number): number {
  return REVOCATIONS_AT + slotOf(id) * REVOCATION_BYTES;
}

/** Most tasks in one claim; their answers fit one word. */
export const MAX_RUN = 32;

/** What the worker does to the board. */
export interface WorkerBoard {
  /** Most tasks worth claiming at once: 1 where a single claim costs next to nothing. */
  readonly maxRun: number;
  /**
   * Notes that tasks in neighbouring slots start now, one after another. For those who may be told so: a task is as good
   * as started when it is claimed, so none but very short ones. Returns the ones taken back, one bit each.
   * @param ids a table with the id of the first at `at`, of the next `stride` further, and so on
   */
  claimRun(ids: Uint32Array, at: number, stride: number, count: number, nowMs: number): number;
  /** Notes that the task with this id starts now. False when the parent has taken it back: then it must not run. */
  claim(id: number, nowMs: number): boolean;
  /** Notes the section that is open now; empty for none. Longer paths are cut. */
  noteSection(path: string): void;
}

/** What the parent does to the board. */
export interface ParentBoard {
  /** When the task with this id was started, or undefined when it was not. */
  startedAt(id: number): number | undefined;
  /** Takes a task back. False when it has been started: the worker will answer for it. */
  revoke(id: number): boolean;
  /** The section that was open last, or empty. */
  section(): string;
}

const encoder = new TextEncoder();

/** A path as the bytes of the board: cut to fit, closed with a zero. */
export function encodeSection(path: string): Uint8Array {
  const bytes = new Uint8Array(SECTION_BYTES);
  encoder.encodeInto(path, bytes.subarray(0, SECTION_BYTES - 1));
  return bytes;
}

export function decodeSection(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  // A copy: a decoder does not read shared memory.
  return Buffer.from(bytes.slice(0, end === -1 ? bytes.length : end)).toString();
}

/** The board of a thread: both ends, in shared memory. Accesses that decide are sequentially consistent (Atomics). */
export class MemoryBoard implements WorkerBoard, ParentBoard {
  readonly maxRun = 1;
  readonly #words: Int32Array;
  readonly #floats: Float64Array;
  readonly #section: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#section = new Uint8Array(memory, SECTION_AT, SECTION_BYTES);
    this.#words = new Int32Array(memory);
    this.#floats = new Float64Array(memory, 0, SLOTS * RECORD_FLOATS);
  }

  claim(id: number, nowMs: number): boolean {
    this.#floats[slotOf(id) * RECORD_FLOATS + 1] = nowMs;
    Atomics.store(this.#words, slotOf(id) * RECORD_WORDS, id | 0);
    return Atomics.load(this.#words, revocationAt(id) / 4) !== (id | 0);
  }

  claimRun(ids: Uint32Array, at: number, stride: number, count: number, nowMs: number): number {
    let takenBack = 0;
    for (let index = 0; index < count; index++) {
      if (!this.claim(ids[at + index * stride] ?? 0, nowMs)) takenBack |= 1 << index;
    }
    return takenBack;
  }

  noteSection(path: string): void {
    this.#section.set(encodeSection(path));
  }

  section(): string {
    return decodeSection(this.#section);
  }

  startedAt(id: number): number | undefined {
    if (Atomics.load(this.#words, slotOf(id) * RECORD_WORDS) !== (id | 0)) return undefined;
    return this.#floats[slotOf(id) * RECORD_FLOATS + 1];
  }

  revoke(id: number): boolean {
    Atomics.store(this.#words, revocationAt(id) / 4, id | 0);
    return this.startedAt(id) === undefined;
  }
}
