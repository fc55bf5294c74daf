import { PoolError, type Refusal } from '../contract/errors.js';
import type { ResolvedOptions } from '../contract/resolve-options.js';
import type { Task } from '../task/task.js';
import type { TaskBook } from '../task/task-book.js';
import type { ResultRow } from '../worker/result-row.js';
import type { Worker } from '../worker/worker.js';
import type { WorkerEnd } from '../worker/worker-end.js';
import { depth } from './ahead.js';
import { HandOut } from './hand-out.js';
import { Outcomes } from './outcomes.js';
import { Passes } from './passes.js';
import { Roster, type RosterParts } from './roster.js';
import { StuckWatch } from './stuck-watch.js';
import { notFound, notSerializable } from './task-errors.js';
import { TimeLimits } from './time-limits.js';
import { publishTrace } from './trace.js';

export interface DispatcherParts extends RosterParts {
  /** The pool, as an identity for traces. */
  pool: object;
  moduleUrl: string;
  options: ResolvedOptions;
  /** Tasks running at once in one worker; it may change. */
  concurrency(): number;
  /** Cores the program may use. */
  cores(): number;
  book: TaskBook;
  random(): number;
  /** Everything that could be handed out was; `queued` tasks are left waiting. */
  onHandedOut(queued: number): void;
}

/** Hands queued tasks to workers and takes their results back. */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  /** Workers that may have tasks. */
  readonly roster: Roster;
  readonly #passes: Passes;
  readonly #handOut: HandOut;
  readonly #outcomes: Outcomes;
  readonly #stuck: StuckWatch;
  readonly #limits: TimeLimits;
  #isPaused = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { clock, book, options } = parts;
    this.roster = new Roster(parts);
    const { workers } = this.roster;
    const hasNews = (): void => this.#passes.schedule();
    this.#passes = new Passes({
      ...parts,
      workers,
      handOut: () => {
        if (!this.#isPaused) this.#handOut.pass();
      },
      over: (hasSent) => {
        if (hasSent) this.roster.noteSent();
        this.#stuck.look();
        parts.onHandedOut(this.queued);
      },
    });
    this.#handOut = new HandOut({
      clock,
      concurrency: () => parts.concurrency(),
      prefetch: options.prefetch,
      workers,
      inHand: () => book.counts.running,
      assign: (worker, task) => this.#assign(worker, task),
      hasNews,
    });
    this.#outcomes = new Outcomes({
      ...parts,
      crashAttempts: options.crashAttempts,
      runAgain: (task) => this.submit(task),
      requeue: (task) => this.#requeue(task),
    });
    this.#limits = new TimeLimits({
      ...parts,
      outcomes: this.#outcomes,
      timeoutStack: options.timeoutStack,
      queued: () => this.queued,
      takeBack: (task, reason) => this.#takeBack(task, reason),
      hasNews,
    });
    this.#stuck = new StuckWatch({
      clock,
      workers: () => workers,
      hasFreePlace: () => !this.#isPaused && this.#handOut.hasFreePlace,
      recalled: (worker, tasks) => {
        this.#handOut.hasEnough(worker);
        for (const task of tasks.reverse()) this.#requeue(task);
        this.#passes.schedule();
      },
    });
  }

  /** Tasks that wait for a worker. */
  get queued(): number {
    return this.#handOut.size;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Places in which a task could run at once, counted no further than `enough`. */
  freePlaces(enough: number): number {
    return this.#isPaused ? 0 : this.#handOut.freePlaces(enough);
  }

  /** Most tasks worth having submitted at once for `workers` workers: twice what they can have in hand. */
  usefulInFlight(expectedMs: number, workers: number): number {
    const { options, concurrency } = this.#parts;
    return 2 * Math.max(1, workers) * depth(concurrency(), options.prefetch, expectedMs);
  }

  /** The number of tasks running at once in one worker is another one now. */
  onTuned(): void {
    for (const worker of this.roster.workers) {
      worker.tune(this.#parts.concurrency());
      this.#handOut.mayHaveRoom(worker);
    }
    this.#passes.schedule();
  }

  /** Takes back what a worker has in hand and has not begun. */
  takeBackAhead(worker: Worker): void {
    for (const task of worker.unbegun().reverse()) if (!task.isPinned && worker.recall(task)) this.#requeue(task);
    this.#passes.schedule();
  }

  /** Gives work to this number of workers at most from now on: those with the least memory. The others finish what they have. */
  limitWorking(most: number): void {
    const ready = this.roster.ready.sort((a, b) => a.vitals.rssBytes - b.vitals.rssBytes);
    for (const [index, worker] of ready.entries()) {
      const wasHeld = worker.isHeld;
      worker.isHeld = index >= most;
      if (wasHeld && !worker.isHeld) this.#handOut.mayHaveRoom(worker);
      if (!wasHeld && worker.isHeld) this.takeBackAhead(worker);
    }
    this.#handOut.sendsAhead = most >= ready.length;
    this.#passes.schedule();
  }

  /** Execution time expected of the tasks that wait, ms. */
  get queuedMs(): number {
    return this.#handOut.expectedMs;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#passes.schedule();
  }

  /** Queues a task that the book has taken in. */
  submit(task: Task): void {
    this.#enqueue(task);
    this.#passes.noteSubmitted();
  }

  /** Gives a task to this worker now, past the queue. */
  submitTo(worker: Worker, task: Task): void {
    this.#assign(worker, task);
    this.#passes.schedule();
  }

  /** The caller does not want this task any more. */
  cancel(task: Task, reason: unknown): void {
    publishTrace(this.#parts.pool, task, 'cancelled', this.#parts.clock.now());
    this.#takeBack(task, reason);
    this.#parts.book.cancel(task, reason);
    this.#passes.schedule();
  }

  /** Rejects a task, wherever it is, as a failure. */
  reject(task: Task, error: unknown): void {
    publishTrace(this.#parts.pool, task, 'error', this.#parts.clock.now());
    this.#takeBack(task, error);
    this.#parts.book.fail(task, error);
  }

  onReady(worker: Worker): void {
    this.roster.join(worker);
    // It may have changed since the worker was told.
    worker.tune(this.#parts.concurrency());
    this.#handOut.mayHaveRoom(worker);
    this.#passes.schedule();
  }

  onResult(worker: Worker, task: Task, row: ResultRow): void {
    try {
      // Dropped as cancelled, yet it is wanted: it has not run, so it may run elsewhere.
      if (!this.#outcomes.answered(task, worker.id, row)) this.#requeue(task);
    } catch (error) {
      // Whatever it was, it concerns this task only, which is out of its worker's hand already.
      if (task.state === 'settled') throw error;
      this.#parts.book.fail(task, error);
    }
  }

  /** A worker has answered for some tasks: hand it the next. */
  onSettled(worker: Worker): void {
    worker.isStuck = false;
    if (worker.isReady) {
      this.#handOut.answered(worker);
    } else {
      // It was told to go; what was assigned to it in this very turn is still its to do.
      worker.flush();
      this.roster.leave(worker);
      this.#drop(worker);
    }
    this.#passes.schedule(true);
  }

  onRefused(worker: Worker, task: Task, refusal: Refusal): void {
    this.refuse(task, refusal);
    this.onSettled(worker);
  }

  /** The input of a task that is in no queue and no hand cannot be sent. */
  refuse(task: Task, refusal: Refusal): void {
    publishTrace(this.#parts.pool, task, 'error', this.#parts.clock.now());
    this.#parts.book.fail(task, notSerializable(task, 'input', refusal));
  }

  onTimedOut(worker: Worker, task: Task, ranMs: number | undefined, by: 'timeoutMs' | 'deadline'): void {
    this.#limits.onTimedOut(worker, task, ranMs, by);
  }

  onExited(worker: Worker, end: WorkerEnd): void {
    this.roster.remove(worker);
    this.#drop(worker);
    this.#outcomes.workerEnded(end);
    this.#passes.schedule();
  }

  #assign(worker: Worker, task: Task): void {
    if (task.deadlineMs < Infinity && task.deadlineMs <= this.#parts.clock.now()) {
      this.#limits.expire(task);
      return;
    }
    if (worker.isFull) {
      // Only a broadcast gets here: all else goes where there is a place.
      this.#parts.book.fail(task, new PoolError('ERR_QUEUE_FULL', { queued: worker.load, max: worker.load }));
      return;
    }
    const handler = worker.handlerIndex(task.name);
    if (handler === undefined) {
      publishTrace(this.#parts.pool, task, 'error', this.#parts.clock.now());
      this.#parts.book.fail(task, notFound(task.name, this.#parts.moduleUrl, worker.handlerNames));
      return;
    }
    if (!worker.hasUnsent) this.#passes.noteUnsent(worker);
    this.#parts.book.handOver(task, worker.assign(task, handler));
    if (worker.load > 1) this.#stuck.noteAhead();
  }

  #enqueue(task: Task, atHead = false): void {
    this.#limits.limitWait(task);
    this.#handOut.add(task, atHead);
  }

  /** Back to the head of the queue: it has not run, or is not to blame for what ended its worker. */
  #requeue(task: Task): void {
    this.#parts.book.requeue(task);
    this.#enqueue(task, true);
  }

  /** Every task that has not settled, oldest first. */
  all(): Task[] {
    const all = [...this.#handOut.waiting(), ...this.#outcomes.retrying, ...this.roster.tasks()];
    return all.sort((a, b) => a.id - b.id);
  }

  /** Takes a task out of the queue, or out of its worker's hand. */
  #takeBack(task: Task, reason: unknown): void {
    if (task.state === 'queued') this.#handOut.remove(task);
    else if (task.state === 'retrying') this.#outcomes.retrying.delete(task);
    const worker = task.place?.holder as Worker | undefined;
    if (worker === undefined) return;
    worker.abandon(task, reason);
    // One that had not left yet freed its place at once.
    this.#handOut.mayHaveRoom(worker);
  }

  /** Hands nothing more to a worker. */
  #drop(worker: Worker): void {
    this.#handOut.drop(worker);
    if (this.roster.workers.length === 0) this.#stuck.stop();
  }
}
