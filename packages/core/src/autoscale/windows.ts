import { BUCKETS } from '../base/histogram.js';
import type { WindowStats } from '../contract/window-stats.js';
import { RecentSlices, type WindowRates } from '../task/recent.js';
import { NO_COUNTS, type Slice, takeGrowth } from '../task/slice.js';
import type { RegistryCounts } from '../task/task-registry.js';
import type { TaskType } from '../task/task-type.js';
import { type Keeper, type Pace, SLOW_LOOK_MS } from './heartbeat.js';

export interface WindowsParts {
  now(): number;
  types: Iterable<Pick<TaskType, 'run' | 'total' | 'sharedMs'>>;
  counts(): Readonly<Pick<RegistryCounts, 'completed' | 'failed' | 'cancelled'>>;
  /** Time for which places for tasks have existed, ms. */
  placeMs(): number;
}

/** Totals that grow for as long as the pool lives. */
interface Totals {
  readonly atMs: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly busyMs: number;
  readonly placeMs: number;
}

/**
 * Keeps what a pool did in the last hour, for `stats({ windowMs })`. It takes the differences of totals that are kept anyway, about
 * once a second. So a task pays nothing for it.
 */
export class Windows implements Keeper {
  readonly #parts: WindowsParts;
  readonly #slices = new RecentSlices();
  #cut: Totals;
  #lateMs = 0;
  /** Bucket counts of all names at the last cut, and room for those of now. */
  readonly #total = new Uint32Array(BUCKETS);
  readonly #run = new Uint32Array(BUCKETS);
  readonly #table = new Uint32Array(BUCKETS);

  constructor(parts: WindowsParts) {
    this.#parts = parts;
    this.#cut = { atMs: parts.now(), completed: 0, failed: 0, cancelled: 0, busyMs: 0, placeMs: 0 };
  }

  /** Work begins: the rest before it is a slice of its own. */
  wake(nowMs: number): void {
    this.#cutAt(nowMs);
  }

  tick(nowMs: number, hasWork: boolean, lateMs: number): Pace {
    this.#lateMs = Math.max(this.#lateMs, lateMs);
    if (!hasWork || nowMs - this.#cut.atMs >= SLOW_LOOK_MS) this.#cutAt(nowMs);
    return hasWork ? 'slow' : 'rest';
  }

  stop(): void {
    this.#cutAt(this.#parts.now());
  }

  /** What was done in the latest time of this length. */
  over(windowMs: number): WindowStats {
    const now = this.#totals(this.#parts.now());
    const latest = this.#sliceTo(now, this.#total.slice(), this.#run.slice());
    return this.#slices.since(now.atMs - windowMs, latest);
  }

  /** The same without percentiles. */
  ratesOver(windowMs: number): WindowRates {
    const now = this.#totals(this.#parts.now());
    return this.#slices.ratesSince(now.atMs - windowMs, this.#sliceTo(now));
  }

  #cutAt(nowMs: number): void {
    if (nowMs <= this.#cut.atMs) return;
    const now = this.#totals(nowMs);
    this.#slices.add(this.#sliceTo(now, this.#total, this.#run));
    this.#cut = now;
    this.#lateMs = 0;
  }

  /**
   * What was done since the last cut.
   * @param total counts at the last cut, which become those of now; without it, the slice has no counts
   * @param run likewise
   */
  #sliceTo(now: Totals, total?: Uint32Array, run?: Uint32Array): Slice {
    const before = this.#cut;
    return {
      fromMs: before.atMs,
      toMs: now.atMs,
      completed: now.completed - before.completed,
      failed: now.failed - before.failed,
      cancelled: now.cancelled - before.cancelled,
      busyMs: now.busyMs - before.busyMs,
      placeMs: now.placeMs - before.placeMs,
      lateMs: this.#lateMs,
      total: total === undefined ? NO_COUNTS : takeGrowth(this.#sum('total'), total),
      run: run === undefined ? NO_COUNTS : takeGrowth(this.#sum('run'), run),
    };
  }

  #totals(atMs: number): Totals {
    const { types, counts, placeMs } = this.#parts;
    const { completed, failed, cancelled } = counts();
    let busyMs = 0;
    for (const { run, sharedMs } of types) busyMs += run.sum - sharedMs;
    return { atMs, completed, failed, cancelled, busyMs, placeMs: placeMs() };
  }

  #sum(which: 'run' | 'total'): Uint32Array {
    this.#table.fill(0);
    for (const type of this.#parts.types) type[which].addTo(this.#table);
    return this.#table;
  }
}
