import type { SizingSample } from './sample.js';

/** Readings of a rate: their number, mean, and sum of squared distances from it (Welford). */
export interface Rate {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
  /** Data for the next reading. */
  readonly ended: number;
  readonly workMs: number;
  readonly elapsedMs: number;
}

export const NO_RATE: Rate = { count: 0, mean: 0, squares: 0, ended: 0, workMs: 0, elapsedMs: 0 };

/**
 * Ended tasks per worker that make a reading. The value is 1 ÷ 0.15, as in .NET's thread pool, over the four readings of a
 * verdict. With fewer, a reading is mostly noise: which tasks happened to end in time. Four
 * times as many cost 8 % of the work of one of eight loads on 4 simulated cores.
 */
const ENDED_PER_WORKER = 1.7;

/** Adds the work of a tick. Every few ticks, when enough tasks have ended, that makes a reading. */
export function addWork(rate: Rate, { ended, workMs, elapsedMs, ready }: SizingSample): Rate {
  const next = {
    ...rate,
    ended: rate.ended + ended,
    workMs: rate.workMs + workMs,
    elapsedMs: rate.elapsedMs + elapsedMs,
  };
  if (next.elapsedMs <= 0 || next.ended < ENDED_PER_WORKER * ready) return next;
  return addReading(next, next.workMs / next.elapsedMs);
}

function addReading({ count, mean, squares }: Rate, reading: number): Rate {
  const distance = reading - mean;
  const nextMean = mean + distance / (count + 1);
  return {
    ...NO_RATE,
    count: count + 1,
    mean: nextMean,
    squares: squares + distance * (reading - nextMean),
  };
}

/** Standard error of the mean; Infinity for fewer than two readings. */
export function standardError({ count, squares }: Rate): number {
  return count < 2 ? Infinity : Math.sqrt(squares / (count - 1) / count);
}
