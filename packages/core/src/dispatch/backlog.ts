import type { Clock } from '../base/clock.js';
import type { Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import { Affinity } from './affinity.js';
import type { Passes } from './passes.js';
import { Quarantine } from './quarantine.js';
import { waitedTooLong } from './task-errors.js';
import { publishTrace } from './trace.js';
import { WaitingTasks } from './waiting.js';

export interface BacklogParts {
  /** The pool, as an identity for traces. */
  pool: object;
  clock: Clock;
  registry: TaskRegistry;
  passes: Passes;
}

/** All tasks that wait for a worker, and the limits of their wait. The assignment pass empties it. */
export class Backlog {
  readonly queue = new WaitingTasks();
  /** Tasks that must run alone. */
  readonly quarantine = new Quarantine();
  /** Tasks that wait for the worker that knows their key. */
  readonly affinity: Affinity;
  readonly #parts: BacklogParts;

  constructor(parts: BacklogParts) {
    this.#parts = parts;
    this.affinity = new Affinity({ clock: parts.clock, overdue: () => parts.passes.schedule() });
  }

  get size(): number {
    return this.queue.size + this.quarantine.size + this.affinity.size;
  }

  /** Expected execution time of all tasks but those that must run alone, ms. */
  get expectedMs(): number {
    return this.queue.expectedMs + this.affinity.expectedMs;
  }

  *[Symbol.iterator](): Generator<Task> {
    yield* this.queue;
    yield* this.affinity.all();
    yield* this.quarantine.all();
  }

  /** Adds a task that the registry counts as queued. */
  add(task: Task): void {
    this.#limitWait(task);
    if (task.mustRunAlone) this.quarantine.push(task);
    else this.queue.push(task);
    this.#parts.passes.noteSubmitted();
  }

  /**
   * Puts a task back at the head of the queue. It has not run, or did not cause the end of its worker. Where later tasks of its
   * key wait for their home, its place is before them.
   */
  requeue(task: Task): void {
    this.#parts.registry.requeue(task);
    this.#limitWait(task);
    if (task.mustRunAlone) this.quarantine.push(task);
    else if (!this.affinity.putBack(task)) this.queue.unshift(task);
    this.#parts.passes.schedule();
  }

  /** Removes a waiting task whose result is not wanted any more. */
  remove(task: Task): void {
    if (task.mustRunAlone) this.quarantine.remove(task);
    else if (!this.affinity.remove(task)) this.queue.remove(task);
  }

  /** Rejects a queued task whose time to wait is over. No line holds it any more. */
  expire(task: Task): void {
    const { pool, clock, registry } = this.#parts;
    const now = clock.now();
    publishTrace(pool, task, 'timeout', now);
    registry.noteTimeout();
    registry.fail(task, waitedTooLong(task, now, this.size));
  }

  #limitWait(task: Task): void {
    // Most tasks have neither limit, and a look at the clock costs 45 ns.
    if (task.settings.queueTimeoutMs === Infinity && task.extras.deadline === undefined) return;
    this.#expireLater(task, this.#parts.clock.now());
  }

  #expireLater(task: Task, sinceMs: number): void {
    const untilMs = Math.min(sinceMs + task.settings.queueTimeoutMs, task.deadlineMs);
    if (untilMs === Infinity) return;
    const { clock, registry, passes } = this.#parts;
    const timer = clock.after(untilMs - clock.now(), () => {
      // Callers that share the task may have extended its limit since.
      if (Math.min(sinceMs + task.settings.queueTimeoutMs, task.deadlineMs) > clock.now()) {
        this.#expireLater(task, sinceMs);
        return;
      }
      this.remove(task);
      this.expire(task);
      passes.schedule();
    });
    registry.limitWait(task, timer);
  }
}
