/**
 * Longest wait of a result for others, ms. A frame costs both sides some 50 µs in all, and its arrival takes a core from a worker
 * wherever all cores are busy. After 4 ms of silence the parent looks into the log by itself (dispatch/log-watch.ts), so a longer
 * wait would save nothing.
 */
const BATCH_WAIT_MS = 4;
/** Shortest wait, ms: five times the price of a frame. Without it the last results of a frame would leave one by one. */
const LEAST_WAIT_MS = 0.25;
/**
 * Work that is left here when results leave, ms, so that the parent sends more before this worker runs dry: as much as it sends
 * ahead where it has a core when it needs one (dispatch/prefetch.ts).
 */
const REFILL_MS = 1;

/**
 * How long a result waits for others to leave with, ms. As long as more tasks wait in the parent, and enough is left here for a
 * refill, results gather. Else they wait as long as the work that is left here takes: a frame leaves when half of what was here is
 * done, and the parent sends more while the other half runs.
 * @param leftMs work that waits in this worker
 * @param hasMore whether more tasks wait in the parent
 */
export function batchWaitMs(leftMs: number, hasMore: boolean): number {
  if (hasMore && leftMs > REFILL_MS) return BATCH_WAIT_MS;
  return Math.min(Math.max(leftMs, LEAST_WAIT_MS), BATCH_WAIT_MS);
}

/**
 * Whether a result is not to wait, given how long its task took, ms. On cores that are all busy, a short task takes some
 * milliseconds when it loses its core; so only where nothing more waits is a task of REFILL_MS taken for a long one.
 */
export function leavesAtOnce(tookMs: number, waitMs: number, hasMore: boolean): boolean {
  return tookMs > (hasMore ? waitMs : Math.min(waitMs, REFILL_MS));
}
