import { callSafely } from '../base/call-safely.js';
import type { Clock, Timer } from '../base/clock.js';
import type { ProgressRules } from '../contract/call-terms.js';

/**
 * Passes values on at a pace: some at once, then the latest at the end of each time. The last one comes before the end. The pace is
 * the generic cell rate algorithm (ITU-T I.371).
 */
export class ProgressPace {
  readonly #rules: ProgressRules;
  readonly #clock: Clock;
  readonly #pass: (value: unknown) => void;
  /** Time at which the pace would be reached if each value so far had come in its turn. */
  #freeAtMs = -Infinity;
  #latest: { readonly value: unknown } | undefined;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(rules: ProgressRules, clock: Clock, pass: (value: unknown) => void) {
    this.#rules = rules;
    this.#clock = clock;
    this.#pass = pass;
  }

  take(value: unknown): void {
    if (this.#isOver) return;
    this.#latest = { value };
    const { everyMs, burst } = this.#rules;
    const leftMs = this.#freeAtMs - (burst > 1 ? (burst - 1) * everyMs : 0) - this.#clock.now();
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
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.now()) + this.#rules.everyMs;
    callSafely(this.#pass, latest.value);
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
