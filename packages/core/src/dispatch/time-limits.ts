import type { Clock } from '../base/clock.js';
import type { Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { Worker } from '../worker/worker.js';
import type { AssignmentPass } from './assignment-pass.js';
import type { Backlog } from './backlog.js';
import type { Outcomes } from './outcomes.js';
import { tookTooLong, waitedTooLong } from './task-errors.js';
import { publishTrace } from './trace.js';

export interface TimeLimitsParts {
  /** The pool, as an identity for traces. */
  pool: object;
  clock: Clock;
  registry: TaskRegistry;
  backlog: Backlog;
  outcomes: Outcomes;
  assignment: AssignmentPass;
  /** Whether an error says where the handler was. */
  timeoutStack: boolean;
}

/** Decides what happens to tasks that take too long in their workers. */
export class TimeLimits {
  readonly #parts: TimeLimitsParts;
  /** Tasks that are out of time, and whose workers were asked where they are. */
  readonly #asked = new Set<Task>();

  constructor(parts: TimeLimitsParts) {
    this.#parts = parts;
  }

  /** Handles a task that has run for too long, or has not begun in time in its worker. */
  onTimedOut(worker: Worker, task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void {
    if (ranMs === undefined || !this.#parts.timeoutStack) {
      this.#timeOut(worker, task, ranMs, by);
      return;
    }
    if (this.#asked.has(task)) return;
    this.#asked.add(task);
    void worker.stack().then((stack) => {
      this.#asked.delete(task);
      // The task may have ended, or been cancelled, in the meantime.
      if (task.state === 'dispatched' && task.assignment?.assignee === worker)
        this.#timeOut(worker, task, ranMs, by, stack);
    });
  }

  #timeOut(worker: Worker, task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline', stack?: string): void {
    const { pool, clock, registry, backlog, outcomes, assignment } = this.#parts;
    const now = clock.now();
    const error =
      ranMs === undefined ? waitedTooLong(task, now, backlog.size) : tookTooLong(task, worker.id, ranMs, by, stack);
    publishTrace(pool, task, 'timeout', now, ranMs === undefined ? {} : { startedAt: now - ranMs });
    assignment.release(task, error);
    registry.noteTimeout(task);
    // A task that has not begun has used no try.
    if (ranMs === undefined) registry.fail(task, error);
    else outcomes.tookTooLong(task, error, ranMs, by === 'timeoutMs');
  }
}
