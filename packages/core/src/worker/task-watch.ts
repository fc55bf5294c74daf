import type { Clock, Timer } from '../base/clock.js';
import type { Task } from '../task/task.js';
import type { InFlightEntry } from './in-flight-entry.js';

/** A timer that fires this long after its time fires in a loop that had no time to read either. */
const LATE_MS = 20;
/** A run of very short tasks ends within this, or can be withdrawn. */
const RUN_ENDS_MS = 5;

export interface WatchParts {
  clock: Clock;
  /** Reads what the worker's log holds: a result that is there is no task that runs. */
  readLog(): void;
  inFlight(): InFlightEntry[];
  /** When its handler was called, or undefined if it was not yet. */
  begunAt(entry: InFlightEntry): number | undefined;
  /** Withdraws a task that has not begun. False when its handler was called meanwhile, or may be; undefined when the worker cannot be told. */
  withdraw(entry: InFlightEntry): boolean | undefined;
  /** Its time is up. ranMs: since its start; undefined when it never started, and has waited for as long as it may. */
  timedOut(task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void;
  /** How long an abandoned task may still take to end. */
  graceMs: number;
  /** An abandoned task has not ended within its grace. */
  overdue(): void;
}

/**
 * Watches the time of the tasks one worker has in flight. One timer for all of them, set to the earliest moment at which
 * any could be due; tasks that end in time never touch it. When it fires, log and board tell what has really begun.
 */
export class TaskWatch {
  readonly #parts: WatchParts;
  /** When patience with each abandoned task ends. */
  readonly #killAtMs = new Map<InFlightEntry, number>();
  #timer: Timer | undefined;
  #dueAt = Infinity;
  #wasLate = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** A task with a limit was put in flight. It cannot be due before it has run for its limit, or waited for it. */
  expect(task: Task): void {
    this.#lookAt(Math.min(this.#parts.clock.now() + task.timeoutMs, task.waitUntilMs));
  }

  /** This task is abandoned, and its handler has begun: it has `graceMs` to end by itself. */
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
    const isLate = now - this.#dueAt > LATE_MS;
    this.#dueAt = Infinity;
    if (isLate && !this.#wasLate) {
      // This event loop stood still. What the worker has sent meanwhile is still unread: first that, then judgement. Once only:
      // in a loop whose every turn is long, each look would be late.
      this.#wasLate = true;
      this.#lookAt(now);
      return;
    }
    this.#wasLate = false;
    this.#parts.readLog();
    for (const entry of this.#parts.inFlight()) {
      if (entry.isAbandoned) {
        this.#lookAtAbandoned(entry, now);
        continue;
      }
      // The end of a task before it may have taken it back.
      const { task } = entry;
      if (task === undefined) continue;
      const begunAt = this.#parts.begunAt(entry);
      if (begunAt === undefined) this.#lookAtWaiting(entry, task, now);
      else this.#lookAtRunning(task, begunAt, now);
    }
  }

  /** Sent ahead, and not begun: its wait goes on, and its execution limit has not begun to count. */
  #lookAtWaiting(entry: InFlightEntry, task: Task, now: number): void {
    if (task.waitUntilMs > now) {
      this.#lookAt(Math.min(now + task.timeoutMs, task.waitUntilMs));
      return;
    }
    // A caller may submit it anew when it hears that it has waited too long: its handler must not have been called.
    const isWithdrawn = this.#parts.withdraw(entry);
    const mayBegin = isWithdrawn === false;
    const begunAt = mayBegin ? this.#parts.begunAt(entry) : undefined;
    if (begunAt !== undefined) this.#lookAtRunning(task, begunAt, now);
    else if (mayBegin && task.deadlineMs <= now) this.#parts.timedOut(task, 0, 'deadline');
    else if (mayBegin && now - task.waitUntilMs < RUN_ENDS_MS) this.#lookAt(now + RUN_ENDS_MS);
    else this.#parts.timedOut(task, undefined, 'deadline');
  }

  #lookAtRunning(task: Task, begunAt: number, now: number): void {
    const timeoutAt = begunAt + task.timeoutMs;
    const dueAt = Math.min(timeoutAt, task.deadlineMs);
    if (dueAt > now) this.#lookAt(dueAt);
    else this.#parts.timedOut(task, now - begunAt, timeoutAt <= task.deadlineMs ? 'timeoutMs' : 'deadline');
  }

  #lookAtAbandoned(entry: InFlightEntry, now: number): void {
    const killAtMs = this.#killAtMs.get(entry);
    // Without a limit: taken back before it began, it will not run.
    if (killAtMs === undefined) return;
    if (killAtMs > now) this.#lookAt(killAtMs);
    else this.#parts.overdue();
  }
}
