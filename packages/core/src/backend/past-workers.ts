import type { Worker } from '../worker/worker.js';

/** What workers that have ended leave in the totals of their pool. */
export class PastWorkers {
  /** Time they have been ready, all together, ms. */
  readyMs = 0;
  /** Results that came too late. */
  ignoredResults = 0;
  /** Values of ctx.progress that were dropped. */
  droppedProgress = 0;

  /** A worker has ended. */
  add(worker: Worker, nowMs: number): void {
    this.readyMs += worker.readyMs(nowMs);
    this.ignoredResults += worker.received.ignoredResults;
    this.droppedProgress += worker.received.droppedProgress;
  }
}
