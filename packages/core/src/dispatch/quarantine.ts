import { LinkedQueue } from '../base/linked-queue.js';
import type { Task } from '../task/task.js';
import type { Worker } from '../worker/worker.js';

/**
 * Tasks that were running together when their worker died, and may run again. Which of them ended it is not known, so each
 * runs in a worker that has nothing else: only a task that ends a second worker is to blame. Each worker may hold one of
 * them; one worker is left to the other tasks as long as any wait.
 */
export class Quarantine {
  readonly #waiting = new LinkedQueue<Task>();
  /** Workers that take nothing else: they become empty, or run a suspect. */
  readonly #reserved = new Set<Worker>();
  /** Those of them that were given a suspect and have not answered. */
  readonly #running = new Set<Worker>();

  get size(): number {
    return this.#waiting.size;
  }

  all(): Iterable<Task> {
    return this.#waiting;
  }

  push(task: Task): void {
    this.#waiting.push(task);
  }

  remove(task: Task): void {
    this.#waiting.remove(task);
  }

  /** A worker is no more. */
  drop(worker: Worker): void {
    this.#release(worker);
  }

  /**
   * Gives suspects to empty workers, and sets further workers aside for those that are left.
   * @param workers every worker that has become ready and not ended
   * @param othersWait whether tasks wait that are no suspects
   * @param assign this suspect goes to this worker
   * @param released this worker need not be set aside any more
   */
  pass(
    workers: readonly Worker[],
    othersWait: boolean,
    assign: (worker: Worker, task: Task) => void,
    released: (worker: Worker) => void,
  ): void {
    if (this.#waiting.size === 0 && this.#reserved.size === 0) return;
    const most = Math.max(1, othersWait ? workers.length - 1 : workers.length);
    for (const worker of this.#running) if (worker.load === 0) this.#running.delete(worker);
    let emptying = this.#reserved.size - this.#running.size;
    for (const worker of workers.toSorted((a, b) => a.load - b.load)) {
      if (emptying >= this.#waiting.size || this.#reserved.size >= most) break;
      if (this.#reserved.has(worker) || !worker.isReady || worker.tasksLeft <= 0) continue;
      this.#reserved.add(worker);
      worker.reserved = true;
      emptying++;
    }
    for (const worker of [...this.#reserved]) {
      if (worker.load > 0 || !worker.isReady || worker.tasksLeft <= 0) continue;
      const task = this.#reserved.size > most ? undefined : this.#waiting.shift();
      if (task !== undefined) {
        this.#running.add(worker);
        assign(worker, task);
        continue;
      }
      this.#release(worker);
      released(worker);
    }
  }

  #release(worker: Worker): void {
    this.#running.delete(worker);
    if (this.#reserved.delete(worker)) worker.reserved = false;
  }
}
