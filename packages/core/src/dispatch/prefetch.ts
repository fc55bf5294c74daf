/**
 * Work sent ahead of a worker's running tasks at first, and at most. A millisecond is enough while the parent has a core
 * when it needs one. On a machine whose cores are all busy with workers it may have to wait some milliseconds for its turn;
 * see `nextPrefetchMs`.
 */
export const PREFETCH_MS = 1;
/** A worker with tasks that has answered for none in this time may stand still: it gets no company, and loses what it has not begun. */
export const STANDSTILL_MS = 3;
const MOST_PREFETCH_MS = 16;
/** See `worthPrefetchingMs`. */
const BACKLOG_PREFETCH_MS = 8;
const MOST_PREFETCHED = 512;
/** How much of what is above PREFETCH_MS is given up with every frame that the worker did not wait for. */
const DECAY = 0.02;

/** What the decision needs to see of a worker. */
export interface WorkerView {
  /** Tasks in flight. */
  readonly inFlight: number;
  /** Execution time expected of them, ms. */
  readonly expectedMs: number;
  /** Tasks it may still be given; what is ahead of it counts as given. */
  readonly tasksLeft: number;
}

/**
 * How much work to send ahead to a worker that has just answered: twice as much as before when it had run dry with tasks
 * waiting, else a little less.
 */
export function nextPrefetchMs(prefetchMs: number, ranDry: boolean): number {
  return ranDry ? Math.min(prefetchMs * 2, MOST_PREFETCH_MS) : prefetchMs - (prefetchMs - PREFETCH_MS) * DECAY;
}

/**
 * The least work worth sending ahead, by the number of tasks that wait for each worker: an eighth of their work, up to
 * BACKLOG_PREFETCH_MS. No task waits longer for it than it would anyway, and tasks sent and answered together cost less.
 */
export function worthPrefetchingMs(waiting: number, typicalMs: number): number {
  return Math.min(Math.max((waiting * typicalMs) / 8, PREFETCH_MS), BACKLOG_PREFETCH_MS);
}

/**
 * How many more tasks of an expected execution time a worker may take, running and ahead together.
 * @param prefetch 'auto', or how many tasks may be ahead
 * @param expectedMs execution time expected of each task
 * @param prefetchMs work worth sending ahead to it, ms: see `nextPrefetchMs` and `worthPrefetchingMs`
 */
export function roomFor(
  worker: WorkerView,
  concurrency: number,
  prefetch: 'auto' | number,
  expectedMs: number,
  prefetchMs = PREFETCH_MS,
): number {
  return Math.min(worker.tasksLeft, roomByWork(worker, concurrency, prefetch, expectedMs, prefetchMs));
}

function roomByWork(
  worker: WorkerView,
  concurrency: number,
  prefetch: 'auto' | number,
  expectedMs: number,
  prefetchMs: number,
): number {
  const places = Math.max(0, concurrency - worker.inFlight);
  if (prefetch !== 'auto') return Math.max(0, concurrency + prefetch - worker.inFlight);
  const byTime = Math.floor((prefetchMs - worker.expectedMs) / Math.max(expectedMs, 1e-4));
  const byCount = concurrency + MOST_PREFETCHED - worker.inFlight;
  return Math.max(places, Math.min(byTime, byCount));
}

/** How many tasks keep one worker busy: those running, and those worth sending ahead. */
export function depth(concurrency: number, prefetch: 'auto' | number, expectedMs: number): number {
  const idle = { inFlight: 0, expectedMs: 0, tasksLeft: Infinity };
  return roomFor(idle, concurrency, prefetch, expectedMs, MOST_PREFETCH_MS / 2);
}
