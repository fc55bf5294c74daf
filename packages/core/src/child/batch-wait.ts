import { BATCH_WAIT_MS, PREFETCH_MS } from '../wire/pace.js';

/** Shortest wait, ms: five times the price of a frame. Without it the last results of a frame would leave one by one. */
const LEAST_WAIT_MS = 0.25;

/**
 * Time for which results wait for one another, from the first of them on, ms. A frame leaves when half of the work here is done.
 * The parent sends more while the other half runs. While more tasks wait in the parent, results gather until PREFETCH_MS of work is
 * left. The parent then sends more before this worker runs dry.
 * @param ageMs time that the first of them has waited
 * @param leftMs work that waits in this worker
 * @param hasMore whether more tasks wait in the parent
 */
export function batchWaitMs(ageMs: number, leftMs: number, hasMore: boolean): number {
  const half = (leftMs - ageMs) / 2;
  const waitMs = ageMs + (hasMore ? Math.max(half, leftMs - PREFETCH_MS) : half);
  return Math.min(Math.max(waitMs, LEAST_WAIT_MS), BATCH_WAIT_MS);
}

/**
 * The length from which a task is long, ms: with its result, all results leave. A short task that loses its core on a busy machine
 * takes some milliseconds. A task of PREFETCH_MS is therefore long only if nothing more waits.
 */
export function longTaskMs(waitMs: number, hasMore: boolean): number {
  return hasMore ? waitMs : Math.min(waitMs, PREFETCH_MS);
}
