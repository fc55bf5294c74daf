import type { CallLimits, TaskSight } from '../backend/backend.js';
import { Date } from '../base/natives.js';
import { PoolError } from '../contract/errors.js';

export type Limit = 'timeoutMs' | 'queueTimeoutMs' | 'deadline';

/** Time at which a call is judged, and the place of its execution then. */
export interface Moment extends Pick<TaskSight, 'isQueued' | 'startedAtMs'> {
  readonly nowMs: number;
}

/**
 * Time between looks at a task that is in a worker and may not have begun. It bounds how late a limit of less than that is found
 * over. At double it would be found 10 ms late. At half, a look comes every 2.5 ms while the task waits.
 */
const LEAST_LOOK_MS = 5;

/** The limit of a call that is over, or the time of the next look. */
export function judgeLimits(limits: CallLimits, at: Moment): { over: Limit } | { lookAtMs: number } {
  const { timeoutMs, queueUntilMs, deadlineMs } = limits;
  const { nowMs, isQueued, startedAtMs } = at;
  if (startedAtMs !== undefined) {
    const timeoutAtMs = startedAtMs + timeoutMs;
    const dueAtMs = Math.min(timeoutAtMs, deadlineMs);
    if (dueAtMs > nowMs) return { lookAtMs: dueAtMs };
    return { over: timeoutAtMs <= deadlineMs ? 'timeoutMs' : 'deadline' };
  }
  if (deadlineMs <= nowMs) return { over: 'deadline' };
  if (isQueued && queueUntilMs <= nowMs) return { over: 'queueTimeoutMs' };
  // The task cannot have run for its limit before that.
  const mayEndAtMs = nowMs + Math.max(timeoutMs, LEAST_LOOK_MS);
  return { lookAtMs: Math.min(deadlineMs, mayEndAtMs, isQueued ? queueUntilMs : Infinity) };
}

/** Limits that are over only when those of all the calls are. */
export function loosest(all: Iterable<CallLimits>): CallLimits {
  let [timeoutMs, queueUntilMs, deadlineMs] = [-Infinity, -Infinity, -Infinity];
  for (const limits of all) {
    timeoutMs = Math.max(timeoutMs, limits.timeoutMs);
    queueUntilMs = Math.max(queueUntilMs, limits.queueUntilMs);
    deadlineMs = Math.max(deadlineMs, limits.deadlineMs);
  }
  return { timeoutMs, queueUntilMs, deadlineMs };
}

/** Whether one ends a call before the other would. */
export function isTighter(a: CallLimits, b: CallLimits): boolean {
  return a.timeoutMs < b.timeoutMs || a.queueUntilMs < b.queueUntilMs || a.deadlineMs < b.deadlineMs;
}

/** The error of a call whose limit is over. @param sinceMs time of the call */
export function limitError(
  limit: Limit,
  task: string,
  limits: CallLimits,
  sinceMs: number,
  at: TaskSight,
  nowMs: number,
): PoolError {
  const { startedAtMs, workerId, queued } = at;
  if (startedAtMs === undefined || limit === 'queueTimeoutMs') {
    const limitMs = Math.min(limits.queueUntilMs, limits.deadlineMs) - sinceMs;
    // It is asked for more time by the name of the option that it gave.
    const deadline = limit === 'deadline' ? Math.round(Date.now() + limits.deadlineMs - nowMs) : undefined;
    return new PoolError('ERR_QUEUE_TIMEOUT', { task, waitedMs: nowMs - sinceMs, limitMs, queued, deadline });
  }
  const limitMs = limit === 'timeoutMs' ? limits.timeoutMs : limits.deadlineMs - sinceMs;
  const ranMs = nowMs - startedAtMs;
  return new PoolError('ERR_TASK_TIMEOUT', { task, ranMs, limitMs, workerId, by: limit, stack: undefined });
}
