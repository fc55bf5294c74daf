import { MAX_RUN, slotOf, type WorkerBoard } from '../wire/claim-board.js';
import { CLAIM_ALONE, type Frame, HANDLER_MASK, IDEMPOTENT, TASK_WORDS } from '../wire/frame.js';
import { LOOK_AGAIN_MS } from '../wire/pace.js';
import type { CallLengths } from './call-lengths.js';

/**
 * Claims tasks on the board: each before it starts, or a run of very short ones together. The results in the log show which task
 * of a run has begun. Tasks of a run cannot be revoked for LOOK_AGAIN_MS. By then most runs are done, since calls that are not very
 * short are no part of one. After that, the claims of the tasks left are looked at again.
 *
 * On a file, a claim is two system calls, 1.4 µs. Over two processes, runs of 32 move 1.7 × as many identity tasks, 800,000
 * against 460,000 a second. These are medians of four interleaved pairs on two cores.
 */
export class Claimer {
  readonly #board: WorkerBoard;
  /** By handler. */
  readonly #lengths: readonly CallLengths[];
  /** Length from which inputs are decoded before their claim, so that they are no part of a run. */
  readonly #heavyBytes: number;
  /** Most rows of one call, by handler. */
  readonly #mostRows: readonly number[];
  #maxRun: number;
  #frame: Frame | undefined;
  /** Claimed rows of #frame, the time from which LOOK_AGAIN_MS counts, and which of the rows were revoked. */
  #from = 0;
  #until = 0;
  #revoked = 0;
  #claimedAt = 0;

  constructor(
    board: WorkerBoard,
    lengths: readonly CallLengths[],
    concurrency: number,
    heavyBytes: number,
    mostRows: readonly number[],
  ) {
    this.#board = board;
    this.#mostRows = mostRows;
    this.#heavyBytes = heavyBytes;
    this.#lengths = lengths;
    this.#maxRun = maxRunOf(board, concurrency);
  }

  /** Sets how many tasks run at once. */
  tune(concurrency: number): void {
    this.#maxRun = maxRunOf(this.#board, concurrency);
  }

  /** Withdraws the claims of a run from this row on. They are claimed again, one by one or as another run. */
  withdraw(frame: Frame, nextRow: number): void {
    if (frame !== this.#frame || nextRow >= this.#until) return;
    this.#board.unclaim(frame.meta, nextRow * TASK_WORDS, TASK_WORDS, this.#until - nextRow);
    this.#until = nextRow;
  }

  /**
   * Whether the task in this row may start. Rows of a frame are claimed in order.
   * @param nowMs host clock, read after the result of the row before was written
   * @param rows number of rows, from this one on, that start together in one call
   */
  claim(frame: Frame, row: number, nowMs: number, rows = 1): boolean {
    const { meta } = frame;
    if (this.#frame !== frame || row >= this.#until) {
      const count = rows > 1 ? neighbours(meta, row, rows) : this.#maxRun === 1 ? 1 : this.#runFrom(meta, row);
      if (count === 1) return this.#board.claim(meta[row * TASK_WORDS] ?? 0, nowMs);
      this.#revoked = this.#board.claimRun(meta, row * TASK_WORDS, TASK_WORDS, count, nowMs, rows > 1);
      this.#frame = frame;
      this.#from = row;
      this.#until = row + count;
      // Rows of one call have begun with their claim, so they are not looked at again.
      this.#claimedAt = rows > 1 ? Infinity : nowMs;
    } else if (nowMs - this.#claimedAt > LOOK_AGAIN_MS) {
      // Time since the claim, by a clock that is read after the last result is in the log. The parent knows of no later moment.
      this.#revoked = this.#board.revokedIn(meta, row * TASK_WORDS, TASK_WORDS, this.#until - row);
      this.#from = row;
    }
    return (this.#revoked & (1 << (row - this.#from))) === 0;
  }

  /** The number of rows from this one on that may be claimed together. */
  #runFrom(meta: Uint32Array, row: number): number {
    const rows = meta.length / TASK_WORDS;
    const mostRows = Math.min(rows, row + this.#maxRun);
    const slot = slotOf(meta[row * TASK_WORDS] ?? 0);
    const kind = (meta[row * TASK_WORDS + 1] ?? 0) & IDEMPOTENT;
    let next = row;
    for (; next < mostRows; next++) {
      const word = meta[next * TASK_WORDS + 1] ?? 0;
      // Rows of one call begin together, so they are no run.
      if (this.#mostRows[word & HANDLER_MASK] !== 1) break;
      if ((meta[next * TASK_WORDS + 4] ?? 0) >= this.#heavyBytes) break;
      if (
        (word & CLAIM_ALONE) !== 0 ||
        (word & IDEMPOTENT) !== kind ||
        this.#lengths[word & HANDLER_MASK]?.areVeryShort !== true
      )
        break;
      if (slotOf(meta[next * TASK_WORDS] ?? 0) !== slot + (next - row)) break;
    }
    return Math.max(1, next - row);
  }
}

/** Rows in neighbouring slots, from this one on, that one write may claim. */
function neighbours(meta: Uint32Array, row: number, rows: number): number {
  const slot = slotOf(meta[row * TASK_WORDS] ?? 0);
  const most = Math.min(rows, MAX_RUN);
  let count = 1;
  while (count < most && slotOf(meta[(row + count) * TASK_WORDS] ?? 0) === slot + count) count++;
  return count;
}

/** The longest run: concurrent tasks wait, so they are not short. */
function maxRunOf(board: WorkerBoard, concurrency: number): number {
  return concurrency === 1 ? board.maxRun : 1;
}
