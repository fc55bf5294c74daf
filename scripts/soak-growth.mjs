// Tells growth from noise in the readings that the soak takes.

/** Readings that a slope needs. With fewer, one odd reading at an end moves its least value. */
const LEAST_READINGS = 6;
/** Quantile of the normal distribution. The `least` slope of mere noise is above 0 in 1 of 40 series. */
const QUANTILE = 1.96;

/**
 * The slope of a series by the estimator of Theil and Sen. That is the median of the slopes between all pairs of points. A quarter of
 * odd points does not move it. `least` is the lower end of its interval by Sen. It rests on Kendall's S, whose spread is known
 * for a series without any slope.
 * @param points `{ atMs, value }`, the oldest first
 * @returns both by the minute, and the minutes from the first point to the last; undefined for too few points
 */
export function slopeOf(points) {
  const count = points.length;
  if (count < LEAST_READINGS) return undefined;
  const slopes = points
    .flatMap((a, at) => points.slice(at + 1).map((b) => ((b.value - a.value) / (b.atMs - a.atMs)) * 60_000))
    .sort((a, b) => a - b);
  const spread = Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const below = Math.floor((slopes.length - QUANTILE * spread) / 2) - 1;
  return {
    perMinute: slopes[Math.floor(slopes.length / 2)],
    least: slopes[Math.max(0, below)],
    minutes: (points[count - 1].atMs - points[0].atMs) / 60_000,
  };
}

/** Whether a series surely grows faster than its limit by the minute, and by more than noise in all. */
export function grows(slope, { perMinute, inAll }) {
  return slope.least > perMinute && slope.perMinute * slope.minutes > inAll;
}
