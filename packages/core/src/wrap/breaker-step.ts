import type { Clock } from '../base/clock.js';
import { isPoolError, PoolError } from '../contract/errors.js';
import type { Breaker, CallOutcome, Permit } from '../limits/breaker.js';
import type { Step, Try } from './try.js';

export interface BreakerStepParts {
  readonly task: string;
  /** Key of its calls; undefined without keys. */
  readonly key: string | undefined;
  readonly breaker: Breaker;
  /** Whether it only counts. */
  readonly isDryRun: boolean;
  readonly on: ((error: unknown) => boolean) | undefined;
  readonly clock: Clock;
}

/** Refuses tries while the breaker is open, and brings it their outcomes. A try that has waited is looked at again. */
export function breakerStep(parts: BreakerStepParts): Step {
  const { breaker, clock, isDryRun } = parts;
  return (next) => async (tried) => {
    const permit = breaker.admit(clock.now());
    if (permit === undefined) throw isOpen(parts);
    tried.lookAgain = () => {
      if (!isDryRun && hasOpened(breaker, permit, clock.now())) throw isOpen(parts);
    };
    // Waits behind this step are not the function's time.
    let begunAtMs = Infinity;
    const { begins } = tried;
    tried.begins = (nowMs) => {
      begunAtMs = nowMs;
      begins(nowMs);
    };
    const ended = (outcome: CallOutcome, failure?: unknown): void => {
      const nowMs = clock.now();
      breaker.ended(permit, outcome, nowMs, Math.max(0, nowMs - begunAtMs), failure);
    };
    try {
      const value = await next(tried);
      ended('ok');
      return value;
    } catch (error) {
      ended(outcomeOf(error, tried, parts), error);
      throw error;
    }
  };
}

function hasOpened(breaker: Breaker, permit: Permit, nowMs: number): boolean {
  const state = breaker.stateAt(nowMs);
  return state !== 'closed' && state !== permit.state?.name;
}

function isOpen({ task, key, breaker, clock }: BreakerStepParts): PoolError<'ERR_CIRCUIT_OPEN'> {
  const nowMs = clock.now();
  const retryAfterMs = Math.max(0, (breaker.refusesUntil(nowMs) ?? nowMs) - nowMs);
  const state = breaker.stateAt(nowMs);
  const { lastFailure: cause } = breaker;
  const details = { task, key, state: state === 'closed' ? 'open' : state, retryAfterMs } as const;
  return new PoolError('ERR_CIRCUIT_OPEN', details, { cause });
}

/** A cancelled call says nothing about the function. Nor does one that another policy has refused. */
function outcomeOf(error: unknown, { signal }: Try, { on }: BreakerStepParts): CallOutcome {
  if (signal.aborted || isRefusal(error)) return 'ignored';
  try {
    return on?.(error) === false ? 'ignored' : 'failed';
  } catch {
    // Stated in the documentation of `on`: a failure that it cannot judge counts.
    return 'failed';
  }
}

/** Whether an error ends a call without a further try. */
export function isRefusal(error: unknown): boolean {
  return (
    isPoolError(error, 'ERR_CIRCUIT_OPEN') || isPoolError(error, 'ERR_RATE_LIMITED') || isPoolError(error, 'ERR_OPTION')
  );
}
