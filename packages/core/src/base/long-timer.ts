/** The part of a clock that a long timer needs; base/clock.ts imports this file. */
interface Waits {
  now(): number;
  after(delayMs: number, callback: () => void): { cancel(): void };
}

/**
 * A timer for a delay that is longer than its clock can wait at once. It arms itself again until the delay has passed;
 * a delay of Infinity never ends.
 */
export class LongTimer {
  readonly #clock: Waits;
  readonly #longestMs: number;
  readonly #dueAt: number;
  readonly #callback: () => void;
  #piece: ReturnType<Waits['after']>;

  /** @param longestMs the longest delay that `clock.after` can wait */
  constructor(clock: Waits, longestMs: number, delayMs: number, callback: () => void) {
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#dueAt = clock.now() + delayMs;
    this.#callback = callback;
    this.#piece = this.#arm();
  }

  cancel(): void {
    this.#piece.cancel();
  }

  #arm(): ReturnType<Waits['after']> {
    const leftMs = this.#dueAt - this.#clock.now();
    return this.#clock.after(Math.min(leftMs, this.#longestMs), () => this.#look());
  }

  #look(): void {
    if (this.#clock.now() >= this.#dueAt) this.#callback();
    else this.#piece = this.#arm();
  }
}
