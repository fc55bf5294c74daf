// What the end of a try means for the limits, the breaker and the counts of its name.
import type { Permit } from '../limits/breaker.js';
import type { BatchCall } from '../task/batch-call.js';
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

/** The part of the time of a call that counts as the work of one row, ms. */
export function shareOf(ranMs: number, { type }: Task, { rows }: BatchCall): number {
  const shareMs = ranMs / rows;
  type.sharedMs += ranMs - shareMs;
  return shareMs;
}
