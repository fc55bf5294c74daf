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
 * How long results wait for one another, from the first of them on, ms. A frame leaves when half of the work that was here is done,
 * and the parent sends more while the other half runs. Where more tasks wait in the parent, results gather as long as enough
 * is left for a refill.
 * @param ageMs how long the first of them has waited
 * @param leftMs work that waits in this worker
 * @param hasMore whether more tasks wait in the parent
 */
export function batchWaitMs(ageMs: number, leftMs: number, hasMore: boolean): number {
  const half = (leftMs - ageMs) / 2;
  const waitMs = ageMs + (hasMore ? Math.max(half, leftMs - REFILL_MS) : half);
  return Math.min(Math.max(waitMs, LEAST_WAIT_MS), BATCH_WAIT_MS);
}

/**
 * The length from which a task is long, ms: its result has all leave. On cores that are all busy, a short task takes some
 * milliseconds when it loses its core. So only where nothing more waits is a task of REFILL_MS taken for a long one.
 */
export function longTaskMs(waitMs: number, hasMore: boolean): number {
  return hasMore ? waitMs : Math.min(waitMs, REFILL_MS);
}
