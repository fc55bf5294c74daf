import type { Task } from '../task/task.js';
import type { Twins } from '../task/task-history.js';

/** The further runs of one task that are under way. */
export class RunningTwins implements Twins<Task> {
  begun = 0;
  readonly #running = new Set<Task>();
  readonly #cancel: (twin: Task) => void;
  #whenGone: (() => void) | undefined;

  /** @param cancel ends a run, which is then removed */
  constructor(cancel: (twin: Task) => void) {
    this.#cancel = cancel;
  }

  get areUnderWay(): boolean {
    return this.#running.size > 0;
  }

  add(twin: Task): void {
    this.#running.add(twin);
  }

  drop(twin: Task): void {
    this.#running.delete(twin);
  }

  remove(twin: Task): void {
    this.#running.delete(twin);
    if (this.#running.size > 0) return;
    const callback = this.#whenGone;
    this.#whenGone = undefined;
    callback?.();
  }

  taskSettled(): void {
    this.#whenGone = undefined;
    for (const twin of [...this.#running]) this.#cancel(twin);
  }

  whenGone(callback: () => void): boolean {
    if (this.#running.size === 0) return false;
    this.#whenGone = callback;
    return true;
  }
}
