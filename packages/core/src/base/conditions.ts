import { type Deferred, deferred } from './deferred.js';

/** Promises for conditions over state that changes elsewhere: the code that changes it calls `check`. */
export class Conditions {
  /** One promise per function: callers that wait for the same function add nothing to the cost of a check. */
  readonly #waiting = new Map<() => boolean, Deferred<void>>();

  /** Resolves as soon as a check finds the condition true; at once if it is. Rejects if the condition throws. */
  until(condition: () => boolean): Promise<void> {
    let wait = this.#waiting.get(condition);
    if (wait === undefined) this.#waiting.set(condition, (wait = deferred<void>()));
    this.#look(condition, wait);
    return wait.promise;
  }

  check(): void {
    if (this.#waiting.size === 0) return;
    for (const [condition, wait] of this.#waiting) this.#look(condition, wait);
  }

  #look(condition: () => boolean, wait: Deferred<void>): void {
    try {
      if (!condition()) return;
      wait.resolve();
    } catch (error) {
      wait.reject(error);
    }
    this.#waiting.delete(condition);
  }
}
