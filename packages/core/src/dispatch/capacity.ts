import type { Candidate } from './candidate.js';

/**
 * Candidates that can run one more task at once. At concurrency 1, the last one used comes first. It is the warmest, and the
 * others may cool and go. At a higher concurrency they take turns, so that load spreads.
 */
export class FreeCapacity {
  readonly #concurrency: () => number;
  readonly #candidates: Candidate[] = [];

  constructor(concurrency: () => number) {
    this.#concurrency = concurrency;
  }

  /** Lists a worker that became ready, or that a task of has ended. */
  add(candidate: Candidate): void {
    if (candidate.isListed || !this.has(candidate)) return;
    candidate.isListed = true;
    this.#candidates.push(candidate);
  }

  /** Whether no candidate is listed. A listed one may have lost its capacity since. */
  get isEmpty(): boolean {
    return this.#candidates.length === 0;
  }

  /** Whether a candidate other than this one could run a task at once. */
  hasBeside(candidate: Candidate): boolean {
    return this.#candidates.some((other) => other !== candidate && this.has(other));
  }

  /** Whether this candidate could run a task at once. */
  has(candidate: Candidate): boolean {
    const { worker } = candidate;
    if (candidate.isSetAside || candidate.isSpent) return false;
    return worker.calls < this.#concurrency() && !worker.assigned.isFull;
  }

  /** Number of tasks that could run at once, counted no further than `enough`. */
  count(enough: number): number {
    let count = 0;
    for (const candidate of this.#candidates) {
      const { calls: load, tasksLeft } = candidate.worker;
      if (this.has(candidate)) count += Math.min(this.#concurrency() - load, tasksLeft);
      if (count >= enough) break;
    }
    return count;
  }

  remove(candidate: Candidate): void {
    if (!candidate.isListed) return;
    candidate.isListed = false;
    this.#candidates.splice(this.#candidates.indexOf(candidate), 1);
  }

  /** Takes the candidate for the next task out of the list. `add` lists it again while it has capacity. */
  take(): Candidate | undefined {
    for (;;) {
      const candidate = this.#concurrency() === 1 ? this.#candidates.pop() : this.#candidates.shift();
      if (candidate === undefined) return undefined;
      candidate.isListed = false;
      if (this.has(candidate)) return candidate;
    }
  }
}
