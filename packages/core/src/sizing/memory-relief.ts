import type { MemoryLevel } from '../contract/events.js';

/** The data of a worker that relief decides on when memory is short. */
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
/** A worker that grew by less would hardly be smaller after a new start. */
const LEAST_GROWN = 32 * MIB;
/** Tasks after which a worker has loaded its caches and models. */
const FIRST_TASKS = 10;
/** Node ends a worker with a full heap, in the middle of its task. */
const NEARLY_FULL = 0.8;

/**
 * The worker that has grown most since it was warm; undefined when a new one would be no smaller. A new worker would allocate
 * again what this one took for its first tasks. So a worker at its first tasks goes only when memory is critical.
 */
export function chooseToRelieve<W extends RelievedWorker>(workers: readonly W[], level: MemoryLevel): W | undefined {
  const grown = (worker: W): number => worker.metrics.keptBytes - worker.metrics.warmKeptBytes;
  const leastTasks = level === 'high' ? FIRST_TASKS : 1;
  return workers
    .filter((worker) => worker.isReady && worker.tasksDone >= leastTasks && grown(worker) >= LEAST_GROWN)
    .sort((a, b) => grown(b) - grown(a))[0];
}

/**
 * Whether the heap is nearly full. The used heap includes the young generation, the limit does not: the difference is a
 * reserve.
 */
export function isHeapNearlyFull({ metrics }: RelievedWorker): boolean {
  const { heapUsedBytes, keptHeapBytes, warmKeptHeapBytes, heapLimitBytes } = metrics;
  // A worker that was nearly full when warm would be so again after a new start. Garbage is no reason either.
  const hasGrown = keptHeapBytes - warmKeptHeapBytes > heapLimitBytes * (1 - NEARLY_FULL);
  return heapLimitBytes > 0 && hasGrown && heapUsedBytes > heapLimitBytes * NEARLY_FULL;
}
