import type { SizingSample } from './sample.js';

/**
 * Whether tasks that wait slow each other down in what they all wait for. Against their best, tasks may also take longer
 * because they are other tasks, or because what they wait for has become slower by itself: then fewer at once would only
 * do less. Which of the two it is shows when there are fewer: only what they did to each other goes away with them.
 */
export interface Ease {
  /** Inflation of their times, against their best, that is not their own doing. */
  readonly usual: number;
  /** There are fewer at once, to see whether that helps. */
  readonly cut: Cut | undefined;
}

interface Cut {
  readonly concurrency: number;
  readonly inflation: number;
  readonly atMs: number;
}

export const AT_EASE: Ease = { usual: 1, cut: undefined };

/** Fewer tasks in a tick say little of how long they take. */
const ENOUGH_ENDED = 10;
const LEAST_LOOK_MS = 500;
/** Tasks that began before the cut end first. */
const LOOK_TASKS = 2;

/** How many times as long as usual tasks take; 1 while it is too early to tell. */
export function slowdown({ usual, cut }: Ease, { inflation, ended }: SizingSample): number {
  return cut !== undefined || ended < ENOUGH_ENDED ? 1 : inflation / usual;
}

/** Takes a tick in. @param least number of tasks at once in each worker that the limits allow */
export function see(ease: Ease, sample: SizingSample, least: number): Ease {
  const { nowMs, ended, handlerMs, inflation, concurrency } = sample;
  if (ended < ENOUGH_ENDED) return ease;
  // What they take when there are as few as may be is usual.
  if (concurrency <= least) return { usual: Math.max(1, inflation), cut: undefined };
  const usual = Math.max(1, Math.min(ease.usual, inflation));
  const { cut } = ease;
  if (cut === undefined) return { usual, cut };
  if (nowMs - cut.atMs < Math.max(LEAST_LOOK_MS, (LOOK_TASKS * handlerMs) / ended)) return { usual, cut };
  // Less than half of what fewer tasks would have brought.
  const fewer = concurrency / cut.concurrency;
  const isTheirOwn = inflation / cut.inflation <= (1 + fewer) / 2;
  return { usual: isTheirOwn ? usual : Math.max(1, inflation), cut: undefined };
}

/** There will be fewer at once from now on. */
export function fewerFrom(ease: Ease, { inflation, nowMs, concurrency }: SizingSample): Ease {
  return { ...ease, cut: { concurrency, inflation, atMs: nowMs } };
}
