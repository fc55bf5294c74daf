import { addWork, NO_RATE, type Rate, standardError } from './rate.js';
import type { SizingSample } from './sample.js';

/**
 * A number of workers on trial: does the work rate follow? A difference counts when it is several times the noise. A worker is
 * worth its place when it adds 15 % of what workers add without any limit.
 *
 * Figures below are of bench/simulate/sweep.mjs, for 4 cores. Work is that of the worst of eight loads.
 */
export interface Trial {
  readonly from: number;
  readonly to: number;
  /** Work rate with `from` workers. */
  readonly before: Rate;
  readonly after: Rate;
  /** Fewer readings than this do not end the trial. */
  readonly leastReadings: number;
  /** Ticks that do not count, while workers get up to speed and queues fill. */
  readonly settling: number;
  /** Ticks without enough to do, and ticks with workers missing. */
  readonly dry: number;
  readonly short: number;
}

export type Verdict = 'goOn' | 'keep' | 'revert' | 'unclear';

/** The bias of .NET's thread pool (PortableThreadPool.HillClimbing). Four times as much costs 12 % of the work, a quarter none. */
const WORTH = 0.15;
/**
 * Multiple of the standard errors that is no noise; 2 of them are 95 % of a normal distribution. Four times as much costs 8 %
 * of the work.
 */
const NOISE = 2;
/**
 * Loss that the number of workers cannot explain. Without it, 32 workers for tasks that block no more stay for over 5 s. At a
 * quarter, hardly any trial has a verdict, which costs 17 % of the work.
 */
const FAR = 1.5;
/**
 * Most readings of a trial whose answer noise hides, as a multiple of the least number. A gain hidden by noise counts as none,
 * and so does a loss. Four times as many cost 20 % of the work.
 */
const MOST_TIMES = 3;
/** In this tick, tasks of before still end. Four of them cost 6 % of the work. */
const SETTLING_TICKS = 1;
/** Most ticks without enough to do, 3 s; after them nothing can be learned. No simulated load runs out of tasks in a trial. */
const MOST_DRY = 12;
/** Most ticks with workers missing. They are 30 s, the default of `startTimeoutMs`. */
const MOST_SHORT = 120;

export function startTrial(from: number, to: number, before: Rate, leastReadings: number): Trial {
  return { from, to, before, after: NO_RATE, leastReadings, settling: SETTLING_TICKS, dry: 0, short: 0 };
}

/** Adds a tick. @param isFull all of `to` were ready, and had enough to do */
export function addToTrial(trial: Trial, sample: SizingSample, isFull: boolean): Trial {
  if (sample.starting > 0 || sample.ready < trial.to) return { ...trial, short: trial.short + 1 };
  if (!isFull) return { ...trial, dry: trial.dry + 1 };
  if (trial.settling > 0) return { ...trial, settling: trial.settling - 1 };
  return { ...trial, after: addWork(trial.after, sample) };
}

/** Whether the number of workers cannot explain the loss of work, so that the tasks must have changed. */
export function isOfOtherTasks({ from, to, before, after, leastReadings }: Trial): boolean {
  return after.count >= leastReadings && after.mean * FAR < before.mean * Math.min(1, to / from);
}

/** Whether more work was done, beyond noise. */
export function gained({ before, after }: Trial): boolean {
  return after.mean - before.mean > NOISE * (standardError(before) + standardError(after));
}

/**
 * More workers stay when they bring enough. Fewer stay when no relevant work is lost. Where there was too little to do, no
 * verdict is possible.
 */
export function judge({ from, to, before, after, leastReadings, dry, short }: Trial): Verdict {
  if (short > MOST_SHORT) return 'revert';
  if (dry > MOST_DRY) return 'unclear';
  if (after.count < leastReadings) return 'goOn';
  const base = Math.max(before.mean, 1e-9);
  const change = (after.mean - before.mean) / base;
  const noise = (NOISE * (standardError(before) + standardError(after))) / base;
  const worth = WORTH * Math.abs(to / from - 1);
  const isLong = after.count >= leastReadings * MOST_TIMES;
  if (to > from) {
    if (change > worth && change > noise) return 'keep';
    return change < worth - noise || isLong ? 'revert' : 'goOn';
  }
  if (change < -worth && -change > noise) return 'revert';
  if (change > noise - worth) return 'keep';
  if (!isLong) return 'goOn';
  return change > -worth ? 'keep' : 'revert';
}
