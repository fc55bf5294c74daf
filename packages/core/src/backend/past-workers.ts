import { RingQueue } from '../base/ring-queue.js';
import type { Worker } from '../worker/worker.js';

/** Faults that are remembered: far more than a usual `restart.max` allows. */
const MOST_FAULTS = 1000;

/** What ended workers add to the totals of their pool. */
export class PastWorkers {
  /** Sum of the time for which they were ready, ms. */
  readyMs = 0;
  /** Results that came too late. */
  ignoredResults = 0;
  /** Values of ctx.progress that were dropped. */
  droppedProgress = 0;
  /** Times of the latest deaths and failed starts. */
  readonly #faults = new RingQueue<number>();

  /** A worker has ended. */
  add(worker: Worker, nowMs: number): void {
    this.readyMs += worker.readyMs(nowMs);
    this.ignoredResults += worker.received.ignoredResults;
    this.droppedProgress += worker.received.droppedProgress;
  }

  /** A worker has ended by itself, or has not become ready. */
  addFault(nowMs: number): void {
    this.#faults.push(nowMs);
    if (this.#faults.size > MOST_FAULTS) this.#faults.shift();
  }

  /** Number of faults since this time, up to MOST_FAULTS. */
  faultsSince(sinceMs: number): number {
    let count = 0;
    while (count < this.#faults.size && (this.#faults.at(this.#faults.size - 1 - count) as number) >= sinceMs) count++;
    return count;
  }
}
