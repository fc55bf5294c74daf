import { RingQueue } from '../base/ring-queue.js';
import type { WindowStats } from '../contract/window-stats.js';
import { isEmpty, isQuiet, joined, laterPart, percentiles, type Slice } from './slice.js';

/** Slices that are kept as they come, about a second each. */
const SECONDS = 60;
/** Length to which the slices before them are joined. */
const MINUTE_MS = 60_000;
/** Time that all of them cover. */
const KEPT_MS = 60 * MINUTE_MS;

/** A window without percentiles. */
export type WindowRates = Omit<WindowStats, 'totalMs' | 'runMs'>;

/**
 * What a pool did in the last hour. A slice takes 16 bytes for each bucket in which a task ended, some hundred in most. Of the
 * slices before the last minute, any two neighbours are longer than a minute. So there are some 120, whatever the number of tasks.
 */
export class RecentSlices {
  readonly #seconds = new RingQueue<Slice>();
  readonly #minutes = new RingQueue<Slice>();

  /** Adds the slice that follows the last one. */
  add(slice: Slice): void {
    // Hours without a task are one slice, and do not push out what came before.
    if (pushOrJoin(this.#seconds, slice, (last) => isQuiet(last) && isQuiet(slice)) || this.#seconds.size <= SECONDS)
      return;
    const oldest = this.#seconds.shift() as Slice;
    const fits = (last: Slice): boolean => oldest.toMs - last.fromMs <= MINUTE_MS || (isQuiet(last) && isQuiet(oldest));
    pushOrJoin(this.#minutes, oldest, fits);
    while ((this.#minutes.at(0)?.toMs ?? Infinity) <= slice.toMs - KEPT_MS) this.#minutes.shift();
  }

  /**
   * What was done since this time.
   * @param latest what has been done since the last slice
   */
  since(fromMs: number, latest: Slice): WindowStats {
    const slices = [...this.#slicesSince(fromMs, latest)];
    const totalMs = percentiles(slices.map(({ total }) => total));
    return { ...ratesOf(slices), totalMs, runMs: percentiles(slices.map(({ run }) => run)) };
  }

  /** The same without percentiles, which take most of its time. */
  ratesSince(fromMs: number, latest: Slice): WindowRates {
    return ratesOf([...this.#slicesSince(fromMs, latest)]);
  }

  /** The newest first. Of a slice without tasks, only the part since then counts. */
  *#slicesSince(fromMs: number, latest: Slice): Generator<Slice> {
    yield partSince(fromMs, latest);
    for (const slices of [this.#seconds, this.#minutes]) {
      for (let at = slices.size - 1; at >= 0; at--) {
        const slice = slices.at(at) as Slice;
        if (slice.toMs <= fromMs) return;
        yield partSince(fromMs, slice);
      }
    }
  }
}

/** Joins a slice to the last one if it may, else adds it. @returns whether it was joined */
function pushOrJoin(slices: RingQueue<Slice>, slice: Slice, mayJoin: (last: Slice) => boolean): boolean {
  const last = slices.size === 0 ? undefined : slices.at(slices.size - 1);
  if (last === undefined || !mayJoin(last)) {
    slices.push(slice);
    return false;
  }
  slices.set(slices.size - 1, joined(last, slice));
  return true;
}

function partSince(fromMs: number, slice: Slice): Slice {
  return isEmpty(slice) && slice.fromMs < fromMs ? laterPart(slice, fromMs) : slice;
}

function ratesOf(slices: readonly Slice[]): WindowRates {
  const sum = (of: (slice: Slice) => number): number => slices.reduce((total, slice) => total + of(slice), 0);
  const overMs = sum(({ fromMs, toMs }) => toMs - fromMs);
  const completed = sum((slice) => slice.completed);
  const failed = sum((slice) => slice.failed);
  const placeMs = sum((slice) => slice.placeMs);
  const ended = completed + failed;
  return {
    overMs,
    completed,
    failed,
    cancelled: sum((slice) => slice.cancelled),
    throughput: overMs > 0 ? (ended / overMs) * 1000 : 0,
    errorRate: ended > 0 ? failed / ended : 0,
    utilization: placeMs > 0 ? Math.min(1, sum((slice) => slice.busyMs) / placeMs) : 0,
    loopLagMs: slices.reduce((most, { lateMs }) => Math.max(most, lateMs), 0),
  };
}
