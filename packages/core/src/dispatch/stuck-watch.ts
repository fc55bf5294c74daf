import type { Clock, Timer } from '../base/clock.js';
import type { Task } from '../task/task.js';
import type { Worker } from '../worker/worker.js';

/** A worker that answered for nothing in this time, while another is free, loses what it has not begun. */
const STUCK_AFTER_MS = 3;
/** One that did answer shares with the free one when it has more than this ahead. */
const SHARE_ABOVE_MS = 1;

export interface StuckParts {
  clock: Clock;
  workers(): readonly Worker[];
  /** Whether another worker could run something now. */
  hasFreePlace(): boolean;
  /** These did not begin and are out of their worker's hand. */
  recalled(worker: Worker, tasks: Task[]): void;
}

/**
 * Takes tasks back that were sent ahead to a worker which then stood still: an expected 10 µs turned out to be 10 s, or
 * the handler loops. From a worker that goes on, it takes the later half: at the end of a batch no worker has much to do
 * while others have nothing. It looks only while a task is ahead and a place is free elsewhere; else it costs nothing.
 */
export class StuckWatch {
  readonly #parts: StuckParts;
  #timer: Timer | undefined;
  /** What each worker with tasks ahead had answered for when the timer was set. */
  #answeredBefore = new Map<Worker, number>();
  #mayBeAhead = false;

  constructor(parts: StuckParts) {
    this.#parts = parts;
  }

  /** Tasks were sent ahead. */
  noteAhead(): void {
    this.#mayBeAhead = true;
  }

  /** Everything waiting has been handed out. */
  look(): void {
    if (!this.#mayBeAhead || this.#timer !== undefined || !this.#parts.hasFreePlace()) return;
    const workers = this.#parts.workers().filter((worker) => worker.hasAhead);
    this.#mayBeAhead = workers.length > 0;
    if (workers.length === 0) return;
    this.#answeredBefore = new Map(workers.map((worker) => [worker, worker.received.answered]));
    this.#timer = this.#parts.clock.after(STUCK_AFTER_MS, () => {
      this.#timer = undefined;
      this.#recall();
    });
  }

  /** There is no worker left to look at. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #recall(): void {
    if (!this.#parts.hasFreePlace()) return;
    for (const [worker, answered] of this.#answeredBefore) {
      if (!worker.isReady) continue;
      const ahead = worker.unbegun().filter((task) => !task.isPinned);
      const isStuck = worker.received.answered === answered;
      if (isStuck) worker.isStuck = ahead.length > 0;
      const from = isStuck ? 0 : worker.expectedMs > SHARE_ABOVE_MS ? Math.ceil(ahead.length / 2) : ahead.length;
      const tasks = ahead.slice(from).filter((task) => worker.recall(task));
      if (tasks.length > 0) this.#parts.recalled(worker, tasks);
    }
    this.look();
  }
}
