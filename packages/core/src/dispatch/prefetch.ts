import { SLOTS } from '../wire/claim-board.js';
import { PREFETCH_MS } from '../wire/pace.js';

/**
 * Silence after which a worker with tasks may be at a standstill. It gets no more tasks, and loses those that have not
 * begun. A healthy worker answers after PREFETCH_MS of work. The rest is for the loss of its core to another thread, some
 * milliseconds. At half, that loss alone would take tasks back. At double, tasks behind a long one wait twice as long.
 */
export const STANDSTILL_MS = 3;
/**
 * Most that a worker learns. If workers keep all cores busy, the parent may wait some time slices of Linux (4 ms) for its
 * turn. Before workers learned, two of them with tasks of 150 µs stood still for two fifths of the time. With this they did
 * so for an eighth.
 */
const MOST_PREFETCH_MS = 16;
/** Most by the number of waiting tasks: half of what a worker may learn by itself. */
const BACKLOG_PREFETCH_MS = MOST_PREFETCH_MS / 2;
/** Most tasks prefetched, however short. A quarter of a board's slots, so that answers free slots before the ring is full. */
const MOST_PREFETCHED = SLOTS / 4;
/**
 * Share of the amount above PREFETCH_MS that is given up with every frame that the worker did not wait for. After 34 such
 * frames half of it is gone, and one dry worker doubles it. So one loss of a core in 34 frames keeps the amount; at double
 * the share, one in 17.
 */
const DECAY = 0.02;

/** The data of a worker that the decision needs. */
export interface WorkerView {
  /** Calls in flight: a batch is one, and any other task is one. */
  readonly calls: number;
  /** Expected execution time of them, ms. */
  readonly expectedMs: number;
  /** Tasks that it may still get; prefetched ones count as given. */
  readonly tasksLeft: number;
}

/**
 * Amount of work to prefetch for a worker that has just answered. It doubles if the worker ran dry while tasks waited;
 * otherwise it goes down a little.
 */
export function nextPrefetchMs(prefetchMs: number, ranDry: boolean): number {
  return ranDry ? Math.min(prefetchMs * 2, MOST_PREFETCH_MS) : prefetchMs - (prefetchMs - PREFETCH_MS) * DECAY;
}

/**
 * Least amount of work worth prefetching, by the number of waiting tasks per worker. It is an eighth of their work, up to
 * BACKLOG_PREFETCH_MS. No task waits longer for it than it would anyway, and tasks sent and answered together cost less.
 */
export function worthPrefetchingMs(waiting: number, typicalMs: number): number {
  return Math.min(Math.max((waiting * typicalMs) / 8, PREFETCH_MS), BACKLOG_PREFETCH_MS);
}

/**
 * Number of further tasks of an expected execution time that a worker may take, running and prefetched together.
 * @param prefetch 'auto', or the number of tasks that may be prefetched
 * @param expectedMs expected execution time of each task
 * @param prefetchMs work worth prefetching for it, ms: see `nextPrefetchMs` and `worthPrefetchingMs`
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
  const places = Math.max(0, concurrency - worker.calls);
  if (prefetch !== 'auto') return Math.max(0, concurrency + prefetch - worker.calls);
  const byTime = Math.floor((prefetchMs - worker.expectedMs) / Math.max(expectedMs, 1e-4));
  const byCount = concurrency + MOST_PREFETCHED - worker.calls;
  return Math.max(places, Math.min(byTime, byCount));
}

/** Number of tasks that keep one worker busy: those running, and those worth prefetching. */
export function depth(concurrency: number, prefetch: 'auto' | number, expectedMs: number): number {
  const idle = { calls: 0, expectedMs: 0, tasksLeft: Infinity };
  return roomFor(idle, concurrency, prefetch, expectedMs, BACKLOG_PREFETCH_MS);
}
