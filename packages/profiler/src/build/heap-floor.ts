import type { WorkerReport } from '../model/worker-report.js';

/** Full collections from which on a slope means something. */
const ENOUGH = 5;
/** z of a 95 % interval. */
const Z = 1.96;

/**
 * How the heap after full collections grows. It is the median of the slopes between all pairs of points (Theil 1950, Sen 1968). The
 * bounds are the slopes whose ranks Kendall's variance gives. Null with fewer than five points.
 */
export function heapFloor(points: readonly (readonly [atMs: number, bytes: number])[]): WorkerReport['heapFloor'] {
  const n = points.length;
  if (n < ENOUGH) return null;
  const slopes: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const [from = 0, less = 0] = points[i] ?? [];
      const [to = 0, more = 0] = points[j] ?? [];
      if (to > from) slopes.push(((more - less) / (to - from)) * 1000);
    }
  }
  if (slopes.length === 0) return null;
  slopes.sort((a, b) => a - b);
  const middle = (slopes.length - 1) / 2;
  const reach = (Z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)) / 2;
  const at = (rank: number): number => slopes[Math.max(0, Math.min(slopes.length - 1, Math.round(rank)))] ?? 0;
  return {
    slope: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    low: at(middle - reach),
    high: at(middle + reach),
    points: points.map(([atMs, bytes]) => [atMs, bytes]),
  };
}
