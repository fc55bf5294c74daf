import { type Clock, isLate, type Timer } from '../base/clock.js';
import type { Task } from '../task/task.js';
import type { InFlightEntry } from './in-flight-entry.js';

/**
 * A run of very short tasks ends within this time, or can be withdrawn. 32 tasks of 0.05 ms take 1.6 ms, and RECALL_AFTER_MS
 * is 2 ms. At half, a run that lost its core once would be judged too early. At double, a task that waited too long is
 * rejected 5 ms later.
 */
const RUN_ENDS_MS = 5;
/**
 * Time for frames of progress to arrive, ms, once a result behind them is in the log. A window of 1 MiB takes some 3 ms. A
 * worker in synchronous code sends no frames, so a longer wait would only delay judgements.
 */
const PROGRESS_MS = 50;

export interface WatchParts {
  clock: Clock;
  /** Reads the worker's log, since a task with a result there does not run. See FrameReceiver.readLog. */
  readLog(isEverything: boolean): boolean;
  inFlight(): InFlightEntry[];
  /** Time when its handler was called, or undefined if it was not yet. */
  begunAt(entry: InFlightEntry): number | undefined;
  /**
   * Withdraws a task that has not begun. False when its handler was called meanwhile, or may be. Undefined when the worker
   * cannot be reached.
   */
  withdraw(entry: InFlightEntry): boolean | undefined;
  /**
   * Reports a task whose time is up. `ranMs` is the time since its start; undefined when it never started, and has waited as
   * long as it may.
   */
  timedOut(task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void;
  /** Reports a task that has run for its `slowMs`; once per task and further run of it. */
  slow(task: Task, ranMs: number): void;
  /** Time that an abandoned task has to end. */
  graceMs: number;
  /** Reports that an abandoned task has not ended within its grace. */
  overdue(): void;
}

/**
 * Watches the time of the tasks that one worker has in flight. One timer serves all of them, set to the earliest moment at
 * which any could be due. Tasks that end in time never touch it. When it fires, log and board show what has really begun.
 */
export class TaskWatch {
  readonly #parts: WatchParts;
  /** Time when the grace of each abandoned task ends. */
  readonly #killAtMs = new Map<InFlightEntry, number>();
  #timer: Timer | undefined;
  #dueAt = Infinity;
  #wasLate = false;
  /** Time when it judges with all results of the log, even those that wait for their progress. NaN while none does. */
  #wholeAtMs = NaN;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Notes that a task with a limit was put in flight. It is due at the earliest after its limit to run, or to wait. */
  expect(task: Task): void {
    const leastMs = leastRunMs(task);
    const { waitUntilMs } = task;
    // Most tasks are due after the look that is set already, and a look at the clock costs 45 ns.
    if (this.#dueAt <= task.submittedAt + leastMs && this.#dueAt <= waitUntilMs) return;
    this.#lookAt(Math.min(this.#parts.clock.now() + leastMs, waitUntilMs));
  }

  /** Notes that this task is abandoned after its handler began: it has `graceMs` to end by itself. */
  abandon(entry: InFlightEntry): void {
    const killAtMs = this.#parts.clock.now() + this.#parts.graceMs;
    this.#killAtMs.set(entry, killAtMs);
    this.#lookAt(killAtMs);
  }

  forget(entry: InFlightEntry): void {
    this.#killAtMs.delete(entry);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#killAtMs.clear();
  }

  #lookAt(atMs: number): void {
    if (atMs >= this.#dueAt) return;
    this.#timer?.cancel();
    this.#dueAt = atMs;
    this.#timer = this.#parts.clock.after(atMs - this.#parts.clock.now(), () => this.#look());
  }

  #look(): void {
    const now = this.#parts.clock.now();
    const stoodStill = isLate(this.#dueAt, now);
    this.#dueAt = Infinity;
    if (stoodStill && !this.#wasLate) {
      // This event loop stood still, so messages of the worker are still unread. They are read before the judgement. That
      // happens only once, because where every turn is long, each look would be late.
      this.#wasLate = true;
      this.#lookAt(now);
      return;
    }
    this.#wasLate = false;
    if (!this.#parts.readLog(now >= this.#wholeAtMs)) {
      // Tasks that were put in flight since then may bring this look forward, and do not end the wait.
      if (Number.isNaN(this.#wholeAtMs)) this.#wholeAtMs = now + PROGRESS_MS;
      this.#lookAt(this.#wholeAtMs);
      return;
    }
    this.#wholeAtMs = NaN;
    for (const entry of this.#parts.inFlight()) {
      if (entry.isAbandoned) {
        this.#lookAtAbandoned(entry, now);
        continue;
      }
      // The end of a task before it may have removed this one.
      const { task } = entry;
      if (task === undefined) continue;
      const begunAt = this.#parts.begunAt(entry);
      if (begunAt === undefined) this.#lookAtWaiting(entry, task, now);
      else this.#lookAtRunning(entry, task, begunAt, now);
    }
  }

  /** Looks at a prefetched task that has not begun. Its wait goes on, and its execution limit does not count yet. */
  #lookAtWaiting(entry: InFlightEntry, task: Task, now: number): void {
    if (task.waitUntilMs > now) {
      this.#lookAt(Math.min(now + leastRunMs(task), task.waitUntilMs));
      return;
    }
    // After a rejection for a long wait, a caller may submit the task anew. Its handler must not have been called by then.
    const isWithdrawn = this.#parts.withdraw(entry);
    const mayBegin = isWithdrawn === false;
    const begunAt = mayBegin ? this.#parts.begunAt(entry) : undefined;
    if (begunAt !== undefined) this.#lookAtRunning(entry, task, begunAt, now);
    else if (mayBegin && task.deadlineMs <= now) this.#parts.timedOut(task, 0, 'deadline');
    else if (mayBegin && now - task.waitUntilMs < RUN_ENDS_MS) this.#lookAt(now + RUN_ENDS_MS);
    else this.#parts.timedOut(task, undefined, 'deadline');
  }

  #lookAtRunning(entry: InFlightEntry, task: Task, begunAt: number, now: number): void {
    const slowAt = begunAt + task.slowMs;
    if (slowAt > now) {
      this.#lookAt(slowAt);
    } else if (!entry.hasReturned) {
      this.#parts.slow(task, now - begunAt);
      task.history.isSlow = true;
      // A listener may have cancelled it.
      if (entry.task !== task || entry.isAbandoned) return;
    }
    const timeoutAt = begunAt + task.timeoutMs;
    const dueAt = Math.min(timeoutAt, task.deadlineMs);
    if (dueAt > now) this.#lookAt(dueAt);
    else this.#parts.timedOut(task, now - begunAt, timeoutAt <= task.deadlineMs ? 'timeoutMs' : 'deadline');
  }

  #lookAtAbandoned(entry: InFlightEntry, now: number): void {
    const killAtMs = this.#killAtMs.get(entry);
    // A task without a limit was revoked before it began, and will not run.
    if (killAtMs === undefined) return;
    if (killAtMs > now) this.#lookAt(killAtMs);
    else this.#parts.overdue();
  }
}

/** Least time in its handler after which a task needs a look, ms. */
function leastRunMs({ timeoutMs, slowMs }: Task): number {
  return Math.min(timeoutMs, slowMs);
}
