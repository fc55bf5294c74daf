import { Spread } from './spread.js';

/** Most windows of a curve: more than a screen shows, and few enough to add up quickly. */
const WINDOWS = 600;
const FIRST_WINDOW_MS = 100;

/**
 * The common time axis of the curves of one pool: up to 600 windows from the attach on. Their length doubles whenever the run
 * outgrows them, and all columns are joined in pairs.
 */
export class Windows {
  readonly startMs: number;
  #windowMs = FIRST_WINDOW_MS;
  readonly #columns: Column[] = [];

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  get windowMs(): number {
    return this.#windowMs;
  }

  /** A column of sums: counts, bytes, milliseconds. */
  sums(): SumColumn {
    return this.#add(new SumColumn(this));
  }

  /** A column of means of a number that intervals add to. */
  levels(): LevelColumn {
    return this.#add(new LevelColumn(this));
  }

  /** A column of readings: the last or the largest of each window. */
  readings(kind: 'last' | 'max'): ReadingColumn {
    return this.#add(new ReadingColumn(this, kind));
  }

  /** Position of a moment on the axis, in windows. Makes room for it. */
  at(ms: number): number {
    const sinceMs = Math.max(0, ms - this.startMs);
    while (sinceMs >= WINDOWS * this.#windowMs && this.#windowMs < Number.MAX_SAFE_INTEGER) this.#halve();
    return sinceMs / this.#windowMs;
  }

  /** Number of windows up to a moment, at least one. */
  countTo(ms: number): number {
    return Math.max(1, Math.min(WINDOWS, Math.ceil(this.at(ms))));
  }

  #add<C extends Column>(column: C): C {
    this.#columns.push(column);
    return column;
  }

  #halve(): void {
    this.#windowMs *= 2;
    for (const column of this.#columns) column.halve();
  }
}

interface Column {
  halve(): void;
}

export class SumColumn implements Column {
  readonly #windows: Windows;
  readonly #sums = new Float64Array(WINDOWS);

  constructor(windows: Windows) {
    this.#windows = windows;
  }

  add(atMs: number, amount = 1): void {
    const at = Math.floor(this.#windows.at(atMs));
    this.#sums[at] = (this.#sums[at] ?? 0) + amount;
  }

  /** Adds an amount that came evenly from one moment to another. */
  spread(fromMs: number, toMs: number, amount: number): void {
    const to = this.#windows.at(toMs);
    const from = Math.min(to, this.#windows.at(fromMs));
    if (to === from) return this.add(toMs, amount);
    for (let at = Math.floor(from); at < to; at++) {
      const part = (Math.min(to, at + 1) - Math.max(from, at)) / (to - from);
      this.#sums[at] = (this.#sums[at] ?? 0) + part * amount;
    }
  }

  values(count: number): number[] {
    return Array.from(this.#sums.subarray(0, count));
  }

  halve(): void {
    const { length } = this.#sums;
    for (let i = 0; i < length; i++) {
      this.#sums[i] = 2 * i < length ? (this.#sums[2 * i] ?? 0) + (this.#sums[2 * i + 1] ?? 0) : 0;
    }
  }
}

export class LevelColumn implements Column {
  readonly #windows: Windows;
  readonly #spread = new Spread(WINDOWS);

  constructor(windows: Windows) {
    this.#windows = windows;
  }

  /** Adds one to the number from one moment to another. */
  add(fromMs: number, toMs: number): void {
    if (!(toMs > fromMs)) return;
    // The later one first: it may double the windows.
    const to = this.#windows.at(toMs);
    this.#spread.add(this.#windows.at(fromMs), to);
  }

  values(count: number): number[] {
    return this.#spread.means(count);
  }

  halve(): void {
    this.#spread.halve();
  }
}

export class ReadingColumn implements Column {
  readonly #windows: Windows;
  readonly #kind: 'last' | 'max';
  readonly #values = new Float64Array(WINDOWS).fill(NaN);

  constructor(windows: Windows, kind: 'last' | 'max') {
    this.#windows = windows;
    this.#kind = kind;
  }

  set(atMs: number, value: number): void {
    const at = Math.floor(this.#windows.at(atMs));
    const known = this.#values[at] ?? NaN;
    this.#values[at] = this.#kind === 'max' && known > value ? known : value;
  }

  values(count: number): (number | null)[] {
    return Array.from(this.#values.subarray(0, count), (value) => (Number.isNaN(value) ? null : value));
  }

  halve(): void {
    const { length } = this.#values;
    for (let i = 0; i < length; i++) {
      const [first, second] =
        2 * i < length ? [this.#values[2 * i] ?? NaN, this.#values[2 * i + 1] ?? NaN] : [NaN, NaN];
      if (Number.isNaN(second)) this.#values[i] = first;
      else this.#values[i] = this.#kind === 'max' && first > second ? first : second;
    }
  }
}
