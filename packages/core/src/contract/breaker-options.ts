/**
 * State of a circuit breaker. 'closed': calls go through. 'open': calls are refused for a time. 'half-open': some calls go through
 * as probes, and the others are refused. 'isolated': calls are refused until `reset()`.
 */
export type BreakerState = 'closed' | 'open' | 'half-open' | 'isolated';

/**
 * When a task is no longer run, because what it depends on is down. Each try is a call of its own, inside `retry`. A refused try
 * rejects with ERR_CIRCUIT_OPEN, and ends the retries of its task.
 *
 * Failures of handlers count, and so do their time limits. Cancelled tasks never count, nor do the end of the pool and limits of
 * the queue. Nor do inputs and results that cannot be sent, and unknown names.
 *
 * @typeParam I the input of the task
 */
export interface BreakerOptions<I = never> {
  /** Failures in a row that open it. Integer of 1 or more. @defaultValue 5; none with `failureShare` or `slowShare` */
  consecutive?: number;
  /** Share of failures among the calls of the last `windowMs` that opens it, above 0 to 1. @defaultValue none */
  failureShare?: number;
  /** Share of slow calls among the calls of the last `windowMs` that opens it, above 0 to 1. Needs `slowMs`. @defaultValue none */
  slowShare?: number;
  /** Execution time from which a call is slow, in milliseconds. A slow probe has failed. @defaultValue none */
  slowMs?: number;
  /** Time for which the two shares look back, in milliseconds; calls leave it in tenths. @defaultValue 10_000 */
  windowMs?: number;
  /** Calls in the last `windowMs` before the two shares count. Integer of 1 or more. @defaultValue 20 */
  minCalls?: number;
  /** Time for which it is open, in milliseconds. @defaultValue 10_000 */
  openMs?: number;
  /**
   * Longest time for which it is open, in milliseconds. Each failed probe up to doubles the time, half of which is random. Not
   * below `openMs`. @defaultValue `openMs`
   */
  maxOpenMs?: number;
  /**
   * Calls that it lets through at once when its time is over. It closes when this number has succeeded. 1 to 1000.
   * @defaultValue 1
   */
  probes?: number;
  /** Time after which a probe without a result counts as failed, in milliseconds. The task itself goes on. @defaultValue 10_000 */
  probeMs?: number;
  /**
   * Selects the failures that count. One that it refuses counts neither as a failure nor as a success. If it throws or returns a
   * promise, the failure counts, and the task rejects with both errors. @defaultValue every failure
   */
  on?: (error: unknown) => boolean;
  /** Whether the death of a worker counts for the task that ended it for certain. @defaultValue false */
  crashes?: boolean;
  /**
   * Gives the task a breaker for each key, such as the name of a server. The 10,000 keys used last have one. Returns a string;
   * anything else rejects the call with ERR_OPTION. @defaultValue one breaker for all calls
   */
  key?: (input: I) => string;
  /**
   * Gives a call that rejects with ERR_CIRCUIT_OPEN a result of the program's own, or a promise of one. No cache keeps it. What it
   * throws rejects the call, beside the first error. The wait for it ends with the call's signal, at its `deadline` with
   * ERR_TASK_TIMEOUT, and with `destroy`. `close` waits for it, within `timeoutMs`; so it must not await `close`. At a deadline
   * that has passed it is not asked, and the call rejects with ERR_QUEUE_TIMEOUT.
   */
  fallback?: (error: unknown, input: I) => unknown;
  /** Whether it only counts and emits events. It refuses no call. @defaultValue false */
  dryRun?: boolean;
}

/** The circuit breaker of a task, or of one of its keys. */
export interface BreakerHandle {
  /** Its state now. */
  readonly state: BreakerState;
  /** Closes it, and forgets its calls. */
  reset(): void;
  /** Refuses all calls until `reset()`. With `dryRun` it only says so. */
  isolate(): void;
}
