/**
 * Longest wait of a result for others, ms. A frame costs both sides some 50 µs in all. Where all cores are busy, its arrival also
 * takes a core from a worker. After 4 ms of silence the parent looks into the log by itself (dispatch/log-watch.ts). A longer
 * wait would save nothing.
 */
const BATCH_WAIT_MS = 4;
/** Shortest wait, ms: five times the price of a frame. Without it the last results of a frame would leave one by one. */
const LEAST_WAIT_MS = 0.25;
/**
 * Work that is left here when results leave, ms, so that the parent sends more before this worker runs dry. Equals the parent's
 * prefetch while a core is free when it needs one (dispatch/prefetch.ts).
 */
const REFILL_MS = 1;

/**
 * Time for which results wait for one another, from the first of them on, ms. A frame leaves when half of the work here is done. The
 * parent sends more while the other half runs. While more tasks wait in the parent, results gather until just enough work is left
 * for a refill.
 * @param ageMs time that the first of them has waited
 * @param leftMs work that waits in this worker
 * @param hasMore whether more tasks wait in the parent
 */
export function batchWaitMs(ageMs: number, leftMs: number, hasMore: boolean): number {
  const half = (leftMs - ageMs) / 2;
  const waitMs = ageMs + (hasMore ? Math.max(half, leftMs - REFILL_MS) : half);
  return Math.min(Math.max(waitMs, LEAST_WAIT_MS), BATCH_WAIT_MS);
}

/**
 * The length from which a task is long, ms: with its result, all results leave. A short task that loses its core on a busy machine
 * takes some milliseconds. A task of REFILL_MS is therefore long only if nothing more waits.
 */
export function longTaskMs(waitMs: number, hasMore: boolean): number {
  return hasMore ? waitMs : Math.min(waitMs, REFILL_MS);
}
