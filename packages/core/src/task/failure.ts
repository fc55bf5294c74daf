import { nextDelayMs } from '../base/backoff.js';
import type { ResolvedRetry } from '../contract/resolve-options.js';

/** Decision on a task whose try has failed. */
export type FailureDecision = { action: 'reject'; error: unknown } | { action: 'retry'; delayMs: number };

/**
 * Whether a failed try is followed by another, and after how long. Not for failures that no further try can mend: an unknown
 * name, an input that cannot be sent.
 * @param attempt the try that failed, 1 for the first
 * @param random a number from 0 to 1
 */
export function decideFailure(retry: ResolvedRetry, attempt: number, error: unknown, random: number): FailureDecision {
  if (attempt > retry.attempts) return { action: 'reject', error };
  if (retry.on !== undefined) {
    let wanted: boolean;
    try {
      wanted = retry.on(error);
    } catch (cause) {
      return {
        action: 'reject',
        error: new AggregateError([error, cause], 'retry.on threw while it looked at the error of a task.'),
      };
    }
    if (!wanted) return { action: 'reject', error };
  }
  return { action: 'retry', delayMs: nextDelayMs(attempt, retry.baseMs, retry.maxMs, random) };
}
