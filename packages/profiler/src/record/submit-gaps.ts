import type { TaskTrace } from '@millpond/core';
import { Histogram } from '@millpond/core/internal';

/** Settlings that are remembered. With more calls than this in flight, nothing is said of their submits. */
const REMEMBERED = 1024;

/**
 * Time from the latest settling until a submit. A program that submits whenever a result has come has short ones. Submits at times of
 * their own come at any time after the latest settling.
 */
export class SubmitGaps {
  readonly gaps = new Histogram();
  readonly #settledAt = new Float64Array(REMEMBERED);
  #settled = 0;
  #latestMs = -Infinity;

  /** Adds a try that has just settled. Tries come in the order of their settlings. */
  add({ attempt, submittedAt, settledAt }: TaskTrace): void {
    // A further try is submitted by the pool.
    if (attempt === 1) this.#addSubmit(submittedAt);
    this.#latestMs = Math.max(this.#latestMs, settledAt);
    this.#settledAt[this.#settled++ % REMEMBERED] = this.#latestMs;
  }

  #addSubmit(atMs: number): void {
    const known = Math.min(this.#settled, REMEMBERED);
    // The number of remembered settlings up to the submit, by halving: they rise.
    let low = 0;
    let high = known;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#at(this.#settled - known + middle) <= atMs) low = middle + 1;
      else high = middle;
    }
    if (low > 0) this.gaps.record(atMs - this.#at(this.#settled - known + low - 1));
  }

  #at(index: number): number {
    return this.#settledAt[index % REMEMBERED] ?? 0;
  }
}
