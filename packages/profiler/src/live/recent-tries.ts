import type { TryBlock, TrySlice } from './live-state.js';

/** One try that a worker has run. Times in ms since the profiler's construction. */
export interface RanTry {
  pool: number;
  workerId: number;
  task: string;
  startedMs: number;
  endedMs: number;
  failed: boolean;
}

/** Neighbours closer than this are one block: 60 s on a wide screen have a pixel for 30 ms. */
const JOIN_MS = 8;
/** A block that grows is sent again, so it must not grow for ever. */
const LONGEST_JOINED_MS = 100;
const KEEP_MS = 60_000;
/** Kept blocks: 16 lanes of 60 s with a block each 25 ms. */
const MOST_BLOCKS = 40_000;
/** Names longer than this are cut: each block carries its own. */
const LONGEST_NAME = 120;

/**
 * The tries of the last minute, as blocks in the order in which they came. A block has a number, from 1. Blocks that still grow are
 * not given out before they are complete. So a reader gets each block once.
 */
export class RecentTries {
  readonly #blocks: TryBlock[] = [];
  /** Number of the first kept block. */
  #first = 1;
  /** Place of the first kept block in the list; the list is cut now and then, not at each block. */
  #start = 0;
  /** Blocks that may still grow, by pool and worker. */
  readonly #growing = new Map<string, TryBlock>();
  /** Tries that were in blocks that had to go early, and the number of the block before which they were. */
  #lost = 0;

  add({ pool, workerId, task, startedMs, endedMs, failed }: RanTry): void {
    const lane = `${pool} ${workerId}`;
    const name = task.length > LONGEST_NAME ? `${task.slice(0, LONGEST_NAME - 1)}…` : task;
    const last = this.#growing.get(lane);
    const flag = failed ? 1 : 0;
    if (
      last !== undefined &&
      last[4] === name &&
      last[5] === flag &&
      startedMs - last[3] < JOIN_MS &&
      startedMs >= last[2] &&
      endedMs - last[2] < LONGEST_JOINED_MS
    ) {
      last[3] = Math.max(last[3], round(endedMs));
      last[6]++;
      return;
    }
    if (last !== undefined) this.#push(last);
    this.#growing.set(lane, [pool, workerId, round(startedMs), round(endedMs), name, flag, 1]);
  }

  /** Blocks that end before `nowMs` less what could be joined are complete; those of more than a minute ago go. */
  settle(nowMs: number): void {
    for (const [lane, block] of this.#growing) {
      if (nowMs - block[3] < LONGEST_JOINED_MS) continue;
      this.#growing.delete(lane);
      this.#push(block);
    }
    while (this.#start < this.#blocks.length && (this.#blocks[this.#start]?.[3] ?? 0) < nowMs - KEEP_MS) this.#shift();
    this.#compact();
  }

  after(cursor: number): TrySlice {
    const next = this.#first + this.#blocks.length - this.#start;
    // A number of another run of the program, or a wrong one, is like none.
    const from = Number.isSafeInteger(cursor) && cursor > 0 && cursor < next ? cursor + 1 : 1;
    const skip = Math.max(0, from - this.#first);
    return { cursor: next - 1, blocks: this.#blocks.slice(this.#start + skip), lost: this.#lost };
  }

  #push(block: TryBlock): void {
    if (this.#blocks.length - this.#start >= MOST_BLOCKS) {
      this.#lost += this.#blocks[this.#start]?.[6] ?? 0;
      this.#shift();
      this.#compact();
    }
    this.#blocks.push(block);
  }

  #shift(): void {
    this.#start++;
    this.#first++;
  }

  #compact(): void {
    if (this.#start < 4096 || this.#start * 2 < this.#blocks.length) return;
    this.#blocks.splice(0, this.#start);
    this.#start = 0;
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
