import type { Worker } from '../worker/worker.js';

/** What ended workers add to the totals of their pool. */
export class PastWorkers {
  /** Sum of the time for which they were ready, ms. */
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
