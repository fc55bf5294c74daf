import { nextDelayMs } from '../base/backoff.js';
import type { ResolvedRetry } from '../contract/resolved-options.js';
import { saysYes } from '../contract/user-answer.js';
import type { TryBudget } from '../limits/try-budget.js';

/** Decision on a task whose try has failed. */
export type FailureDecision =
  { action: 'reject'; error: unknown; by?: 'budget' | 'breaker' } | { action: 'retry'; delayMs: number };

/** What bounds the tries of a task besides its `retry`. */
export interface TryBounds {
  /** Time until the deadline, ms; Infinity without one. */
  readonly leftMs: number;
  /** Time for which the circuit breaker refuses tries, ms; 0 while it refuses none. */
  readonly refusedMs: number;
  /** Gives the further try, if there is one. Asked last, since it is then used up. */
  readonly budget: Pick<TryBudget, 'takeOut'> | undefined;
}

const UNBOUND: TryBounds = { leftMs: Infinity, refusedMs: 0, budget: undefined };

/**
 * Whether a failed try is followed by another, and after how long. Not for failures that no further try can mend: an unknown
 * name, an input that cannot be sent.
 *
 * An error may say itself when a further try makes sense: `retryAfterMs`, as from the header Retry-After of an answer. The wait
 * is then at least that long. An error that asks for more than `maxRetryAfterMs`, or for more time than is left, ends the tries.
 * So does a circuit breaker that would refuse the next one.
 * @param attempt the try that failed, 1 for the first
 * @param random a number from 0 to 1
 */
export function decideFailure(
  retry: ResolvedRetry,
  attempt: number,
  error: unknown,
  random: number,
  { leftMs, refusedMs, budget }: TryBounds = UNBOUND,
): FailureDecision {
  if (attempt > retry.attempts) return { action: 'reject', error };
  if (retry.on !== undefined) {
    let wanted: boolean;
    try {
      wanted = saysYes('retry.on', retry.on, error);
    } catch (cause) {
      const message = 'retry.on gave no answer about the error of a task.';
      return { action: 'reject', error: new AggregateError([error, cause], message) };
    }
    if (!wanted) return { action: 'reject', error };
  }
  const askedMs = retryAfterMsOf(error);
  const delayMs = Math.max(askedMs, nextDelayMs(attempt, retry.baseMs, retry.maxMs, random));
  if (askedMs > retry.maxRetryAfterMs || delayMs >= leftMs) return { action: 'reject', error };
  if (delayMs < refusedMs) return { action: 'reject', error, by: 'breaker' };
  if (budget?.takeOut() === false) return { action: 'reject', error, by: 'budget' };
  return { action: 'retry', delayMs };
}

/** Time that an error asks for, ms; 0 if it asks for none, or for a time that has passed. */
function retryAfterMsOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 0;
  const { retryAfterMs } = error as { retryAfterMs?: unknown };
  return typeof retryAfterMs === 'number' && retryAfterMs > 0 ? retryAfterMs : 0;
}
