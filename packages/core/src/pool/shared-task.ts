import type { Clock } from '../base/clock.js';
import type { CallLimits, Limit } from '../cache/call-limits.js';
import type { CachedCall, Entry, Execution } from '../cache/flight.js';
import { PoolError } from '../contract/errors.js';
import type { Task, TaskExtras } from '../task/task.js';

export interface SharedTaskParts {
  clock: Clock;
  task: Task;
  /** Those of the task, to be written to. */
  extras: TaskExtras;
  result: Promise<Entry>;
  /** Tasks that wait for a worker. */
  queued(): number;
}

/** A task as the callers see it that share it. */
export class SharedTask implements Execution {
  readonly #parts: SharedTaskParts;

  constructor(parts: SharedTaskParts) {
    this.#parts = parts;
  }

  get result(): Promise<Entry> {
    return this.#parts.result;
  }

  get isQueued(): boolean {
    return this.#parts.task.state === 'queued';
  }

  get startedAtMs(): number | undefined {
    const { task } = this.#parts;
    return task.place?.holder.begunAt(task);
  }

  // The task looks its limits up in its extras, each time.
  loosen({ timeoutMs, queueUntilMs, deadlineMs }: CallLimits): void {
    const { task, extras } = this.#parts;
    extras.settings = { ...task.settings, timeoutMs, queueTimeoutMs: queueUntilMs - task.submittedAt };
    if (extras.deadline === undefined) return;
    const epochMs = extras.deadline.epochMs + deadlineMs - extras.deadline.hostMs;
    extras.deadline = deadlineMs === Infinity ? undefined : { hostMs: deadlineMs, epochMs };
  }

  limitError(limit: Limit, { limits }: CachedCall, sinceMs: number): PoolError {
    const { clock, task, queued } = this.#parts;
    const startedAt = this.startedAtMs;
    const now = clock.now();
    if (startedAt === undefined || limit === 'queueTimeoutMs') {
      const limitMs = Math.min(limits.queueUntilMs, limits.deadlineMs) - sinceMs;
      return new PoolError('ERR_QUEUE_TIMEOUT', {
        task: task.name,
        waitedMs: now - sinceMs,
        limitMs,
        queued: queued(),
      });
    }
    const limitMs = limit === 'timeoutMs' ? limits.timeoutMs : limits.deadlineMs - sinceMs;
    const workerId = task.place?.holder.id ?? 0;
    return new PoolError('ERR_TASK_TIMEOUT', {
      task: task.name,
      ranMs: now - startedAt,
      limitMs,
      workerId,
      by: limit,
      stack: undefined,
    });
  }
}
