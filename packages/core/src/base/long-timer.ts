import type { Clock, Timer } from './clock.js';

/**
 * A timer for a delay that is longer than its clock can wait in one piece. It arms itself again until the time has come;
 * a delay of Infinity never ends.
 */
export class LongTimer implements Timer {
  readonly #clock: Clock;
  readonly #longestMs: number;
  readonly #dueAt: number;
  readonly #callback: () => void;
  #piece: Timer;

  /** @param longestMs the longest delay that `clock.after` can wait */
  constructor(clock: Clock, longestMs: number, delayMs: number, callback: () => void) {
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#dueAt = clock.now() + delayMs;
    this.#callback = callback;
    this.#piece = this.#arm();
  }

  cancel(): void {
    this.#piece.cancel();
  }

  #arm(): Timer {
    const leftMs = this.#dueAt - this.#clock.now();
    return this.#clock.after(Math.min(leftMs, this.#longestMs), () => this.#look());
  }

  #look(): void {
    if (this.#clock.now() >= this.#dueAt) this.#callback();
    else this.#piece = this.#arm();
  }
}
