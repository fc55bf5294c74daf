// A key takes some 50 bytes.
const MOST_KEYS = 1024;
/** Not yet computed twice. */
const ONCE = 0;

/**
 * Time for inputs that were computed before, by their hashes. Once there are too many keys, every second one goes, by its hash. The others
 * then stand for it, so memory is bounded and the estimate has no bias.
 */
export class Repeats {
  /** Execution of each known key beyond its first one, ms. */
  readonly #repeatedMs = new Map<number, number>();
  /** Keys with any of these bits are not counted. */
  #mask = 0;

  /** @param hash of the input; 0 if it has none */
  add(hash: number, executionMs: number): void {
    if (hash === 0 || (hash & this.#mask) !== 0) return;
    const known = this.#repeatedMs.get(hash);
    if (known !== undefined) this.#repeatedMs.set(hash, known + executionMs);
    else {
      this.#repeatedMs.set(hash, ONCE);
      if (this.#repeatedMs.size > MOST_KEYS) this.#halve();
    }
  }

  /** Distinct inputs, about; null before any input had a hash. */
  get inputs(): number | null {
    const { size } = this.#repeatedMs;
    return size === 0 ? null : size * (this.#mask + 1);
  }

  /** Execution of repeated inputs, ms; null before any input had a hash. */
  get totalMs(): number | null {
    if (this.#repeatedMs.size === 0) return null;
    let sum = 0;
    for (const ms of this.#repeatedMs.values()) sum += ms;
    return sum * (this.#mask + 1);
  }

  #halve(): void {
    this.#mask = this.#mask * 2 + 1;
    for (const hash of this.#repeatedMs.keys()) if ((hash & this.#mask) !== 0) this.#repeatedMs.delete(hash);
  }
}
