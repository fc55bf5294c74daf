import type { Clock } from '../base/clock.js';
import { type DeathReport, PoolError } from '../contract/errors.js';
import { decideFailure } from '../task/failure.js';
import type { Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import { errorFromWire } from '../wire/error-wire.js';
import { STATUS } from '../wire/record.js';
import type { ResultRow } from '../worker/result-row.js';
import type { WorkerEnd } from '../worker/worker-end.js';
import type { Backlog } from './backlog.js';
import { crashed, notSerializable, resultLost, waitedTooLong, withOrigin } from './task-errors.js';
import { publishTrace } from './trace.js';

export interface OutcomeParts {
  /** The pool, as an identity for traces. */
  pool: object;
  crashAttempts: number;
  clock: Clock;
  registry: TaskRegistry;
  random(): number;
  backlog: Backlog;
}

/** Decides what follows a try of a task: it completes, it fails, or it waits for another try. */
export class Outcomes {
  /** Tasks between two tries. */
  readonly retrying = new Set<Task>();
  readonly #parts: OutcomeParts;

  constructor(parts: OutcomeParts) {
    this.#parts = parts;
  }

  /** Takes a worker's answer for a task. False when the answer is that it never ran. */
  onResult(task: Task, workerId: number, row: ResultRow): boolean {
    const { pool, registry } = this.#parts;
    const { status, settledAt: now } = row;
    if (status === STATUS.revoked) return false;
    if (status === STATUS.inputUnread) {
      publishTrace(pool, task, 'error', now);
      registry.fail(task, notSerializable(task, 'input', row.refusal));
      return true;
    }
    const ranMs = row.endedAt - row.startedAt;
    task.type.record(row.startedAt - task.submittedAt, ranMs, now - task.submittedAt);
    registry.balance.ran(ranMs);
    publishTrace(pool, task, status === STATUS.ok ? 'ok' : 'error', now, row);
    if (status === STATUS.ok) {
      task.type.recordResult(row.resultBytes);
      task.extras.onRan?.(ranMs);
      registry.complete(task, row.value);
    } else if (status === STATUS.notSerializable) {
      // Another try would give the same result.
      registry.fail(task, notSerializable(task, 'result', row.refusal));
    } else {
      this.failed(task, withOrigin(errorFromWire(row.thrown), task, workerId));
    }
    return true;
  }

  /** Takes the tasks that a worker had in flight when it ended. */
  workerEnded(end: WorkerEnd): void {
    const { begun, lost, decoding, others, report } = end;
    // The last to begin come back first, because each goes to the head of the queue.
    this.#comeBackAll(others, report);
    if (decoding !== undefined && this.#diedDecoding(decoding, report)) this.#comeBack(decoding, report);
    const lostAgain = lost.filter((task) => this.#lostResult(task, report));
    const begunAgain = begun.filter((task) => this.#lostWorker(task, end));
    this.#comeBackAll([...lostAgain, ...begunAgain], report);
  }

  /** Requeues tasks in their order. Those that must run alone go to the end of a line, and the others to the head of one. */
  #comeBackAll(tasks: readonly Task[], death: DeathReport): void {
    for (const task of tasks) if (task.mustRunAlone) this.#comeBack(task, death);
    for (const task of tasks.toReversed()) if (!task.mustRunAlone) this.#comeBack(task, death);
  }

  /** Requeues a task whose handler was not called, or may be called again. */
  #comeBack(task: Task, death: DeathReport): void {
    // A broadcast belongs to that worker only, and a moved input is gone with it.
    if (task.isPinned || task.isSpent) this.#parts.registry.fail(task, crashed(task, death));
    else this.#parts.backlog.requeue(task);
  }

  /**
   * Handles a worker's death while it decoded the input, so that no handler started. Returns whether another worker may try
   * it.
   */
  #diedDecoding(task: Task, death: DeathReport): boolean {
    const { clock, pool, registry, crashAttempts } = this.#parts;
    registry.noteCrash();
    if (++task.history.decodeDeaths < crashAttempts) return true;
    publishTrace(pool, task, 'crash', clock.now());
    registry.fail(task, crashed(task, death));
    return false;
  }

  /** Handles a task that had begun when its worker ended. Returns whether it runs again now; if not, it is dealt with. */
  #lostWorker(task: Task, { how, begunCount, begunSince, report, fault }: WorkerEnd): boolean {
    const { clock, pool } = this.#parts;
    publishTrace(pool, task, 'crash', clock.now(), { startedAt: begunSince });
    const isSuspect = how === 'died' && begunCount > 1;
    if (how === 'died' && begunCount === 1) {
      this.#blamed(task, report, fault);
      return false;
    }
    if (isSuspect) task.history.mustRunAlone = task.canMove;
    if (task.isIdempotent && task.canMove) {
      task.history.attempt++;
      return true;
    }
    this.failed(task, crashed(task, report, fault, isSuspect ? begunCount : undefined));
    return false;
  }

  /** Handles a result that was lost with the worker. Returns whether the task runs again now; if not, it is dealt with. */
  #lostResult(task: Task, death: DeathReport): boolean {
    publishTrace(this.#parts.pool, task, 'crash', this.#parts.clock.now());
    if (task.isIdempotent && task.canMove) {
      task.history.attempt++;
      return true;
    }
    this.failed(task, resultLost(task, death));
    return false;
  }

  /** Handles a task that was the only one running in a dead worker. */
  #blamed(task: Task, death: DeathReport, cause: Error | undefined): void {
    const { registry, crashAttempts } = this.#parts;
    const crashes = ++task.history.crashes;
    registry.noteCrash();
    if (crashes >= crashAttempts) {
      const details = { task: task.name, crashes, death };
      registry.fail(task, new PoolError('ERR_TASK_POISON', details, { cause }));
    } else {
      this.failed(task, crashed(task, death, cause));
    }
  }

  /** Handles a failed try: another one follows, or the task fails. */
  failed(task: Task, error: unknown): void {
    const { registry, clock, random, backlog } = this.#parts;
    // A broadcast belongs to its worker, and a moved input is gone, so there is no other try.
    const decision = task.canMove
      ? decideFailure(task.settings.retry, task.retries + 1, error, random())
      : ({ action: 'reject', error } as const);
    if (decision.action === 'reject') {
      registry.fail(task, decision.error);
      return;
    }
    task.history.attempt++;
    task.history.retries++;
    // No worker is held during the wait. The deadline ends it, too, if that comes first.
    const waitMs = Math.min(decision.delayMs, task.deadlineMs - clock.now());
    this.retrying.add(task);
    const timer = clock.after(waitMs, () => {
      this.retrying.delete(task);
      if (waitMs < decision.delayMs) {
        registry.noteTimeout();
        registry.fail(task, waitedTooLong(task, clock.now(), registry.counts.queued));
        return;
      }
      task.history.dueAt = clock.now();
      registry.requeue(task);
      backlog.add(task);
    });
    registry.retryLater(task, timer);
  }
}
