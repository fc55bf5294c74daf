import { clearInterval, setInterval } from '../base/natives.js';

/** The longest delay a timer takes; it never fires within the life of a program. */
const FOREVER_MS = 2 ** 31 - 1;

/**
 * Keeps the program running while there is a reason to. Workers, sockets and ports never do; this one timer stands for all of
 * them. So one place decides that an unused pool does not keep the program alive, and that pending work does.
 */
export class KeepAlive {
  #timer: NodeJS.Timeout | undefined;
  #reasons = 0;
  #isOver = false;

  ref(): void {
    if (this.#reasons++ > 0 || this.#isOver) return;
    this.#timer ??= setInterval(() => {}, FOREVER_MS);
    this.#timer.ref();
  }

  unref(): void {
    if (--this.#reasons === 0) this.#timer?.unref();
  }

  /**
   * Holds until the promise has settled. Returns the same promise, because a caller of `room()` must go on right after its
   * grant. A rejection of it counts as handled.
   */
  during<T>(promise: Promise<T>): Promise<T> {
    this.ref();
    const release = (): void => this.unref();
    void promise.then(release, release);
    return promise;
  }

  /** Holds nothing any more. A promise that a call on an ended pool gives is settled by what has ended it. */
  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
