import type { Clock } from '../base/clock.js';
import { LinkedQueue } from '../base/linked-queue.js';
import { PoolError, type DeathReport } from '../contract/errors.js';
import type { ResolvedOptions } from '../contract/resolve-options.js';
import { decideFailure } from '../task/failure.js';
import type { Task } from '../task/task.js';
import type { TaskBook } from '../task/task-book.js';
import { STATUS } from '../wire/frame.js';
import { errorFromWire, type WireThrown } from '../wire/error-wire.js';
import type { ResultRow } from '../worker/result-row.js';
import type { WorkerEnd } from '../worker/worker-end.js';
import { depth, roomFor } from './ahead.js';
import { FreePlaces, type TaskWorker } from './places.js';
import { SuspectLane } from './suspect-lane.js';
import { crashed, notFound, notSerializable, tookTooLong, waitedTooLong, withOrigin } from './task-errors.js';
import { publishTrace } from './trace.js';

export interface DispatcherParts {
  /** The pool, as an identity for traces. */
  pool: object;
  moduleUrl: string;
  options: ResolvedOptions;
  clock: Clock;
  book: TaskBook;
  random(): number;
  /** Everything that could be handed out was; `queued` tasks are left waiting. */
  onHandedOut(queued: number): void;
}

/**
 * Hands queued tasks to workers and takes their results back. All tasks of one turn of the event loop that go to one
 * worker leave in one frame.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #queue = new LinkedQueue<Task>();
  readonly #suspects = new SuspectLane();
  readonly #workers: TaskWorker[] = [];
  readonly #places: FreePlaces;
  /** Workers with tasks in their outbox. */
  readonly #unsent = new Set<TaskWorker>();
  /** False after a pass that left tasks over: until a worker has news, another pass would find no room either. */
  #mayHaveRoom = true;
  #isPassDue = false;
  #isPaused = false;
  readonly #pass = (): void => {
    this.#isPassDue = false;
    this.#handOut();
  };

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#places = new FreePlaces(parts.options.concurrency);
  }

  /** Tasks that wait for a worker. */
  get queued(): number {
    return this.#queue.size + this.#suspects.size;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether any worker has become ready and not ended. */
  get hasWorkers(): boolean {
    return this.#workers.length > 0;
  }

  /** Workers that take tasks. */
  get readyWorkers(): TaskWorker[] {
    return this.#workers.filter((worker) => worker.isReady);
  }

  /** Most tasks worth having submitted at once for `workers` workers: twice what they can have in hand. */
  usefulInFlight(expectedMs: number, workers: number): number {
    const { concurrency, prefetch } = this.#parts.options;
    return 2 * Math.max(1, workers) * depth(concurrency, prefetch, expectedMs);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#workerHasNews();
  }

  /** Queues a task that the book has taken in. */
  submit(task: Task): void {
    this.#enqueue(task);
    this.#schedule();
  }

  /** Gives a task to this worker now, past the queue. */
  submitTo(worker: TaskWorker, task: Task): void {
    this.#assign(worker, task);
    this.#schedule();
  }

  /** The caller does not want this task any more. */
  cancel(task: Task, reason: unknown): void {
    publishTrace(this.#parts.pool, task, 'cancelled', this.#parts.clock.now());
    this.#takeBack(task, reason);
    this.#parts.book.cancel(task, reason);
    this.#schedule();
  }

  /** Rejects a task, wherever it is, as a failure. */
  reject(task: Task, error: unknown): void {
    this.#takeBack(task, error);
    this.#parts.book.fail(task, error);
  }

  onReady(worker: TaskWorker): void {
    this.#workers.push(worker);
    this.#places.add(worker);
    this.#workerHasNews();
  }

  onResult(worker: TaskWorker, task: Task, row: ResultRow): void {
    const now = this.#parts.clock.now();
    switch (row.status) {
      case STATUS.ok:
        task.type.record(row.startedAt - task.submittedAt, row.endedAt - row.startedAt, now - task.submittedAt);
        publishTrace(this.#parts.pool, task, 'ok', now, row);
        task.holder = undefined;
        task.ranMs = row.endedAt - row.startedAt;
        this.#parts.book.complete(task, row.value);
        break;
      case STATUS.error:
        task.type.record(row.startedAt - task.submittedAt, row.endedAt - row.startedAt, now - task.submittedAt);
        publishTrace(this.#parts.pool, task, 'error', now, row);
        this.#fail(task, withOrigin(errorFromWire(row.value as WireThrown), task, worker.id));
        break;
      case STATUS.notSerializable:
        publishTrace(this.#parts.pool, task, 'error', now, row);
        task.holder = undefined;
        this.#parts.book.fail(task, notSerializable(task, 'result', String(row.value)));
        break;
      default:
        // The worker dropped it as cancelled, yet it is wanted: it has not run, so it may run elsewhere.
        this.#requeue(task);
    }
  }

  /** A worker has answered for some tasks: hand it the next. */
  onSettled(worker: TaskWorker): void {
    if (worker.isReady) this.#places.add(worker);
    else this.#drop(worker);
    this.#workerHasNews();
  }

  onRefused(worker: TaskWorker, task: Task, reason: string): void {
    task.holder = undefined;
    this.#parts.book.fail(task, notSerializable(task, 'input', reason));
    this.onSettled(worker);
  }

  onTimedOut(worker: TaskWorker, task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void {
    const now = this.#parts.clock.now();
    const error = ranMs === undefined ? waitedTooLong(task, now, this.queued) : tookTooLong(task, worker.id, ranMs, by);
    publishTrace(this.#parts.pool, task, 'timeout', now);
    this.#takeBack(task, error);
    this.#parts.book.noteTimeout();
    if (by === 'deadline') this.#parts.book.fail(task, error);
    else this.#fail(task, error);
  }

  onExited(worker: TaskWorker, { how, running, runningCount, others, report, fault }: WorkerEnd<Task>): void {
    this.#drop(worker);
    const isExact = how === 'died' && runningCount === 1;
    // In reverse, because each goes to the head of the queue.
    for (const task of others.reverse()) this.#comeBack(task, report, false);
    for (const task of running.reverse()) {
      if (isExact) this.#blame(task, report, fault);
      // Several ran: each must show by itself. Or the pool ended the worker, and nobody is to blame.
      else this.#comeBack(task, report, how === 'died');
    }
    this.#workerHasNews();
  }

  #workerHasNews(): void {
    this.#mayHaveRoom = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isPassDue) return;
    this.#isPassDue = true;
    // After all promise callbacks of this turn, so that whatever they submit leaves in the same frame; before the loop
    // turns, so that a single call does not wait.
    process.nextTick(this.#pass);
  }

  #handOut(): void {
    if (!this.#isPaused) {
      for (
        let next = this.#suspects.next(this.#workers);
        next !== undefined;
        next = this.#suspects.next(this.#workers)
      ) {
        this.#assign(next.worker, next.task);
      }
      this.#fillPlaces();
      if (this.#queue.size > 0 && this.#mayHaveRoom) this.#sendAhead();
    }
    for (const worker of this.#unsent) worker.flush();
    this.#unsent.clear();
    this.#parts.onHandedOut(this.queued);
  }

  #fillPlaces(): void {
    for (;;) {
      const task = this.#queue.first;
      if (task === undefined) return;
      const worker = this.#places.take();
      if (worker === undefined) return;
      this.#queue.remove(task);
      this.#assign(worker, task);
      this.#places.add(worker);
    }
  }

  /** Shares out what is left, to each worker as much as it may have ahead. */
  #sendAhead(): void {
    const { concurrency, prefetch } = this.#parts.options;
    let left = this.#workers.length;
    for (const worker of this.#workers) {
      const share = Math.ceil(this.#queue.size / left--);
      if (worker.reserved || !worker.isReady) continue;
      for (let given = 0; given < share; given++) {
        const task = this.#queue.first;
        if (task === undefined) return;
        if (roomFor(worker, concurrency, prefetch, task.type.expectedMs) <= 0) break;
        this.#queue.remove(task);
        this.#assign(worker, task);
      }
    }
    this.#mayHaveRoom = false;
  }

  #assign(worker: TaskWorker, task: Task): void {
    task.timer?.cancel();
    task.timer = undefined;
    if (!worker.hasHandler(task.name)) {
      this.#parts.book.fail(task, notFound(task.name, this.#parts.moduleUrl, worker.handlerNames));
      return;
    }
    this.#parts.book.move(task, 'running');
    task.expectedMs = task.type.expectedMs;
    task.holder = worker;
    worker.assign(task);
    this.#unsent.add(worker);
  }

  #enqueue(task: Task, atHead = false): void {
    const { clock } = this.#parts;
    const waitMs = Math.min(task.settings.queueTimeoutMs, task.deadlineMs - clock.now());
    if (waitMs < Infinity) task.timer = clock.after(waitMs, () => this.#onQueueTimeout(task));
    if (task.mustRunAlone) this.#suspects.push(task);
    else if (atHead) this.#queue.unshift(task);
    else this.#queue.push(task);
  }

  #onQueueTimeout(task: Task): void {
    const error = waitedTooLong(task, this.#parts.clock.now(), this.queued);
    publishTrace(this.#parts.pool, task, 'timeout', this.#parts.clock.now());
    this.#parts.book.noteTimeout();
    this.reject(task, error);
    this.#schedule();
  }

  /** Back to the head of the queue: it has not run, or is not to blame for what ended its worker. */
  #requeue(task: Task): void {
    task.holder = undefined;
    this.#parts.book.move(task, 'queued');
    this.#enqueue(task, true);
  }

  #comeBack(task: Task, death: DeathReport, mustRunAlone: boolean): void {
    task.holder = undefined;
    // A broadcast belongs to that worker and to no other.
    if (task.pinned) {
      this.#parts.book.fail(task, crashed(task, death));
      return;
    }
    task.mustRunAlone ||= mustRunAlone;
    this.#requeue(task);
  }

  #blame(task: Task, death: DeathReport, cause: Error | undefined): void {
    publishTrace(this.#parts.pool, task, 'crash', this.#parts.clock.now());
    task.crashes++;
    this.#parts.book.noteCrash();
    const isPoison = task.attempt <= task.settings.retry.attempts && task.crashes >= this.#parts.options.crashAttempts;
    task.holder = undefined;
    if (isPoison) {
      this.#parts.book.fail(
        task,
        new PoolError('ERR_TASK_POISON', { task: task.name, crashes: task.crashes, death }, { cause }),
      );
    } else {
      this.#fail(task, crashed(task, death, cause));
    }
  }

  /** A try has failed: another one, or the end. */
  #fail(task: Task, error: unknown): void {
    const { book, clock, random } = this.#parts;
    task.holder = undefined;
    const decision = decideFailure(task.settings.retry, task.attempt, error, random());
    if (decision.action === 'reject' || task.pinned) {
      book.fail(task, decision.action === 'reject' ? decision.error : error);
      return;
    }
    book.move(task, 'retrying');
    task.attempt++;
    // The wait holds no worker.
    task.timer = clock.after(decision.delayMs, () => {
      task.queuedAt = clock.now();
      task.assignedAt = task.sentAt = NaN;
      book.move(task, 'queued');
      this.submit(task);
    });
  }

  /** Takes a task out of the queue, or out of its worker's hand. */
  #takeBack(task: Task, reason: unknown): void {
    if (task.state === 'queued') {
      if (task.mustRunAlone) this.#suspects.remove(task);
      else this.#queue.remove(task);
    }
    const { holder } = task;
    if (holder === undefined) return;
    task.holder = undefined;
    holder.abandon(task, reason);
    // One that had not left yet freed its place at once.
    const worker = this.#workers.find((each) => each === holder);
    if (worker !== undefined) this.#places.add(worker);
  }

  #drop(worker: TaskWorker): void {
    const at = this.#workers.indexOf(worker);
    if (at !== -1) this.#workers.splice(at, 1);
    this.#places.remove(worker);
    this.#unsent.delete(worker);
    this.#suspects.drop(worker);
  }
}
