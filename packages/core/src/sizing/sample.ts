/** What was seen of a pool during one tick. Plain data, so that decisions can be recorded, replayed and simulated. */
export interface SizingSample {
  /** Host clock. */
  readonly nowMs: number;
  /** Since the sample before. */
  readonly elapsedMs: number;
  /** The numbers there are to be: workers, and tasks at once in each. The decision changes them. */
  readonly workers: number;
  readonly concurrency: number;
  /** Tasks that wait for a worker, or in one for their turn. */
  readonly waiting: number;
  /** Tasks in handlers: computing, blocking, or waiting for something themselves. */
  readonly executing: number;
  /** Execution time expected of both. */
  readonly backlogMs: number;
  /** Tasks that ended. */
  readonly ended: number;
  /**
   * Execution time expected of the tasks that ended: the work done. Where tasks are of many sizes, their number is mostly
   * noise, and their work is not.
   */
  readonly workMs: number;
  /** How many times as long they took as the same names did at their best; 1 when nothing is known. */
  readonly inflation: number;
  /** Workers that take tasks, and those that will. */
  readonly ready: number;
  readonly starting: number;
  /**
   * What is known of the time since the sample before, as sums over all workers: time they are known of, which had tasks;
   * time tasks spent in handlers (two at once for a second: two seconds); time event loops were active; processor time; time
   * loops were active and got no core.
   */
  readonly spanMs: number;
  readonly handlerMs: number;
  readonly loopMs: number;
  readonly cpuMs: number;
  readonly delayMs: number;
  /** Share of the time in which the loop of the pool's own thread was active, 0 to 1. */
  readonly parentShare: number;
  /** From the start of a worker until it takes tasks. */
  readonly bootMs: number;
  /** More workers that memory has room for; Infinity where that is not known. */
  readonly memoryRoom: number;
  /** Most workers that memory lets work; Infinity in peace. See memory-level.ts. */
  readonly memoryCap: number;
  /** Share of the time in which the control group's CPU quota was used up, 0 to 1. */
  readonly throttled: number;
}

/** Between what the two numbers may move. */
export interface SizingLimits {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** 1 when `concurrency` is fixed at it; the fixed number when it is fixed. */
  readonly minConcurrency: number;
  readonly maxConcurrency: number;
  /** Cores this pool may count on, a fraction. */
  readonly cores: number;
}
