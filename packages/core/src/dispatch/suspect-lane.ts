import { LinkedQueue } from '../base/linked-queue.js';
import type { Task } from '../task/task.js';
import type { Worker } from '../worker/worker.js';

interface Next {
  readonly next?: { task: Task; worker: Worker };
  readonly released?: Worker | undefined;
}

/** What every pass but a few gets. */
const NOTHING: Next = {};

/**
 * Tasks that were running together when their worker died. Which of them killed it is not known, so each runs again
 * with a worker to itself, one at a time; only who kills again is to blame.
 */
export class SuspectLane {
  readonly #waiting = new LinkedQueue<Task>();
  #reserved: Worker | undefined;

  get size(): number {
    return this.#waiting.size;
  }

  all(): Iterable<Task> {
    return this.#waiting;
  }

  push(task: Task): void {
    task.history.mustRunAlone = true;
    this.#waiting.push(task);
  }

  remove(task: Task): void {
    this.#waiting.remove(task);
  }

  /** A worker is no more. */
  drop(worker: Worker): void {
    if (this.#reserved === worker) this.#reserved = undefined;
  }

  /**
   * The next suspect and an empty worker for it, if there are both. If no worker is empty, the least loaded one is set
   * aside: it takes nothing else and will be empty soon. `released` is a worker that need not be set aside any more.
   */
  next(workers: readonly Worker[]): Next {
    const reserved = this.#reserved;
    if (this.#waiting.size === 0) {
      if (reserved === undefined || reserved.load > 0) return NOTHING;
      this.#setAside(undefined);
      return { released: reserved };
    }
    const worker = reserved ?? leastLoaded(workers);
    if (worker !== reserved) this.#setAside(worker);
    if (worker === undefined || worker.load > 0 || !worker.isReady) return NOTHING;
    const task = this.#waiting.shift();
    return task === undefined ? NOTHING : { next: { task, worker } };
  }

  #setAside(worker: Worker | undefined): void {
    if (this.#reserved !== undefined) this.#reserved.reserved = false;
    if (worker !== undefined) worker.reserved = true;
    this.#reserved = worker;
  }
}

function leastLoaded(workers: readonly Worker[]): Worker | undefined {
  let least: Worker | undefined;
  for (const worker of workers) {
    if (worker.isReady && worker.tasksLeft > 0 && (least === undefined || worker.load < least.load)) least = worker;
  }
  return least;
}
