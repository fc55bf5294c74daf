import { callSafely } from '../base/call-safely.js';
import type { Clock, Timer } from '../base/clock.js';

/** Passes values on at most once in a time: the first at once, then the latest. The last one comes before the end. */
export class ProgressPace {
  readonly #everyMs: number;
  readonly #clock: Clock;
  readonly #pass: (value: unknown) => void;
  /** Time from which the next value is passed on at once. */
  #freeAtMs = -Infinity;
  #latest: { readonly value: unknown } | undefined;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(everyMs: number, clock: Clock, pass: (value: unknown) => void) {
    this.#everyMs = everyMs;
    this.#clock = clock;
    this.#pass = pass;
  }

  take(value: unknown): void {
    if (this.#isOver) return;
    this.#latest = { value };
    const leftMs = this.#freeAtMs - this.#clock.now();
    if (leftMs <= 0) this.#passLatest();
    else this.#timer ??= this.#clock.after(leftMs, () => this.#passLatest());
  }

  /** @param isWanted whether the caller still wants the last value */
  end(isWanted: boolean): void {
    if (isWanted) this.#passLatest();
    this.#isOver = true;
    this.#stopTimer();
  }

  #passLatest(): void {
    this.#stopTimer();
    const latest = this.#latest;
    if (latest === undefined) return;
    this.#latest = undefined;
    this.#freeAtMs = this.#clock.now() + this.#everyMs;
    callSafely(this.#pass, latest.value);
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
