import type { ExitCode, StopSignal } from '../exit-codes.js';
import type { ErrorClass } from './tally.js';

/** What a run came to. Plain data: the summary prints it, the end event carries it. */
export interface RunReport {
  exitCode: ExitCode;
  ok: number;
  failed: number;
  /** Items without a result: never begun, or killed half way. Counts only what is known of the input. */
  notDone: number;
  /** The input was not read to its end, so there may be more than `notDone` says. */
  restUnread: boolean;
  wallMs: number;
  /** Items per second over the whole run. */
  ratePerS: number;
  /** Execution times in milliseconds; null when no task was executed. */
  runMs: { p50: number; p90: number; p99: number } | null;
  /** The most frequent errors. */
  errors: ErrorClass[];
  /** Path of the result file; null when results went to standard output. */
  output: string | null;
  /** The signal that stopped the run, if one did. */
  signal: StopSignal | null;
  /** Why the run broke, if it did. */
  broken: string | null;
}
