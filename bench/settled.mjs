// When does a pool that sizes itself settle? The same measure for real pools and for simulated ones.

/** Settled: both numbers stay within this share of their final values. */
const NEAR_SHARE = 0.25;

/**
 * @param ticks `{ atMs, workers, concurrency }`, evenly in time
 * @param perSecond ticks in a second
 * @param final `{ workers, concurrency }` at the end
 * @returns the time from which both numbers stay near the final ones, as means of a second
 */
export function settledAt(ticks, perSecond, final) {
  const isNear = (value, goal) => Math.abs(value - goal) <= Math.max(goal * NEAR_SHARE, 1);
  for (let end = ticks.length; end >= perSecond; end--) {
    const second = ticks.slice(end - perSecond, end);
    const isSettled = ['workers', 'concurrency'].every((key) => isNear(mean(second, key), final[key]));
    if (!isSettled) return ticks[end - 1].atMs;
  }
  return 0;
}

/** The most surplus workers over the final number, as a share. */
export function overshoot(ticks, { workers }) {
  return Math.max(0, Math.max(...ticks.map((tick) => tick.workers)) / workers - 1);
}

export function mean(list, key) {
  return list.reduce((sum, entry) => sum + entry[key], 0) / list.length;
}
