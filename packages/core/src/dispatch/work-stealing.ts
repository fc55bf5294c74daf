import type { Clock, Timer } from '../base/clock.js';
import type { Worker } from '../worker/worker.js';
import { STANDSTILL_MS } from './prefetch.js';
import type { Assigner } from './assigner.js';
import type { AssignmentPass } from './assignment-pass.js';

/** One that did answer shares with the free one when it has more than this ahead. */
const SHARE_ABOVE_MS = 1;

export interface WorkStealingParts {
  clock: Clock;
  /** Workers that may have tasks. */
  workers: readonly Worker[];
  assigner: Assigner;
  assignment: AssignmentPass;
}

/**
 * Recalls prefetched tasks from a worker that then stood still: an expected 10 µs turned out to be 10 s, or the handler
 * loops. From a worker that goes on, it takes the later half: at the end of a batch no worker has much to do while others
 * have nothing. It looks only while a prefetched task waits and another worker is free; else it costs nothing.
 */
export class WorkStealing {
  readonly #parts: WorkStealingParts;
  #timer: Timer | undefined;
  /** What each worker with prefetched tasks had answered for when the timer was set. */
  #answeredBefore = new Map<Worker, number>();
  #mayBeAhead = false;
  /** Tasks prefetched at the last look. */
  #prefetched = 0;

  constructor(parts: WorkStealingParts) {
    this.#parts = parts;
  }

  /** Every task that could leave has left. */
  look(): void {
    const { assigner, assignment, clock } = this.#parts;
    this.#mayBeAhead ||= assigner.prefetched !== this.#prefetched;
    this.#prefetched = assigner.prefetched;
    if (!this.#mayBeAhead || this.#timer !== undefined || !assignment.hasFreeCapacity) return;
    const workers = this.#parts.workers.filter((worker) => worker.assigned.hasPrefetched);
    this.#mayBeAhead = workers.length > 0;
    if (workers.length === 0) return;
    this.#answeredBefore = new Map(workers.map((worker) => [worker, worker.received.resultsSeen]));
    this.#timer = clock.after(STANDSTILL_MS, () => {
      this.#timer = undefined;
      this.#steal();
    });
  }

  /** There is no worker left to look at. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #steal(): void {
    const { assignment } = this.#parts;
    if (!assignment.hasFreeCapacity) return;
    for (const [worker, answered] of this.#answeredBefore) {
      if (!worker.isReady) continue;
      // To ask which of 500 tasks have begun takes 0.4 ms.
      if (worker.received.resultsSeen !== answered && worker.expectedMs <= SHARE_ABOVE_MS) continue;
      const ahead = worker.assigned.unbegun().filter((task) => !task.isPinned);
      const isStalled = worker.received.resultsSeen === answered;
      if (isStalled) assignment.noteStalled(worker, ahead.length > 0);
      const from = isStalled ? 0 : worker.expectedMs > SHARE_ABOVE_MS ? Math.ceil(ahead.length / 2) : ahead.length;
      assignment.recall(worker, ahead.slice(from));
    }
    this.look();
  }
}
