/**
 * Where the time of the workers went, ms. Each worker that is up adds one second a second, in one bucket. So the buckets of one worker
 * add up to its time, and those of all workers, with `down`, to `wantedMs`.
 */
export const CAPACITY_IDS = [
  'boot', // from its start until it is ready
  'down', // a worker is wanted, and none is there: between a death and the next start
  'noWork', // idle: the pool has no task
  'notParallel', // idle: no task waits, and other workers have some
  'starved', // idle: a task waits that it could run
  'limited', // idle: tasks wait only for limits of their own, or for their batch to fill
  'paused', // idle: the pool hands out nothing
  'decode', // reads inputs
  'encode', // writes results
  'cpu', // a handler computes
  'gc', // the garbage collector pauses a handler
  'runQueue', // a handler is ready to compute, and has no core
  'loopIdle', // a handler waits, and the event loop sleeps
  'offCpu', // a handler blocks the event loop without computing
  'onLoop', // a handler holds the event loop; the system cannot say whether it computes
  'profiler', // our own measuring
  'other', // tasks are in the worker, and none of their handlers runs: frames, event loop, transport
  'unattributed', // what the measurements leave over
] as const;
export type CapacityId = (typeof CAPACITY_IDS)[number];
export type Capacity = Record<CapacityId, number>;

/** Outcomes by which execution is divided. */
export type ExecutionEnd = 'ok' | 'error' | 'cancelled' | 'timeout' | 'crash' | 'retried';

export interface CapacityLedger {
  /** Sum of all buckets: wanted workers × time. */
  wantedMs: number;
  /** Sum of the time in which workers were up. */
  upMs: number;
  totals: Capacity;
  /** Time with a handler running, by how the try ended. A second with k running tries counts 1/k for each. */
  executionByEnd: Record<ExecutionEnd, number>;
  /** |sum of the buckets − wantedMs|, ms: 0 but for rounding. */
  residueMs: number;
}

/** Where the time of the program's main thread went, ms. The parts add up to `wallMs`. */
export interface DispatcherLedger {
  wallMs: number;
  /** Event loop asleep. */
  idleMs: number;
  /** Encoding of inputs, all pools. */
  encodeMs: number;
  /** Decoding of results and settling. */
  decodeMs: number;
  /** Choice of tasks and workers, writing of frames. */
  dispatchMs: number;
  gcMs: number;
  /** Our own measuring. */
  profilerMs: number;
  /** All else that the program itself does on its main thread. */
  userMs: number;
  unattributedMs: number;
  /** Longest delay of the event loop, ms. */
  loopDelayMaxMs: number;
  loopDelayP99Ms: number;
  /** Tasks a second at which pools alone would keep the main thread busy; 0 if unknown. */
  ceilingPerSecond: number;
  /** Number of workers beyond which the main thread is the limit; 0 if unknown. */
  workersAtCeiling: number;
}
