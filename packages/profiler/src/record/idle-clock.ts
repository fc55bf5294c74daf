import type { IdlePhase } from '@millpond/core';

/** Reasons of idleness, in the order of the columns. */
export const IDLE_PHASES = [
  'noWork',
  'notParallel',
  'starved',
  'limited',
  'paused',
] as const satisfies readonly IdlePhase[];
const COLUMNS = IDLE_PHASES.length;

// A point is 48 bytes, so a clock is 200 KB.
const MOST_POINTS = 4096;

/**
 * How long a pool has been in each phase, up to any moment. Sums rise, so the time in each phase within an interval is the
 * difference of two readings. Readings are exact up to 4,096 changes back. Of older changes every second one is forgotten, again and
 * again, and readings between two known ones are interpolated.
 */
export class IdleClock {
  readonly #atMs = new Float64Array(MOST_POINTS);
  readonly #sums = new Float64Array(MOST_POINTS * COLUMNS);
  #points = 1;
  #phase: number;
  /** Whether changes have been forgotten. */
  isCoarse = false;

  constructor(phase: IdlePhase, atMs: number) {
    this.#phase = IDLE_PHASES.indexOf(phase);
    this.#atMs[0] = atMs;
  }

  /** Notes a change. One that lies before the last one counts as simultaneous. */
  change(phase: IdlePhase, atMs: number): void {
    if (this.#points === MOST_POINTS) this.#forget();
    const last = this.#points - 1;
    const now = Math.max(atMs, this.#atMs[last] ?? 0);
    this.#readAt(last, now, this.#sums, this.#points * COLUMNS);
    this.#atMs[this.#points++] = now;
    this.#phase = IDLE_PHASES.indexOf(phase);
  }

  /** Adds the time in each phase from one moment to another to `into`, in the order of IDLE_PHASES, times `sign`. */
  addTo(into: Float64Array, fromMs: number, toMs: number, sign = 1): void {
    if (!(toMs > fromMs)) return;
    const from = this.#reading(fromMs, FROM);
    const to = this.#reading(toMs, TO);
    for (let i = 0; i < COLUMNS; i++) into[i] = (into[i] ?? 0) + sign * ((to[i] ?? 0) - (from[i] ?? 0));
  }

  #reading(atMs: number, into: Float64Array): Float64Array {
    const first = this.#atMs[0] ?? 0;
    if (atMs <= first) {
      // Before the beginning nothing is known but the first phase.
      into.fill(0);
      const known = this.#firstPhase();
      into[known] = atMs - first;
      return into;
    }
    let low = 0;
    let high = this.#points - 1;
    // Most readings concern the last moments.
    if (atMs >= (this.#atMs[high] ?? 0)) low = high;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#atMs[middle] ?? 0) <= atMs) low = middle;
      else high = middle - 1;
    }
    this.#readAt(low, atMs, into, 0);
    return into;
  }

  /** Writes the sums at a moment between point `index` and the next one. */
  #readAt(index: number, atMs: number, into: Float64Array, at: number): void {
    const begin = this.#atMs[index] ?? 0;
    const base = index * COLUMNS;
    for (let i = 0; i < COLUMNS; i++) into[at + i] = this.#sums[base + i] ?? 0;
    if (index === this.#points - 1) {
      into[at + this.#phase] = (into[at + this.#phase] ?? 0) + atMs - begin;
      return;
    }
    const share = (atMs - begin) / Math.max(1e-9, (this.#atMs[index + 1] ?? 0) - begin);
    for (let i = 0; i < COLUMNS; i++) {
      const grown = (this.#sums[base + COLUMNS + i] ?? 0) - (this.#sums[base + i] ?? 0);
      into[at + i] = (into[at + i] ?? 0) + share * grown;
    }
  }

  #firstPhase(): number {
    if (this.#points === 1) return this.#phase;
    for (let i = 0; i < COLUMNS; i++) if ((this.#sums[COLUMNS + i] ?? 0) > 0) return i;
    return this.#phase;
  }

  /** Forgets every second point of the older half. */
  #forget(): void {
    this.isCoarse = true;
    const half = MOST_POINTS / 2;
    for (let i = 1; i < half / 2; i++) this.#copy(2 * i, i);
    for (let i = half; i < MOST_POINTS; i++) this.#copy(i, i - half / 2);
    this.#points = MOST_POINTS - half / 2;
  }

  #copy(from: number, to: number): void {
    this.#atMs[to] = this.#atMs[from] ?? 0;
    this.#sums.copyWithin(to * COLUMNS, from * COLUMNS, (from + 1) * COLUMNS);
  }
}

// Two readings at a time, without an object each.
const FROM = new Float64Array(COLUMNS);
const TO = new Float64Array(COLUMNS);
