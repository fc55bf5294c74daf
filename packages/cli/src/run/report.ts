import type { ExitCode, StopSignal } from '../exit-codes.js';
import type { ErrorClass } from './tally.js';

/** The outcome of a run. Plain data: the summary prints it, the end event carries it. */
export interface RunReport {
  exitCode: ExitCode;
  ok: number;
  failed: number;
  /** Items without a result: never begun, or killed half way. Counts only the known part of the input. */
  notDone: number;
  /** The input was not read to its end, so there may be more than `notDone` says. */
  restUnread: boolean;
  wallMs: number;
  /** Items per second over the whole run. */
  ratePerS: number;
  /** Execution times in milliseconds; null if no task was executed. */
  runMs: { p50: number; p90: number; p99: number } | null;
  /** The most frequent errors. */
  errors: ErrorClass[];
  /** Path of the result file; null if results went to standard output. */
  output: string | null;
  /** The signal that stopped the run, if there was one. */
  signal: StopSignal | null;
  /** The reason why the run broke, if it did. */
  broken: string | null;
}
