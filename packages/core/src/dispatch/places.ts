import type { Worker } from '../worker/worker.js';

/**
 * Workers with a free place to run a task at once. With one place each, the last one used comes first: it is the
 * warmest, and the others may cool and go. With several, they take turns, so that load spreads.
 */
export class FreePlaces {
  readonly #concurrency: () => number;
  readonly #workers: Worker[] = [];

  constructor(concurrency: () => number) {
    this.#concurrency = concurrency;
  }

  /** A worker became ready, or a place in it free. */
  add(worker: Worker): void {
    if (worker.isListed || !this.#hasPlace(worker)) return;
    worker.isListed = true;
    this.#workers.push(worker);
  }

  /** Whether any worker is listed; it may have lost its place since. */
  get isEmpty(): boolean {
    return this.#workers.length === 0;
  }

  /** Whether this worker could run a task at once. */
  has(worker: Worker): boolean {
    return this.#hasPlace(worker);
  }

  /** Free places, counted no further than `enough`. */
  count(enough: number): number {
    let count = 0;
    for (const worker of this.#workers) {
      if (this.#hasPlace(worker)) count += Math.min(this.#concurrency() - worker.load, worker.tasksLeft);
      if (count >= enough) break;
    }
    return count;
  }

  remove(worker: Worker): void {
    if (!worker.isListed) return;
    worker.isListed = false;
    this.#workers.splice(this.#workers.indexOf(worker), 1);
  }

  /** A worker to give one task to now, or undefined. It stays listed while it has more places. */
  take(): Worker | undefined {
    for (;;) {
      const worker = this.#concurrency() === 1 ? this.#workers.pop() : this.#workers.shift();
      if (worker === undefined) return undefined;
      worker.isListed = false;
      if (this.#hasPlace(worker)) return worker;
    }
  }

  #hasPlace(worker: Worker): boolean {
    const { isReady, reserved, isHeld, load, isFull, tasksLeft } = worker;
    return isReady && !reserved && !isHeld && load < this.#concurrency() && !isFull && tasksLeft > 0;
  }
}
