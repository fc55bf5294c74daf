import { atomicLoad, atomicStore, Buffer } from '../base/natives.js';

/*
 * The board shows the stage of each task in flight of one worker. Both sides can use it at any time, even when the worker is
 * dead or stuck in synchronous code. Every task in flight has a slot; every slot has
 *
 *   a start record, written by the worker: the wire id of the task claimed last there (u32), the id of the first task of the
 *   run that was claimed together (u32), and when (f64);
 *   a revocation, written by the parent: the wire id of the task it wants back (u32).
 *
 * Words beside the slots: the input being decoded, the parent's position in the result log, and the open section. Profilers count
 * their questions there.
 *
 * The protocol (docs/decisions/0006-recall.md proves it):
 *
 *   worker, before it calls a handler      parent, to take a task back
 *   1. write start record = id             1. write revocation = id
 *   2. read revocation                     2. read start record
 *   3. id there: do not run, say so        3. id not there: the task is back
 *      else: run                              id there: leave it; the worker will answer
 *
 * An input that may take long to decode, or end the worker, is decoded before its task is claimed. The worker therefore writes
 * its id as the one being decoded before it first reads the revocation. The parent reads that word as well, and leaves a task
 * that stands there. Otherwise a task could be decoded here while another worker already has it.
 *
 * Ids repeat only when the generation of a slot has gone round, which takes 2 million tasks per slot. A slot becomes free only
 * when the worker has answered for its last task.
 *
 * Between threads the board is a SharedArrayBuffer. Between processes it is a file in memory that only these two have open; it
 * is unlinked at once. The result log (result-log.ts) lies behind it. One access to a file in memory costs 0.7 µs.
 */
const SLOT_BITS = 11;
export const SLOTS = 1 << SLOT_BITS;
/** A start record: u32 id, u32 id of its run, f64 time. */
export const RECORD_BYTES = 16;
const RECORD_WORDS = RECORD_BYTES / 4;
const RECORD_FLOATS = RECORD_BYTES / 8;
export const REVOCATIONS_AT = SLOTS * RECORD_BYTES;
export const REVOCATION_BYTES = 4;
/** The other words have a page of their own. */
const WORDS_AT = REVOCATIONS_AT + SLOTS * REVOCATION_BYTES;
/** Mark that the parent writes at the start. */
export const MARK_AT = WORDS_AT;
/** The task whose input the worker decodes; written for inputs that may take long, or exhaust memory. */
export const DECODING_AT = WORDS_AT + 4;
/** Position up to which the parent has read the result log. */
export const CONSUMED_AT = WORDS_AT + 8;
/** Position up to which a thread has written its result log; files do not need it. */
export const PRODUCED_AT = WORDS_AT + 12;
/** Number of times that a blocked process was asked for the measurements of its profiler. */
export const MEASURE_AT = WORDS_AT + 16;
/** The path of the open section; ends with a zero. */
export const SECTION_AT = WORDS_AT + 64;
/** Longer paths are cut. */
export const SECTION_BYTES = 128;
const PAGE_BYTES = 4096;
/** The result log begins here. */
export const BOARD_BYTES = WORDS_AT + PAGE_BYTES;

/** Start records in a page. One slot of each page holds marks, no task: a worker that wipes its board wipes them as well. */
const SLOTS_PER_PAGE = PAGE_BYTES / RECORD_BYTES;
/** Slots that tasks may have. */
export const TASK_SLOTS = SLOTS - SLOTS / SLOTS_PER_PAGE;
const MARK = 0x6d696c6c;

/** An id of no task. The parent writes it as a revocation before the worker exists, to test whether the worker can read it. */
export const TEST_ID = 0xffffffff;

/** Whether a slot holds a mark instead of tasks. */
export function isMarkSlot(slot: number): boolean {
  return slot % SLOTS_PER_PAGE === SLOTS_PER_PAGE - 1;
}

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

/** A board in its state before the worker starts. */
export function freshBoard(): Uint8Array {
  const bytes = new Uint8Array(BOARD_BYTES);
  const words = new Uint32Array(bytes.buffer);
  for (let slot = 0; slot < SLOTS; slot++) {
    if (isMarkSlot(slot)) words[slot * RECORD_WORDS] = words[revocationAt(slot) / 4] = MARK;
  }
  words[MARK_AT / 4] = MARK;
  return bytes;
}

/** Whether a board still has all its marks. The slot of TEST_ID is the last of them; it may hold TEST_ID instead. */
export function hasMarks(words: Uint32Array | Int32Array): boolean {
  if ((words[MARK_AT / 4] ?? 0) !== MARK) return false;
  for (let slot = 0; slot < SLOTS; slot++) {
    if (
      isMarkSlot(slot) &&
      !(isMark(words[slot * RECORD_WORDS], slot) && isMark(words[revocationAt(slot) / 4], slot))
    ) {
      return false;
    }
  }
  return true;
}

function isMark(word: number | undefined, slot: number): boolean {
  return word === MARK || ((word ?? 0) >>> 0 === TEST_ID && slot === slotOf(TEST_ID));
}

/** Most tasks in one claim: their answers fit one word. */
export const MAX_RUN = 32;

/** Operations of the worker on the board. */
export interface WorkerBoard {
  /** Most tasks worth claiming at once: 1 where a single claim costs next to nothing. */
  readonly maxRun: number;
  /**
   * Claims tasks in neighbouring slots. Returns the revoked ones, one bit each.
   * @param ids a table with the id of the first at `at`, of the next `stride` further, and so on
   * @param startTogether whether all start now, each as a run of its own; else they run one after another
   */
  claimRun(ids: Uint32Array, at: number, stride: number, count: number, nowMs: number, startTogether: boolean): number;
  /** Claims one task, which starts now. False when the parent has revoked it: then it must not run. */
  claim(id: number, nowMs: number): boolean;
  /** Tasks of a claimed run that have been revoked since the claim, one bit each. */
  revokedIn(ids: Uint32Array, at: number, stride: number, count: number): number;
  /** Withdraws the claims of a run: these tasks did not start. */
  unclaim(ids: Uint32Array, at: number, stride: number, count: number): void;
  /** Notes the task whose input is being decoded. False when the parent has revoked it: then it must not be decoded. */
  noteDecoding(id: number): boolean;
  /** Notes the section that is now open; empty for none. Longer paths are cut. */
  noteSection(path: string): void;
}

/** The start record of a task that the worker has claimed. */
export interface Claim {
  /** The first task of its run; its own id when it was claimed alone. */
  readonly run: number;
  /** When the run was claimed, host clock. */
  readonly atMs: number;
}

/** Operations of the parent on the board. None of them throws: an unreadable word is absent, a failed write is not done. */
export interface ParentBoard {
  /** The claim of the task with this id, or undefined when there is none. */
  claimOf(id: number): Claim | undefined;
  /** Revokes a task. False when the revocation could not be written: then the worker may run the task at any time. */
  revoke(id: number): boolean;
  /** The task whose input was being decoded last, or 0. */
  decoding(): number;
  /** The section that was open last, or empty. */
  section(): string;
  /** Whether the marks of the board are still there. A wiped board does not show which tasks had begun. */
  isIntact(): boolean;
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

/** The board of a thread: both ends, in shared memory. Deciding accesses are sequentially consistent (Atomics). */
export class MemoryBoard implements WorkerBoard, ParentBoard {
  readonly maxRun = 1;
  readonly #words: Int32Array;
  readonly #floats: Float64Array;
  readonly #section: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#section = new Uint8Array(memory, SECTION_AT, SECTION_BYTES);
    this.#words = new Int32Array(memory, 0, BOARD_BYTES / 4);
    this.#floats = new Float64Array(memory, 0, SLOTS * RECORD_FLOATS);
  }

  claim(id: number, nowMs: number): boolean {
    const word = slotOf(id) * RECORD_WORDS;
    this.#floats[slotOf(id) * RECORD_FLOATS + 1] = nowMs;
    this.#words[word + 1] = id | 0;
    atomicStore(this.#words, word, id | 0);
    return !this.#isRevoked(id);
  }

  claimRun(ids: Uint32Array, at: number, stride: number, count: number, nowMs: number): number {
    let revoked = 0;
    for (let index = 0; index < count; index++) {
      if (!this.claim(ids[at + index * stride] ?? 0, nowMs)) revoked |= 1 << index;
    }
    return revoked;
  }

  revokedIn(ids: Uint32Array, at: number, stride: number, count: number): number {
    let revoked = 0;
    for (let index = 0; index < count; index++) {
      if (this.#isRevoked(ids[at + index * stride] ?? 0)) revoked |= 1 << index;
    }
    return revoked;
  }

  unclaim(ids: Uint32Array, at: number, stride: number, count: number): void {
    for (let index = 0; index < count; index++) {
      atomicStore(this.#words, slotOf(ids[at + index * stride] ?? 0) * RECORD_WORDS, 0);
    }
  }

  noteDecoding(id: number): boolean {
    atomicStore(this.#words, DECODING_AT / 4, id | 0);
    return !this.#isRevoked(id);
  }

  noteSection(path: string): void {
    this.#section.set(encodeSection(path));
  }

  section(): string {
    return decodeSection(this.#section);
  }

  claimOf(id: number): Claim | undefined {
    const word = slotOf(id) * RECORD_WORDS;
    if (atomicLoad(this.#words, word) !== (id | 0)) return undefined;
    return { run: (this.#words[word + 1] ?? 0) >>> 0, atMs: this.#floats[slotOf(id) * RECORD_FLOATS + 1] ?? NaN };
  }

  revoke(id: number): boolean {
    atomicStore(this.#words, revocationAt(id) / 4, id | 0);
    return true;
  }

  decoding(): number {
    return atomicLoad(this.#words, DECODING_AT / 4) >>> 0;
  }

  isIntact(): boolean {
    return hasMarks(this.#words);
  }

  #isRevoked(id: number): boolean {
    return atomicLoad(this.#words, revocationAt(id) / 4) === (id | 0);
  }
}
