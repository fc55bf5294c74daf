import { deferred, type Deferred } from './deferred.js';

/** Promises for conditions over state that changes elsewhere: the code that changes it calls `check`. */
export class Conditions {
  readonly #waiting = new Map<Deferred<void>, () => boolean>();

  /** Resolves as soon as a check finds the condition true; at once if it is. A condition that throws rejects. */
  until(condition: () => boolean): Promise<void> {
    const wait = deferred<void>();
    this.#waiting.set(wait, condition);
    this.check();
    return wait.promise;
  }

  check(): void {
    if (this.#waiting.size === 0) return;
    for (const [wait, condition] of this.#waiting) {
      try {
        if (!condition()) continue;
        wait.resolve();
      } catch (error) {
        wait.reject(error);
      }
      this.#waiting.delete(wait);
    }
  }
}
