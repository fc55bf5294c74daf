import type { TraceOutcome } from '@millpond/core';

/**
 * A sample of single tries, one column a field, in order of their submits. All failures, the slowest ones of each name, and a
 * uniform sample of the rest; up to `limit`, every try. Pictures come from it, totals never do.
 */
export interface SpanColumns {
  /** Number of kept tries. */
  kept: number;
  /** Number of tries that it stands for. `kept` if nothing was dropped. */
  of: number;
  /** Tables for the columns of indices. */
  tasks: string[];
  taskId: number[];
  /** Index in `tasks`. */
  task: number[];
  attempt: number[];
  workerId: number[];
  outcome: TraceOutcome[];
  /** Number of tries that this one stands for: 1 for failures and slowest ones. */
  weight: number[];
  /** t0 to t9 since the pool's attach, ms to 0.1 µs; null for stamps that the try did not reach. */
  stamps: (number | null)[][];
  limitWaitMs: number[];
  batchWaitMs: number[];
  encodeMs: number[];
  backoffMs: number[];
  inputBytes: number[];
  outputBytes: number[];
  /** `traceparent` of the task's headers, as W3C writes it; '' for none. Left out if no try has one. */
  traceparent?: string[];
}
