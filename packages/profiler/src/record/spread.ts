/**
 * Amounts of time spread over windows of equal length, for instance the time that tasks waited. A sum over a window, divided by its
 * length, is the mean number of tasks that waited then. An interval costs the same whatever its length.
 *
 * Windows double their length when there are too many of them. The whole windows inside an interval are kept as a difference. That
 * is one step up where they begin, and one down where they end.
 */
export class Spread {
  readonly #parts: Float64Array;
  readonly #steps: Float64Array;

  constructor(windows: number) {
    this.#parts = new Float64Array(windows);
    this.#steps = new Float64Array(windows + 1);
  }

  /** Adds an interval, in units of windows from the first one on: 0 ≤ from ≤ to. Beyond the last window it counts as in that. */
  add(from: number, to: number): void {
    const last = this.#parts.length;
    const begin = Math.min(Math.max(0, from), last);
    const end = Math.min(to, last);
    if (!(end > begin)) return;
    const first = Math.min(Math.floor(begin), last - 1);
    const final = Math.min(Math.floor(end), last - 1);
    if (first === final) {
      this.#parts[first] = (this.#parts[first] ?? 0) + end - begin;
      return;
    }
    this.#parts[first] = (this.#parts[first] ?? 0) + first + 1 - begin;
    this.#parts[final] = (this.#parts[final] ?? 0) + end - final;
    this.#steps[first + 1] = (this.#steps[first + 1] ?? 0) + 1;
    this.#steps[final] = (this.#steps[final] ?? 0) - 1;
  }

  /** Means over the first `count` windows. */
  means(count: number): number[] {
    const all = new Array<number>(count);
    let open = 0;
    for (let i = 0; i < count; i++) {
      open += this.#steps[i] ?? 0;
      all[i] = open + (this.#parts[i] ?? 0);
    }
    return all;
  }

  /** Joins the windows in pairs. */
  halve(): void {
    const means = this.means(this.#parts.length);
    this.#steps.fill(0);
    this.#parts.fill(0);
    for (let i = 0; i < means.length; i++) {
      const at = i >> 1;
      this.#parts[at] = (this.#parts[at] ?? 0) + (means[i] ?? 0) / 2;
    }
  }
}
