// What the end of a try means for the limits, the breaker and the counts of its name.
import type { Permit } from '../limits/breaker.js';
import type { BatchCall, WholeFailure } from '../task/batch-call.js';
import type { Task } from '../task/task.js';

/** Closes the limits of a task for as long as its error asks for. */
export function closeLimits(
  { type: { limits }, extras: { ticket }, settings }: Task,
  error: unknown,
  nowMs: number,
): void {
  if (limits === undefined || ticket === undefined) return;
  limits.failed(ticket, error, settings.retry.maxRetryAfterMs, nowMs);
}

/** Takes the permit of a try, whose outcome is known now. */
export function takePermit(task: Task): Permit | undefined {
  const policies = task.assignment?.policies;
  if (policies === undefined) return undefined;
  const { permit } = policies;
  policies.permit = undefined;
  return permit;
}

/**
 * Has the circuit breaker of a task count a call of several tasks that failed as a whole. Tasks with the same breaker are one
 * failure, because the call is one to the service.
 * @returns what `breaker.on` threw about it, beside the failure
 */
export function countOnce(
  task: Task,
  { error, faults }: WholeFailure,
  ranMs: number,
  nowMs: number,
): AggregateError | undefined {
  const permit = takePermit(task);
  if (permit === undefined) return undefined;
  const { breaker } = permit;
  if (!faults.has(breaker)) faults.set(breaker, task.type.breakers?.failed(permit, error, nowMs, ranMs));
  else breaker.ended(permit, 'ignored', nowMs, ranMs);
  return faults.get(breaker);
}

/** The part of the time of a call that counts as the work of one row, ms. */
export function shareOf(ranMs: number, { type }: Task, { rows }: BatchCall): number {
  const shareMs = ranMs / rows;
  type.sharedMs += ranMs - shareMs;
  return shareMs;
}

export function isUnsettled({ state }: Task): boolean {
  return state !== 'settled';
}
