/** What one caller gave its call. Times on the host clock; Infinity for none. */
export interface CallLimits {
  /** Longest execution, ms. */
  readonly timeoutMs: number;
  /** Until when it may wait for a worker. */
  readonly queueUntilMs: number;
  /** When it must be done. */
  readonly deadlineMs: number;
}

export type Limit = 'timeoutMs' | 'queueTimeoutMs' | 'deadline';

/** Where an execution is. */
export interface Progress {
  readonly nowMs: number;
  /** Waits for a worker. */
  readonly isQueued: boolean;
  /** When its handler was called; undefined before. */
  readonly startedAtMs: number | undefined;
}

/** Time between looks at a task that is in a worker and may not have begun. */
const LEAST_LOOK_MS = 5;

/** Which limit of a call is over, or when to look again. */
export function judgeLimits(limits: CallLimits, at: Progress): { over: Limit } | { lookAtMs: number } {
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
  // It cannot have run for its limit before that.
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
