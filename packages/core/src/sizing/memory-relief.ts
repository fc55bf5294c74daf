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
/**
 * A worker that grew by less would hardly be smaller after a new start. V8's compilers alone grew by 8 MiB
 * (child/own-memory.ts), and small caches come back. With double, four workers could hold 250 MiB that a new start gives
 * back.
 */
const LEAST_GROWN = 32 * MIB;
/**
 * Tasks after which a worker has loaded its caches and models. Without this, a worker whose first task loads a model would
 * be replaced. The new one would load it again. With many more, a worker that grows with each task would stay too long.
 */
const FIRST_TASKS = 10;
/**
 * Node ends a worker with a full heap, in the middle of its task. The fifth that is left is 26 MiB of the smallest heap.
 * With a tenth, one task of 13 MiB ends it. With two fifths, workers with large caches would be replaced again and again.
 */
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

/** The data of a worker that a kill decides on. */
export interface KillableWorker<T> {
  readonly isReady: boolean;
  readonly startedAt: number;
  tasks(): readonly T[];
  /** Undefined for a task that has certainly not begun. */
  begunAt(task: T): number | undefined;
}

/** The data of a task in such a worker. */
export interface KillableTask {
  /** Whether another worker could run it. */
  readonly canMove: boolean;
  /** Whether its handler may be called again. */
  readonly mayRunTwice: boolean;
}

/**
 * The worker whose kill costs least: the youngest whose tasks can all run again. If there is none, it is the youngest whose
 * tasks could all move, otherwise the youngest. The last ready worker is never killed.
 */
export function chooseToKill<T extends KillableTask, W extends KillableWorker<T>>(
  workers: readonly W[],
): W | undefined {
  // A worker that is starting has taken next to nothing yet.
  const youngest = workers.filter((worker) => worker.isReady).sort((a, b) => b.startedAt - a.startedAt);
  if (youngest.length <= 1) return undefined;
  const canAllMove = youngest.filter((worker) => worker.tasks().every(({ canMove }) => canMove));
  const canAllRunAgain = canAllMove.find((worker) =>
    worker.tasks().every((task) => task.mayRunTwice || worker.begunAt(task) === undefined),
  );
  return canAllRunAgain ?? canAllMove[0] ?? youngest[0];
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
