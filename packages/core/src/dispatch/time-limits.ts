import type { Clock } from '../base/clock.js';
import type { Task } from '../task/task.js';
import type { TaskBook } from '../task/task-book.js';
import type { Worker } from '../worker/worker.js';
import type { Outcomes } from './outcomes.js';
import { tookTooLong, waitedTooLong } from './task-errors.js';
import { publishTrace } from './trace.js';

export interface TimeLimitsParts {
  /** The pool, as an identity for traces. */
  pool: object;
  clock: Clock;
  book: TaskBook;
  outcomes: Outcomes;
  /** Whether an error says where the handler was. */
  timeoutStack: boolean;
  /** Tasks that wait for a worker. */
  queued(): number;
  /** Takes a task out of the queue, or out of its worker's hand. */
  takeBack(task: Task, reason: unknown): void;
  /** There may be room now. */
  hasNews(): void;
}

/** What becomes of tasks that wait or run for too long. */
export class TimeLimits {
  readonly #parts: TimeLimitsParts;
  /** Tasks that are out of time; their worker was asked where they are. */
  readonly #asked = new Set<Task>();

  constructor(parts: TimeLimitsParts) {
    this.#parts = parts;
  }

  /** A task has joined the queue. */
  limitWait(task: Task): void {
    // Most tasks have neither, and a look at the clock costs 45 ns.
    if (task.settings.queueTimeoutMs === Infinity && task.extras.deadline === undefined) return;
    this.#limitWait(task, this.#parts.clock.now());
  }

  #limitWait(task: Task, sinceMs: number): void {
    const untilMs = Math.min(sinceMs + task.settings.queueTimeoutMs, task.deadlineMs);
    if (untilMs === Infinity) return;
    const { clock, book, takeBack, hasNews } = this.#parts;
    const timer = clock.after(untilMs - clock.now(), () => {
      // Callers that share it may have given it longer since.
      if (Math.min(sinceMs + task.settings.queueTimeoutMs, task.deadlineMs) > clock.now()) {
        this.#limitWait(task, sinceMs);
        return;
      }
      takeBack(task, undefined);
      this.expire(task);
      hasNews();
    });
    book.limitWait(task, timer);
  }

  /** Its time to wait is over. It is out of the queue. */
  expire(task: Task): void {
    const { pool, clock, book, queued } = this.#parts;
    const now = clock.now();
    publishTrace(pool, task, 'timeout', now);
    book.noteTimeout();
    book.fail(task, waitedTooLong(task, now, queued()));
  }

  /** It has run for too long, or has not begun in time in its worker. */
  onTimedOut(worker: Worker, task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void {
    if (ranMs === undefined || !this.#parts.timeoutStack) {
      this.#timeOut(worker, task, ranMs, by);
      return;
    }
    if (this.#asked.has(task)) return;
    this.#asked.add(task);
    void worker.stack().then((stack) => {
      this.#asked.delete(task);
      // It may have ended, or been cancelled, in the meantime.
      if (task.state === 'running' && worker.holds(task)) this.#timeOut(worker, task, ranMs, by, stack);
    });
  }

  #timeOut(worker: Worker, task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline', stack?: string): void {
    const { pool, clock, book, outcomes, queued, takeBack } = this.#parts;
    const now = clock.now();
    const error =
      ranMs === undefined ? waitedTooLong(task, now, queued()) : tookTooLong(task, worker.id, ranMs, by, stack);
    publishTrace(pool, task, 'timeout', now, ranMs === undefined ? {} : { startedAt: now - ranMs });
    takeBack(task, error);
    book.noteTimeout();
    // A task that has not begun has used no try.
    if (by === 'deadline' || ranMs === undefined) book.fail(task, error);
    else outcomes.failed(task, error);
  }
}
