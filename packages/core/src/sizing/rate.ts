import type { SizingSample } from './sample.js';

/** Readings of a rate: how many, their mean, and the sum of squared distances from it (Welford). */
export interface Rate {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
  /** Readings in a row, up to the last, that were far from the mean. */
  readonly far: number;
  /** What goes into the next reading. */
  readonly ended: number;
  readonly workMs: number;
  readonly elapsedMs: number;
}

export const NO_RATE: Rate = { count: 0, mean: 0, squares: 0, far: 0, ended: 0, workMs: 0, elapsedMs: 0 };

/**
 * Ended tasks for each worker that make a reading: 1 ÷ 0.15, as .NET's thread pool has it, over the four readings of a
 * verdict. Fewer are mostly the noise of which of them ended in time.
 */
const ENDED_PER_WORKER = 1.7;
/** A reading this many times the mean, or this many times less, is far from it; the mean of fewer than four is none. */
const FAR = 1.5;
const ENOUGH = 4;

/** Adds the work of a tick; every few ticks, when enough tasks have ended, that makes a reading. */
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

function addReading({ count, mean, squares, far }: Rate, reading: number): Rate {
  const distance = reading - mean;
  const isFar = count >= ENOUGH && (reading > mean * FAR || mean > reading * FAR);
  const nextMean = mean + distance / (count + 1);
  return {
    ...NO_RATE,
    count: count + 1,
    mean: nextMean,
    squares: squares + distance * (reading - nextMean),
    far: isFar ? far + 1 : 0,
  };
}

/** Standard error of the mean; Infinity for fewer than two readings. */
export function standardError({ count, squares }: Rate): number {
  return count < 2 ? Infinity : Math.sqrt(squares / (count - 1) / count);
}

/** Whether work goes at another speed than it did: two readings in a row are not noise. */
export function hasTurned({ far }: Rate): boolean {
  return far >= 2;
}
