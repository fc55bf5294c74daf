/** Parts of a window. A tenth of its calls go at a time. A choice. */
const PARTS = 10;

interface Part {
  /** Number of the part since the beginning of time. */
  number: number;
  calls: number;
  failures: number;
  slow: number;
}

/** Calls of the last while, by outcome, in parts that expire one by one. */
export class CallWindow {
  readonly #partMs: number;
  readonly #parts: Part[] = [];

  constructor(windowMs: number) {
    this.#partMs = windowMs / PARTS;
  }

  add(nowMs: number, isFailure: boolean, isSlow: boolean): void {
    const number = Math.floor(nowMs / this.#partMs);
    let part = this.#parts.at(-1);
    if (part === undefined || part.number < number) {
      part = { number, calls: 0, failures: 0, slow: 0 };
      this.#parts.push(part);
      if (this.#parts.length > PARTS) this.#parts.shift();
    }
    part.calls++;
    if (isFailure) part.failures++;
    if (isSlow) part.slow++;
  }

  sum(nowMs: number): { calls: number; failures: number; slow: number } {
    const oldest = Math.floor(nowMs / this.#partMs) - PARTS;
    const sum = { calls: 0, failures: 0, slow: 0 };
    for (const { number, calls, failures, slow } of this.#parts) {
      if (number <= oldest) continue;
      sum.calls += calls;
      sum.failures += failures;
      sum.slow += slow;
    }
    return sum;
  }
}
