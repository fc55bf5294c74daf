import { slotOf, type WorkerBoard } from '../wire/claim-board.js';
import { CLAIM_ALONE, HANDLER_MASK, TASK_WORDS, type Frame } from '../wire/frame.js';

/** A call shorter than this is very short: a claim of its own would cost a good part of it. */
const SHORT_MS = 0.05;
/** So many very short calls in a row, and the next ones of that handler are taken to be short, too. */
const STREAK = 4096;
/** Tasks claimed together may be expected to take this long in all, at most. */
const RUN_MS = 0.1;
/** Weight of the newest call in the moving average. */
const NEWEST = 0.05;

/** What is known of one handler's calls. */
interface Calls {
  streak: number;
  meanMs: number;
}

/**
 * Claims tasks on the board: each before it starts, or a run of very short ones together. Whoever is claimed counts as
 * started, so it cannot be taken back any more, and when the worker dies all of a run are suspects. That is a delay of
 * RUN_MS at most, as long as the handler stays as short as it was; and nobody gets into a run whose name had a longer
 * call among its last thousands, or that has a time limit.
 *
 * On a file, a claim is two system calls, 1.4 µs. Runs of 32 made identity tasks over processes 1.5 × as many a second.
 */
export class Claimer {
  readonly #board: WorkerBoard;
  readonly #calls: Calls[];
  readonly #maxRun: number;
  #frame: Frame | undefined;
  /** Rows of #frame that are claimed, and which of them were taken back. */
  #from = 0;
  #until = 0;
  #takenBack = 0;

  constructor(board: WorkerBoard, handlers: number, concurrency: number) {
    this.#board = board;
    this.#calls = Array.from({ length: handlers }, () => ({ streak: 0, meanMs: 0 }));
    // Side by side, tasks wait, so they are not short.
    this.#maxRun = concurrency === 1 ? board.maxRun : 1;
  }

  /** Whether the task in this row may start. Rows of a frame are asked for in order. */
  claim(frame: Frame, row: number, nowMs: number): boolean {
    if (this.#frame !== frame || row >= this.#until) {
      const count = this.#maxRun === 1 ? 1 : this.#runFrom(frame.meta, row);
      if (count === 1) return this.#board.claim(frame.meta[row * TASK_WORDS] ?? 0, nowMs);
      this.#takenBack = this.#board.claimRun(frame.meta, row * TASK_WORDS, TASK_WORDS, count, nowMs);
      this.#frame = frame;
      this.#from = row;
      this.#until = row + count;
    }
    return (this.#takenBack & (1 << (row - this.#from))) === 0;
  }

  /** A handler was called and has returned; `isDone` unless it is still to be waited for. */
  note(handler: number, ms: number, isDone: boolean): void {
    if (this.#maxRun === 1) return;
    const calls = this.#calls[handler] as Calls;
    if (!isDone || ms > SHORT_MS) {
      calls.streak = 0;
      return;
    }
    calls.streak++;
    calls.meanMs += (ms - calls.meanMs) * NEWEST;
  }

  /** How many rows from this one on may be claimed together. */
  #runFrom(meta: Uint32Array, row: number): number {
    const rows = meta.length / TASK_WORDS;
    const mostRows = Math.min(rows, row + this.#maxRun);
    const slot = slotOf(meta[row * TASK_WORDS] ?? 0);
    let expectedMs = 0;
    let next = row;
    for (; next < mostRows; next++) {
      const word = meta[next * TASK_WORDS + 1] ?? 0;
      const calls = this.#calls[word & HANDLER_MASK] as Calls;
      if ((word & CLAIM_ALONE) !== 0 || calls.streak < STREAK) break;
      if (slotOf(meta[next * TASK_WORDS] ?? 0) !== slot + (next - row)) break;
      expectedMs += calls.meanMs;
      if (expectedMs > RUN_MS) break;
    }
    return Math.max(1, next - row);
  }
}
