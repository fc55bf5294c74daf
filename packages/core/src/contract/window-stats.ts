/** Settings of `stats`. */
export interface StatsOptions {
  /**
   * Also tells what the pool did in the latest time of this length, as `window`. In milliseconds, 1000 (a second) to 3_600_000 (an
   * hour).
   */
  windowMs?: number;
}

/** Median and 99th percentile in milliseconds, within 1.6 %; 0 without any task. */
export interface Percentiles {
  p50: number;
  p99: number;
}

/**
 * What a pool did in the latest time. The last minute is kept by the second, and the hour before that by the minute. So a window
 * begins up to a second, or up to a minute, before it was asked to.
 */
export interface WindowStats {
  /** Time that the figures cover, in milliseconds. It is shorter than asked while the pool is younger. */
  overMs: number;
  /** Tasks that ended in it. */
  completed: number;
  failed: number;
  cancelled: number;
  /** Completed and failed tasks a second. */
  throughput: number;
  /** failed ÷ (completed + failed); 0 without any. */
  errorRate: number;
  /** Times of tasks whose handlers ended: from submit until the result was back, and in the handler. */
  totalMs: Percentiles;
  runMs: Percentiles;
  /** Execution time of tasks that ended ÷ (ready workers × concurrency × time), 0 to 1. */
  utilization: number;
  /** Longest delay of this program's event loop that the pool has noticed, in milliseconds. It looks while it has work. */
  loopLagMs: number;
}
