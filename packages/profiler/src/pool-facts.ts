import type { PoolAsked, RunningHandler, TaskAsked } from '@millpond/core';

/** What is assumed of a pool that says nothing of its options. */
export const NOTHING_ASKED: PoolAsked = {
  given: [],
  concurrencyMax: 1,
  prefetch: 'auto',
  queueMax: null,
  codec: '',
  recycleAfterTasks: null,
  memoryLimitBytes: null,
  perWorkerBytes: null,
  cores: 0,
  nativeThreads: 4,
  task: () => NO_TASK_ASKED,
};

const NO_TASK_ASKED: TaskAsked = {
  timeoutMs: null,
  retries: 0,
  concurrency: null,
  limits: [],
  batchSize: null,
  batchMaxWaitMs: null,
  batchMaxBytes: null,
  cached: false,
  breaker: false,
  fallback: false,
};

/** What a pool says of itself at the time of a report. */
export interface PoolStanding {
  /** Bounds and present number of workers. */
  workers: { min: number; max: number; wanted: number };
  concurrency: number;
  tasks: { queued: number; dispatched: number };
  asked: PoolAsked;
  /** Tries that circuit breakers have refused since the pool was attached, by task name. */
  refused: ReadonlyMap<string, number>;
  /** Time of the main thread for results of the pool: reading and settling; null if the pool cannot tell. */
  resultsMs: number | null;
  /** Calls that a full queue has refused since then. */
  refusedCalls: number;
  /** What the program took in its loops over `map`, ms, and the inputs that it took for them. */
  loops: { sourceMs: number; readerMs: number; inputs: number };
  /** Whether any call had a `key`. */
  hasKeys: boolean;
  /** Handlers that run now, those that have run longest first. */
  running: RunningHandler[];
}
