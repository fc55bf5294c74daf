import type { Clock, Timer } from '../base/clock.js';
import { PREFETCH_MS } from '../wire/pace.js';
import type { Worker } from '../worker/worker.js';
import type { Assigner } from './assigner.js';
import type { AssignmentPass } from './assignment-pass.js';
import { STANDSTILL_MS } from './prefetch.js';

export interface WorkStealingParts {
  clock: Clock;
  /** Workers that may have tasks. */
  workers: readonly Worker[];
  assigner: Assigner;
  assignment: AssignmentPass;
}

/**
 * Recalls prefetched tasks from a worker at a standstill. An expected 10 µs turned out to be 10 s, or the handler loops. From
 * a worker that goes on, it takes the later half. At the end of a batch, no worker should have much to do while others are
 * idle. It looks only while a prefetched task waits and another worker is free; otherwise it costs nothing.
 */
export class WorkStealing {
  readonly #parts: WorkStealingParts;
  #timer: Timer | undefined;
  /** Answers of each worker with prefetched tasks when the timer was set. */
  #answeredBefore = new Map<Worker, number>();
  #mayBeAhead = false;
  /** Number of prefetched tasks at the last look. */
  #prefetched = 0;

  constructor(parts: WorkStealingParts) {
    this.#parts = parts;
  }

  /** Called when every task that could leave has left. */
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

  /** Stops, since there is no worker left to look at. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #steal(): void {
    const { assignment } = this.#parts;
    if (!assignment.hasFreeCapacity) return;
    for (const [worker, answered] of this.#answeredBefore) {
      // A worker that runs several tasks at once may have room itself. Tasks that only it could run stay with it.
      if (!worker.isReady || !assignment.hasFreeCapacityBeside(worker)) continue;
      // Asking which of 500 tasks have begun takes 0.4 ms.
      // A worker that did answer shares only what is more than the least amount worth prefetching.
      if (worker.received.resultsSeen !== answered && worker.expectedMs <= PREFETCH_MS) continue;
      const isStalled = worker.received.resultsSeen === answered;
      // A task with a key would only go back: it waits for this worker, which goes on.
      const ahead = worker.assigned.unbegun().filter((task) => !task.isPinned && (isStalled || task.key === undefined));
      if (isStalled) assignment.noteStalled(worker, ahead.length > 0);
      const from = isStalled ? 0 : worker.expectedMs > PREFETCH_MS ? Math.ceil(ahead.length / 2) : ahead.length;
      assignment.recall(worker, ahead.slice(from));
    }
    this.look();
  }
}
