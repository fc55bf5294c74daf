import { median, quantile } from './quantile.js';

/** Most pairs that are looked at; a longer series is thinned evenly. */
const MOST_POINTS = 300;

/** Slope of a line through points, as the median of all pairs: outliers do not move it. With its 95 % interval. (Theil, Sen 1968) */
export function theilSen(
  x: readonly number[],
  y: readonly number[],
): { slope: number; intercept: number; low: number; high: number } {
  const step = Math.max(1, Math.ceil(x.length / MOST_POINTS));
  const kept = x.map((_, i) => i).filter((i) => i % step === 0);
  const slopes: number[] = [];
  for (const [place, i] of kept.entries()) {
    for (const j of kept.slice(place + 1)) {
      const dx = (x[j] ?? 0) - (x[i] ?? 0);
      if (dx !== 0) slopes.push(((y[j] ?? 0) - (y[i] ?? 0)) / dx);
    }
  }
  if (slopes.length === 0) return { slope: 0, intercept: median(y), low: 0, high: 0 };
  const slope = median(slopes);
  const intercept = median(kept.map((i) => (y[i] ?? 0) - slope * (x[i] ?? 0)));
  // Kendall's variance of the number of rising pairs gives the ranks of the interval.
  const n = kept.length;
  const spread = 1.96 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const rank = Math.min(1, spread / slopes.length) / 2;
  return { slope, intercept, low: quantile(slopes, 0.5 - rank), high: quantile(slopes, 0.5 + rank) };
}
