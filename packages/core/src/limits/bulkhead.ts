import type { Grant, RateLimiter } from './rate-limiter.js';

/** Bounds how many calls run at once. Every call costs one place, whatever its cost in other units. */
export class Bulkhead implements RateLimiter {
  readonly endFrees = true;
  readonly #max: number;
  #running = 0;

  constructor(max: number) {
    this.#max = max;
  }

  readyAtMs(_cost: number, nowMs: number, ahead = 0): number {
    return this.#running + ahead < this.#max ? nowMs : Infinity;
  }

  freeAt(): number {
    return this.#max - this.#running;
  }

  take(): Grant {
    this.#running++;
    return { cost: 1, part: undefined };
  }

  ended(): void {
    this.#running--;
  }

  correct(): void {}

  giveBack(): void {
    this.#running--;
  }

  isIdle(): boolean {
    return this.#running === 0;
  }
}
