/** Observations of a pool during one tick. Plain data, so that decisions can be recorded, replayed and simulated. */
export interface SizingSample {
  /** Host clock. */
  readonly nowMs: number;
  /** Time since the previous sample. */
  readonly elapsedMs: number;
  /** The wanted numbers: workers, and tasks at once in each. The decision changes them. */
  readonly workers: number;
  readonly concurrency: number;
  /** Tasks that wait for a worker, or inside one. */
  readonly waiting: number;
  /** Tasks in handlers: computing, blocking, or waiting for something themselves. */
  readonly executing: number;
  /** Expected execution time of both. */
  readonly backlogMs: number;
  /** Tasks that ended in the tick. */
  readonly ended: number;
  /**
   * Expected execution time of the tasks that ended: the work done. Where tasks differ in size, their number is mostly noise,
   * and their work is not.
   */
  readonly workMs: number;
  /** Execution time as a multiple of the best of the same task names; 1 when nothing is known. */
  readonly inflation: number;
  /** Workers that take tasks, and workers that are starting. */
  readonly ready: number;
  readonly starting: number;
  /**
   * Sums over all workers since the previous sample. `spanMs` is observed time with tasks, and `handlerMs` time of tasks in
   * handlers. Loops were active for `loopMs`; `cpuMs` is processor time; active loops got no core for `delayMs`. Two tasks in
   * handlers for a second count as two seconds.
   */
  readonly spanMs: number;
  readonly handlerMs: number;
  readonly loopMs: number;
  readonly cpuMs: number;
  readonly delayMs: number;
  /** Share of the time in which the loop of the pool's own thread was active, 0 to 1. */
  readonly parentShare: number;
  /** Time from the start of a worker until it takes tasks. */
  readonly bootMs: number;
  /** Further workers that memory has room for; Infinity where that is unknown. */
  readonly memoryRoom: number;
  /** Most workers that memory allows to work; Infinity while memory is plentiful. See memory-level.ts. */
  readonly memoryCap: number;
}

/** Bounds of the two numbers. */
export interface SizingLimits {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** 1 when the pool chooses the concurrency; otherwise the fixed number. */
  readonly minConcurrency: number;
  readonly maxConcurrency: number;
  /** Time for which unneeded workers are kept; undefined where the law decides, Infinity for always. */
  readonly idleMs?: number | undefined;
  /** Cores that this pool may count on, a fraction. */
  readonly cores: number;
}
