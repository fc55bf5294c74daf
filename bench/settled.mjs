// When has a pool that sizes itself found its numbers? The same for real pools and for simulated ones.

/** Settled: neither number is further than this from what it comes to. */
const NEAR_SHARE = 0.25;

/**
 * @param ticks `{ atMs, workers, concurrency }`, evenly in time
 * @param perSecond how many of them make a second
 * @param final `{ workers, concurrency }` that they come to
 * @returns from when on both numbers, each second's mean, stay near those
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

/** How many more workers there were at most than in the end, as a share. */
export function overshoot(ticks, { workers }) {
  return Math.max(0, Math.max(...ticks.map((tick) => tick.workers)) / workers - 1);
}

export function mean(list, key) {
  return list.reduce((sum, entry) => sum + entry[key], 0) / list.length;
}
