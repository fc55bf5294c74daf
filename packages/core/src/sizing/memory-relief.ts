import type { MemoryLevel } from '../contract/events.js';

/** What is looked at of a worker when memory is short. */
export interface RelievedWorker {
  readonly isReady: boolean;
  readonly tasksDone: number;
  readonly metrics: {
    readonly keptBytes: number;
    readonly warmKeptBytes: number;
    readonly heapUsedBytes: number;
    readonly keptHeapBytes: number;
    readonly warmKeptHeapBytes: number;
    readonly heapLimitBytes: number;
  };
}

const MIB = 1024 * 1024;
/** A worker that has grown by less would hardly be smaller if it were started anew. */
const LEAST_GROWN = 32 * MIB;
/** A cache, a model: loaded by then. */
const FIRST_TASKS = 10;
/** Node ends a worker whose heap is full, in the middle of its task. */
const NEARLY_FULL = 0.8;

/**
 * The worker that has grown most since it was warm; undefined when a new one would be no smaller. What a worker took with its
 * first tasks it will take again, so that such a one goes only when memory is critical.
 */
export function chooseToRelieve<W extends RelievedWorker>(workers: readonly W[], level: MemoryLevel): W | undefined {
  const grown = (worker: W): number => worker.metrics.keptBytes - worker.metrics.warmKeptBytes;
  const leastTasks = level === 'high' ? FIRST_TASKS : 1;
  return workers
    .filter((worker) => worker.isReady && worker.tasksDone >= leastTasks && grown(worker) >= LEAST_GROWN)
    .sort((a, b) => grown(b) - grown(a))[0];
}

/** The young generation is part of what is used, and not of what is limited: it is taken for a reserve. */
export function isHeapNearlyFull({ metrics }: RelievedWorker): boolean {
  const { heapUsedBytes, keptHeapBytes, warmKeptHeapBytes, heapLimitBytes } = metrics;
  // One that came up nearly full would come up so again; and garbage is no reason.
  const hasGrown = keptHeapBytes - warmKeptHeapBytes > heapLimitBytes * (1 - NEARLY_FULL);
  return heapLimitBytes > 0 && hasGrown && heapUsedBytes > heapLimitBytes * NEARLY_FULL;
}
