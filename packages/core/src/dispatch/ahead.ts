/** Work sent ahead of a worker's running tasks: enough that it never waits for the next frame, little enough that a
 * task behind it waits about a millisecond. */
const AHEAD_MS = 1;
const MAX_AHEAD = 512;

/** What the decision needs to see of a worker. */
export interface WorkerView {
  /** Tasks in hand. */
  readonly load: number;
  /** Execution time expected of them, ms. */
  readonly expectedMs: number;
}

/**
 * How many more tasks of an expected execution time a worker may take, running and ahead together.
 * @param prefetch 'auto', or how many tasks may be ahead
 * @param expectedMs execution time expected of each task
 */
export function roomFor(
  worker: WorkerView,
  concurrency: number,
  prefetch: 'auto' | number,
  expectedMs: number,
): number {
  const places = Math.max(0, concurrency - worker.load);
  if (prefetch !== 'auto') return Math.max(0, concurrency + prefetch - worker.load);
  const byTime = Math.floor((AHEAD_MS - worker.expectedMs) / Math.max(expectedMs, 1e-4));
  const byCount = concurrency + MAX_AHEAD - worker.load;
  return Math.max(places, Math.min(byTime, byCount));
}

/** How many tasks keep one worker busy: those running, and those worth sending ahead. */
export function depth(concurrency: number, prefetch: 'auto' | number, expectedMs: number): number {
  return roomFor({ load: 0, expectedMs: 0 }, concurrency, prefetch, expectedMs);
}
