import type { WorkerReport } from '../model/worker-report.js';
import { theilSen } from '../statistics/theil-sen.js';

/** Full collections from which on a slope means something. */
const ENOUGH = 5;
const MS_PER_SECOND = 1000;

/** Growth of the heap after full collections, bytes a second. Null with fewer than five of them. */
export function heapFloor(points: readonly (readonly [atMs: number, bytes: number])[]): WorkerReport['heapFloor'] {
  const seconds = points.map(([atMs]) => atMs / MS_PER_SECOND);
  if (points.length < ENOUGH || new Set(seconds).size < 2) return null;
  const { slope, low, high } = theilSen(
    seconds,
    points.map(([, bytes]) => bytes),
  );
  return { slope, low, high, points: points.map(([atMs, bytes]) => [atMs, bytes]) };
}
