import type { Clock } from '../base/clock.js';
import { type DeathReport, PoolError } from '../contract/errors.js';
import type { BatchCall } from '../task/batch-call.js';
import { decideFailure, type FailureDecision } from '../task/failure.js';
import type { Task } from '../task/task.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { WireThrown } from '../wire/error-nodes.js';
import { errorFromWire } from '../wire/error-wire.js';
import { STATUS } from '../wire/record.js';
import { LOG_VALUE_BYTES } from '../wire/result-log.js';
import type { ResultRow } from '../worker/result-row.js';
import type { WorkerEnd } from '../worker/worker-end.js';
import type { Backlog } from './backlog.js';
import { crashed, notSerializable, resultLost, withOrigin, wrongResults } from './task-errors.js';
import { publishTrace } from './trace.js';
import { closeLimits, countOnce, isUnsettled, shareOf, takePermit } from './try-end.js';

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
  #mayRetry = true;
  readonly #parts: OutcomeParts;

  constructor(parts: OutcomeParts) {
    this.#parts = parts;
  }

  /** Gives no task a further try from now on. If a further run of it is under way, the task ends as that does. */
  endTries(): void {
    this.#mayRetry = false;
    for (const task of this.retrying) task.twins?.whenGone(() => this.#tryAgain(task, task.failure?.error));
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
    const place = task.assignment;
    const call = place?.call;
    registry.balance.ran(call === undefined ? ranMs : shareOf(ranMs, task, call));
    publishTrace(pool, task, status === STATUS.ok ? 'ok' : 'error', now, row);
    if (status === STATUS.ok) {
      // Beyond this size, results no longer share a frame.
      task.type.recordResult(Math.min(row.resultBytes, LOG_VALUE_BYTES));
      const permit = place?.policies && takePermit(task);
      if (permit !== undefined) permit.breaker.ended(permit, 'ok', now, ranMs);
      // The length of a call is known with its last row.
      if (call?.left === 0) task.type.batches?.noteRan(call.inputs, ranMs);
      task.extras.onRan?.(ranMs);
      registry.complete(task, row.value);
    } else if (status === STATUS.notSerializable) {
      // Another try would give the same result.
      registry.fail(task, notSerializable(task, 'result', row.refusal));
    } else {
      this.#threw(task, row.thrown, workerId, ranMs, now);
    }
    return true;
  }

  /** Handles an error of the handler. One of a whole batch may be that of another item. */
  #threw(task: Task, thrown: WireThrown, workerId: number, ranMs: number, nowMs: number): void {
    const { call } = task.assignment ?? {};
    const how = thrown.call?.how;
    const isolates = task.type.batches?.rules.isolate === true;
    if (how === 'failed' && call !== undefined && call.rows > 1 && isolates && task.canMove) {
      this.#split(task, call, thrown, ranMs, nowMs);
      return;
    }
    const error = how === 'results' ? wrongResults(task, thrown) : errorFromWire(thrown);
    closeLimits(task, error, nowMs);
    this.#handlerFailed(task, withOrigin(error, task, workerId), ranMs, true);
  }

  /** Gives a task a further try, with its half of a call that has failed as a whole. Its circuit breaker counts that call once. */
  #split(task: Task, call: BatchCall, thrown: WireThrown, ranMs: number, nowMs: number): void {
    const { registry, backlog } = this.#parts;
    const { breakers, batches } = task.type;
    if (call.failure === undefined) {
      call.failure = { error: errorFromWire(thrown), faults: new Map() };
      closeLimits(task, call.failure.error, nowMs);
    }
    const { error } = call.failure;
    const fault = countOnce(task, call.failure, ranMs, nowMs);
    // The program's own code was asked, and may have cancelled the task, or ended the pool.
    if (task.state === 'settled') return;
    if (fault !== undefined || breakers?.refusesUntil(task.breakerKey, nowMs) !== undefined) {
      registry.fail(task, fault ?? breakers?.refuse(task.breakerKey, nowMs, error));
      return;
    }
    const { row = 0 } = task.assignment ?? {};
    task.history.attempt++;
    task.history.failure = { error };
    if (backlog.split(task, call, row)) batches?.noteSplit();
  }

  /** Takes the tasks that a worker had in flight when it ended. */
  workerEnded(end: WorkerEnd): void {
    // First, since tasks that end now would cancel their further runs in the worker that has gone.
    this.#twinsEnded(end);
    const { begun, lost, decoding, others, report } = end;
    // The last to begin come back first, because each goes to the head of the queue.
    this.#comeBackAll(others, report);
    if (decoding !== undefined && isUnsettled(decoding) && this.#diedDecoding(decoding, report)) {
      this.#comeBack(decoding, report);
    }
    const lostAgain = lost.filter((task) => isUnsettled(task) && this.#lostResult(task, report));
    const begunAgain = begun.filter((task) => isUnsettled(task) && this.#lostWorker(task, end));
    this.#comeBackAll([...lostAgain, ...begunAgain], report);
  }

  /** Ends the further runs of tasks that went down with a worker. */
  #twinsEnded(end: WorkerEnd): void {
    const { begun, lost, others, report } = end;
    for (const twin of [...lost, ...others]) if (twin.isTwin) this.#parts.registry.fail(twin, crashed(twin, report));
    for (const twin of begun) if (twin.isTwin) this.#lostWorker(twin, end);
  }

  /** Requeues tasks in their order. Those that must run alone go to the end of a line, and the others to the head of one. */
  #comeBackAll(tasks: readonly Task[], death: DeathReport): void {
    for (const task of tasks) if (task.mustRunAlone) this.#comeBack(task, death);
    for (const task of tasks.toReversed()) if (!task.mustRunAlone) this.#comeBack(task, death);
  }

  /** Requeues a task whose handler was not called, or may be called again. */
  #comeBack(task: Task, death: DeathReport): void {
    // The program's own code, asked about the tasks before it, may have ended this one.
    if (task.state === 'settled') return;
    // A broadcast belongs to that worker only, and a moved input is gone with it.
    if (task.isPinned || task.isSpent) this.#parts.registry.fail(task, crashed(task, death));
    else this.#parts.backlog.requeue(task);
  }

  /** Handles a worker's death while it decoded the input, so that no handler started. Returns whether another worker may try it. */
  #diedDecoding(task: Task, death: DeathReport): boolean {
    const { clock, pool, registry, crashAttempts } = this.#parts;
    registry.noteCrash();
    this.#countCrash(task, death, undefined);
    if (task.state === 'settled') return false;
    if (++task.owner.history.decodeDeaths < crashAttempts) return true;
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
      task.startAgain();
      return true;
    }
    this.failed(task, crashed(task, report, fault, isSuspect ? begunCount : undefined));
    return false;
  }

  /** Handles a result that was lost with the worker. Returns whether the task runs again now; if not, it is dealt with. */
  #lostResult(task: Task, death: DeathReport): boolean {
    publishTrace(this.#parts.pool, task, 'crash', this.#parts.clock.now());
    if (task.isIdempotent && task.canMove) {
      task.startAgain();
      return true;
    }
    this.failed(task, resultLost(task, death));
    return false;
  }

  /** Handles a task that was the only one running in a dead worker. */
  #blamed(task: Task, death: DeathReport, cause: Error | undefined): void {
    const { registry, crashAttempts } = this.#parts;
    const crashes = ++task.owner.history.crashes;
    registry.noteCrash();
    this.#countCrash(task, death, cause);
    if (task.state === 'settled') return;
    if (crashes >= crashAttempts) {
      const details = { task: task.name, crashes, death };
      registry.fail(task, new PoolError('ERR_TASK_POISON', details, { cause }));
    } else {
      this.failed(task, crashed(task, death, cause));
    }
  }

  /** Handles a task that was ended because it ran for too long. @param mayRetry whether another try may follow */
  tookTooLong(task: Task, error: unknown, ranMs: number, mayRetry: boolean): void {
    this.#handlerFailed(task, error, ranMs, mayRetry);
  }

  /** Handles a failed try of a handler, for which its circuit breaker is asked. */
  #handlerFailed(task: Task, error: unknown, ranMs: number, mayRetry: boolean): void {
    const { clock, registry } = this.#parts;
    const permit = takePermit(task);
    const fault = permit && task.type.breakers?.failed(permit, error, clock.now(), ranMs);
    // The program's own code was asked, and may have cancelled the task, or ended the pool.
    if (task.state === 'settled') return;
    if (fault !== undefined) registry.fail(task, fault);
    else if (mayRetry) this.failed(task, error);
    else registry.fail(task, error);
  }

  /** Has the circuit breaker count that a task ended its worker, if its options say so. */
  #countCrash(task: Task, death: DeathReport, cause: Error | undefined): void {
    const { breakers } = task.type;
    if (breakers?.countsCrashes !== true) return;
    const permit = takePermit(task);
    // What `on` throws about a crash is beside the point: the crash is what the caller must know.
    if (permit !== undefined) breakers.failed(permit, crashed(task, death, cause), this.#parts.clock.now(), 0);
  }

  /** Handles a failed try: another one follows, or the task fails. */
  failed(task: Task, error: unknown): void {
    const { registry, clock, random, backlog } = this.#parts;
    const nowMs = clock.now();
    const { retryBudget: budget, breakers } = task.type;
    const decision: FailureDecision =
      task.canMove && this.#mayRetry
        ? decideFailure(task.settings.retry, task.retries + 1, error, random(), {
            leftMs: task.deadlineMs - nowMs,
            refusedMs: (breakers?.refusesUntil(task.breakerKey, nowMs) ?? nowMs) - nowMs,
            budget,
          })
        : { action: 'reject', error };
    if (task.state === 'settled') return;
    if (decision.action === 'reject') {
      if (decision.by === 'budget') task.type.retriesRefused++;
      const broken = decision.by === 'breaker' ? breakers?.refuse(task.breakerKey, nowMs, error) : undefined;
      this.#end(task, broken ?? decision.error);
      return;
    }
    // The program's own code was asked, and may have ended the pool, or its tries. The task was in no list that they end.
    if (backlog.ended !== undefined || !this.#mayRetry) {
      this.#end(task, backlog.ended ?? error);
      return;
    }
    task.tryFailed(error, clock.now());
    // No worker is held during the wait. It ends before the deadline.
    this.retrying.add(task);
    const timer = clock.after(decision.delayMs, () => {
      // A further run under way is as good as a try.
      if (task.twins?.whenGone(() => this.#tryAgain(task, error)) !== true) this.#tryAgain(task, error);
    });
    registry.retryLater(task, timer);
  }

  /** Rejects a task, once no further run of it is under way. */
  #end(task: Task, error: unknown): void {
    const { registry } = this.#parts;
    if (task.twins !== undefined) task.history.failure = { error };
    // A pool that has ended rejects no task that comes to wait later.
    const twins = this.#parts.backlog.ended === undefined ? task.twins : undefined;
    const isAwaited = twins?.whenGone(() => {
      this.retrying.delete(task);
      registry.fail(task, error);
    });
    if (isAwaited === true) {
      this.retrying.add(task);
      registry.awaitTwins(task);
    } else registry.fail(task, error);
  }

  /** Queues a task whose next try is due, unless its circuit breaker refuses the try. @param error of the last one */
  #tryAgain(task: Task, error: unknown): void {
    const { registry, clock, backlog } = this.#parts;
    const { breakers } = task.type;
    const nowMs = clock.now();
    this.retrying.delete(task);
    const isOpen = breakers?.refusesUntil(task.breakerKey, nowMs) !== undefined;
    if (isOpen || !this.#mayRetry) {
      registry.fail(task, isOpen ? breakers.refuse(task.breakerKey, nowMs, error) : error);
      return;
    }
    task.history.dueAt = nowMs;
    registry.requeue(task);
    backlog.add(task);
  }
}
