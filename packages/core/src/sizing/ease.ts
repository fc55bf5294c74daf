import type { SizingSample } from './sample.js';

/**
 * Whether waiting tasks slow each other down in what they all wait for. Tasks may take longer than at their best for other
 * reasons, too. They may be different tasks, or what they wait for may have become slower. Then a lower concurrency would
 * only lower the work rate. A trial with fewer tasks at once tells the two apart: only what tasks do to each other goes away.
 */
export interface Ease {
  /** Inflation of the tasks' times against their best that is not their own doing. */
  readonly usual: number;
  /** The trial of fewer tasks at once that is under way. */
  readonly cut: Cut | undefined;
}

interface Cut {
  readonly concurrency: number;
  readonly inflation: number;
  readonly atMs: number;
}

export const AT_EASE: Ease = { usual: 1, cut: undefined };

/**
 * With fewer ended tasks than this, a tick says little about how long they take. Where times differ as much as their mean,
 * the mean of ten has a standard error of 32 %. That is below the slowdown that counts (targets.ts). Of five it has 45 %,
 * about as much. Simulated runs do not change with half or double.
 */
export const ENOUGH_ENDED = 10;
/**
 * With too few ended tasks, a trial has no answer by then. It holds concurrency at half of what it was, or more. At double the
 * time, that lasts longer. At half, there is no answer where tasks of some seconds end in bursts.
 */
const MOST_LOOK_MS = 10_000;

/** Slowdown of tasks as a multiple of their usual time; 1 while it is too early to say. */
export function slowdown({ usual, cut }: Ease, { inflation, ended }: SizingSample): number {
  return cut !== undefined || ended < ENOUGH_ENDED ? 1 : inflation / usual;
}

/** Takes in one tick. @param least fewest tasks at once in each worker that the limits allow */
export function see(ease: Ease, sample: SizingSample, least: number): Ease {
  const { nowMs, elapsedMs, ended, handlerMs, inflation, concurrency } = sample;
  if (ended < ENOUGH_ENDED) {
    const isOverdue = ease.cut !== undefined && nowMs - ease.cut.atMs >= MOST_LOOK_MS;
    return isOverdue ? { ...ease, cut: undefined } : ease;
  }
  // At the lowest concurrency allowed, the time that tasks take is the usual one.
  if (concurrency <= least) return { usual: Math.max(1, inflation), cut: undefined };
  const usual = Math.max(1, Math.min(ease.usual, inflation));
  const { cut } = ease;
  if (cut === undefined) return { usual, cut };
  // Tasks that began before the cut must end before the tick begins.
  if (nowMs - elapsedMs <= cut.atMs + handlerMs / ended) return { usual, cut };
  // Tasks slow each other down if their times fell by at least half of what the cut could bring.
  const fewer = concurrency / cut.concurrency;
  const isTheirOwn = inflation / cut.inflation <= (1 + fewer) / 2;
  return { usual: isTheirOwn ? usual : Math.max(1, inflation), cut: undefined };
}

/** Begins a trial with fewer tasks at once. */
export function fewerFrom(ease: Ease, { inflation, nowMs, concurrency }: SizingSample): Ease {
  return { ...ease, cut: { concurrency, inflation, atMs: nowMs } };
}
