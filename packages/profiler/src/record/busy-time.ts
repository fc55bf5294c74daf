// Past this many stretches the older half is made coarser. 256 stretches are 6 KB per worker.
const MAX_STRETCHES = 256;

/**
 * Time during which at least one of many intervals was open: their union, in one pass and bounded memory.
 *
 * With several tasks at once in a worker the intervals overlap. They arrive in the order of their ends, so a long one comes
 * after the short ones that it covers. Hence the covered stretches are kept in order of time, and a late interval
 * fills the gaps between them. The result does not depend on the order of arrival up to 256 separate stretches.
 * Beyond that, neighbours among the older half are merged into one, with its length and the covered part of it. Only an
 * interval that begins or ends inside a merged stretch is estimated. The covered time then counts as spread evenly.
 */
export class BusyTime {
  /** Gets each stretch that was not covered before. */
  readonly #onCovered: ((fromMs: number, toMs: number) => void) | undefined;
  readonly #starts = new Float64Array(MAX_STRETCHES);
  readonly #ends = new Float64Array(MAX_STRETCHES);
  /** Covered milliseconds of each stretch; its whole length unless it was merged. */
  readonly #covered = new Float64Array(MAX_STRETCHES);
  #size = 0;
  #totalMs = 0;

  constructor(onCovered?: (fromMs: number, toMs: number) => void) {
    this.#onCovered = onCovered;
  }

  /** Milliseconds during which at least one interval was open. */
  get totalMs(): number {
    return this.#totalMs;
  }

  /** Adds one interval. One that ends before it starts, or has a NaN, adds nothing. */
  add(startMs: number, endMs: number): void {
    if (!(endMs > startMs)) return;
    const size = this.#size;
    const lastEnd = size === 0 ? -Infinity : (this.#ends[size - 1] ?? 0);
    // The usual cases: it begins after everything known, or with the end of the task before.
    if (startMs >= lastEnd) {
      this.#onCovered?.(startMs, endMs);
      if (startMs > lastEnd) this.#insert(size, startMs, endMs, endMs - startMs);
      else this.#extendLast(endMs, endMs - startMs);
    } else if (endMs > lastEnd && startMs >= (this.#starts[size - 1] ?? 0)) {
      // It goes on where the last one ended, which covers its beginning: the last stretch is exact.
      this.#onCovered?.(lastEnd, endMs);
      this.#extendLast(endMs, endMs - lastEnd);
    } else if (endMs > lastEnd || startMs < (this.#starts[size - 1] ?? 0)) this.#absorb(startMs, endMs);
  }

  #extendLast(endMs: number, byMs: number): void {
    const last = this.#size - 1;
    this.#ends[last] = endMs;
    this.#covered[last] = (this.#covered[last] ?? 0) + byMs;
    this.#totalMs += byMs;
  }

  /** Merges the interval with every stretch that it touches. */
  #absorb(startMs: number, endMs: number): void {
    let last = this.#size;
    while (last > 0 && (this.#starts[last - 1] ?? 0) > endMs) last--;
    let first = last;
    let start = startMs;
    let end = endMs;
    let covered = endMs - startMs;
    let openTo = endMs;
    while (first > 0 && (this.#ends[first - 1] ?? 0) >= startMs) {
      first--;
      const stretchStart = this.#starts[first] ?? 0;
      const stretchEnd = this.#ends[first] ?? 0;
      const outside = Math.max(0, startMs - stretchStart) + Math.max(0, stretchEnd - endMs);
      covered += (this.#covered[first] ?? 0) * (outside / (stretchEnd - stretchStart));
      if (openTo > stretchEnd) this.#onCovered?.(stretchEnd, openTo);
      openTo = Math.min(openTo, stretchStart);
      start = Math.min(start, stretchStart);
      end = Math.max(end, stretchEnd);
    }
    if (openTo > startMs) this.#onCovered?.(startMs, openTo);
    this.#remove(first, last);
    this.#insert(first, start, end, covered);
  }

  #remove(from: number, to: number): void {
    for (let i = from; i < to; i++) this.#totalMs -= this.#covered[i] ?? 0;
    if (to > from) this.#shift(to, from - to);
  }

  #insert(at: number, start: number, end: number, covered: number): void {
    if (at < this.#size) this.#shift(at, 1);
    else this.#size++;
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.#covered[at] = covered;
    this.#totalMs += covered;
    if (this.#size === MAX_STRETCHES) this.#coarsen();
  }

  /** Moves everything from index `from` on by `by` places. */
  #shift(from: number, by: number): void {
    for (const column of [this.#starts, this.#ends, this.#covered]) column.copyWithin(from + by, from, this.#size);
    this.#size += by;
  }

  /** Merges the older half in pairs. Old stretches become coarse, recent ones stay exact. */
  #coarsen(): void {
    const half = MAX_STRETCHES / 2;
    for (let i = 0; i < half / 2; i++) {
      this.#starts[i] = this.#starts[2 * i] ?? 0;
      this.#ends[i] = this.#ends[2 * i + 1] ?? 0;
      this.#covered[i] = (this.#covered[2 * i] ?? 0) + (this.#covered[2 * i + 1] ?? 0);
    }
    this.#shift(half, -half / 2);
  }
}
