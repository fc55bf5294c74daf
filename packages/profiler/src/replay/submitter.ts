import type { RunRecord } from './run-record.js';

/** Decides when each row is submitted: at a time of its own, or after others. */
export class Submitter {
  readonly #record: RunRecord;
  readonly #submit: (row: number, atMs: number) => void;
  /** Further tries by the row before them: first one, and the next one of the same row. */
  readonly #child: Int32Array;
  readonly #sibling: Int32Array;
  readonly #calls: Int32Array;
  #next = 0;
  #round = 0;
  /** Calls of the round that are under way. */
  #open = 0;

  constructor(record: RunRecord, submit: (row: number, atMs: number) => void) {
    const { rows } = record;
    this.#record = record;
    this.#submit = submit;
    this.#child = new Int32Array(rows.count).fill(-1);
    this.#sibling = new Int32Array(rows.count).fill(-1);
    const calls: number[] = [];
    for (let row = 0; row < rows.count; row++) {
      const after = rows.after[row] as number;
      if (after < 0) calls.push(row);
      else {
        this.#sibling[row] = this.#child[after] as number;
        this.#child[after] = row;
      }
    }
    this.#calls = Int32Array.from(calls);
  }

  begin(): void {
    const { arrivals, rows } = this.#record;
    const startMs = this.#calls.length === 0 ? 0 : (rows.at[this.#calls[0] as number] as number);
    if (arrivals.kind === 'open') for (const row of this.#calls) this.#submit(row, rows.at[row] as number);
    else if (arrivals.kind === 'closed') for (let i = 0; i < Math.max(1, arrivals.cap); i++) this.#submitNext(startMs);
    else this.#submitRound(startMs);
  }

  settled(row: number, nowMs: number): void {
    const { arrivals, rows } = this.#record;
    let child = this.#child[row] as number;
    if (child >= 0) {
      for (; child >= 0; child = this.#sibling[child] as number) {
        this.#submit(child, nowMs + (rows.backoff[child] as number));
      }
      return;
    }
    if (arrivals.kind === 'closed') this.#submitNext(nowMs + arrivals.thinkMs);
    else if (arrivals.kind === 'rounds' && --this.#open === 0) this.#submitRound(nowMs + arrivals.thinkMs);
  }

  #submitNext(atMs: number): void {
    if (this.#next < this.#calls.length) this.#submit(this.#calls[this.#next++] as number, atMs);
  }

  #submitRound(atMs: number): void {
    const { arrivals } = this.#record;
    if (arrivals.kind !== 'rounds' || this.#next >= this.#calls.length) return;
    // Calls beyond the recorded rounds come in one last round.
    const size = Math.max(1, arrivals.sizes[this.#round++] ?? Infinity);
    this.#open = Math.min(size, this.#calls.length - this.#next);
    for (let left = this.#open; left > 0; left--) this.#submitNext(atMs);
  }
}
