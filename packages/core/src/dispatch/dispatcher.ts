import { nextTick, setImmediate } from '../base/natives.js';
import type { Clock } from '../base/clock.js';
import { ReusedList } from '../base/reused-list.js';
import { PoolError, type DeathReport, type Refusal } from '../contract/errors.js';
import type { ResolvedOptions } from '../contract/resolve-options.js';
import type { Task } from '../task/task.js';
import type { TaskBook } from '../task/task-book.js';
import type { ResultRow } from '../worker/result-row.js';
import type { WorkerEnd } from '../worker/worker-end.js';
import { depth } from './ahead.js';
import { HandOut } from './hand-out.js';
import { Outcomes } from './outcomes.js';
import type { Worker } from '../worker/worker.js';
import { LogWatch } from './log-watch.js';
import { SilenceWatch } from './silence-watch.js';
import type { ThreadState } from '../sizing/thread-state.js';
import { StuckWatch } from './stuck-watch.js';
import { crashed, notFound, notSerializable } from './task-errors.js';
import { TimeLimits } from './time-limits.js';
import { publishTrace } from './trace.js';

/** The core count is read from files, so it is skipped until this many tasks are done. */
const TASKS_BEFORE_CORES = 64;
/** With no more tasks per worker than this, none waits for company: latency counts, not throughput. */
const FEW = 2;

export interface DispatcherParts {
  /** The pool, as an identity for traces. */
  pool: object;
  moduleUrl: string;
  options: ResolvedOptions;
  /** Tasks running at once in one worker; it may change. */
  concurrency(): number;
  /** Cores the program may use. */
  cores(): number;
  clock: Clock;
  book: TaskBook;
  random(): number;
  /** What the system says of the thread that runs a worker's loop. */
  stateOf(worker: Worker): ThreadState | undefined;
  /** A worker stands still outside of any handler, with tasks before it. */
  onStuck(worker: Worker, silentMs: number): void;
  /** Everything that could be handed out was; `queued` tasks are left waiting. */
  onHandedOut(queued: number): void;
}

/**
 * Hands queued tasks to workers and takes their results back. All tasks of one turn of the event loop that go to one
 * worker leave in one frame.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #workers: Worker[] = [];
  /** Workers that take nothing more, and may have tasks in hand. */
  readonly #leaving = new Set<Worker>();
  readonly #handOut: HandOut;
  readonly #outcomes: Outcomes;
  readonly #stuck: StuckWatch;
  readonly #logs: LogWatch;
  readonly #silences: SilenceWatch;
  /** Workers with tasks in their outbox. */
  readonly #unsent = new ReusedList<Worker>();
  readonly #limits: TimeLimits;
  #isPassDue = false;
  #isPaused = false;
  readonly #pass = (): void => {
    this.#isPassDue = false;
    this.#runPass();
  };

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { pool, clock, book, options } = parts;
    this.#handOut = new HandOut({
      clock,
      concurrency: () => parts.concurrency(),
      prefetch: options.prefetch,
      workers: this.#workers,
      inHand: () => book.counts.running,
      assign: (worker, task) => this.#assign(worker, task),
      hasNews: () => this.#schedule(),
    });
    this.#outcomes = new Outcomes({
      pool,
      clock,
      book,
      crashAttempts: options.crashAttempts,
      random: () => parts.random(),
      runAgain: (task) => this.submit(task),
    });
    this.#limits = new TimeLimits({
      pool,
      clock,
      book,
      outcomes: this.#outcomes,
      timeoutStack: options.timeoutStack,
      queued: () => this.queued,
      takeBack: (task, reason) => this.#takeBack(task, reason),
      hasNews: () => this.#schedule(),
    });
    const working = (): Worker[] => [...this.#workers, ...this.#leaving];
    this.#logs = new LogWatch({ clock, workers: working });
    this.#silences = new SilenceWatch({
      clock,
      workers: working,
      stateOf: (worker) => parts.stateOf(worker),
      stuck: (worker, silentMs) => parts.onStuck(worker, silentMs),
    });
    this.#stuck = new StuckWatch({
      clock,
      workers: () => this.#workers,
      hasFreePlace: () => !this.#isPaused && this.#handOut.hasFreePlace,
      recalled: (worker, tasks) => {
        this.#handOut.hasEnough(worker);
        for (const task of tasks.reverse()) this.#requeue(task);
        this.#schedule();
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

  /** Whether any worker has become ready and not ended. */
  get hasWorkers(): boolean {
    return this.#workers.length > 0;
  }

  /** Workers that take tasks. */
  get readyWorkers(): Worker[] {
    return this.#workers.filter((worker) => worker.isReady);
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
    for (const worker of this.#workers) {
      worker.tune(this.#parts.concurrency());
      this.#handOut.mayHaveRoom(worker);
    }
    this.#schedule();
  }

  /** Takes back what a worker has in hand and has not begun. */
  takeBackAhead(worker: Worker): void {
    for (const task of worker.unbegun().reverse()) if (!task.isPinned && worker.recall(task)) this.#requeue(task);
    this.#schedule();
  }

  /** Gives work to this number of workers at most from now on: those with the least memory. The others finish what they have. */
  limitWorking(most: number): void {
    const ready = this.readyWorkers.sort((a, b) => a.vitals.rssBytes - b.vitals.rssBytes);
    for (const [index, worker] of ready.entries()) {
      const wasHeld = worker.isHeld;
      worker.isHeld = index >= most;
      if (wasHeld && !worker.isHeld) this.#handOut.mayHaveRoom(worker);
      if (!wasHeld && worker.isHeld) this.takeBackAhead(worker);
    }
    this.#handOut.sendsAhead = most >= ready.length;
    this.#schedule();
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
    this.#schedule();
  }

  /** Queues a task that the book has taken in. */
  submit(task: Task): void {
    this.#enqueue(task);
    this.#schedule();
  }

  /** Gives a task to this worker now, past the queue. */
  submitTo(worker: Worker, task: Task): void {
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
    publishTrace(this.#parts.pool, task, 'error', this.#parts.clock.now());
    this.#takeBack(task, error);
    this.#parts.book.fail(task, error);
  }

  /** Looks for workers that stand still; see SilenceWatch.look. */
  lookForStuck(): boolean {
    return this.#silences.look();
  }

  onReady(worker: Worker): void {
    this.#silences.noteStart(worker.bootMs);
    this.#workers.push(worker);
    // It may have changed since the worker was told.
    worker.tune(this.#parts.concurrency());
    this.#handOut.mayHaveRoom(worker);
    this.#schedule();
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
      this.#drop(worker);
      this.#leaving.add(worker);
    }
    this.#schedule();
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
    this.#leaving.delete(worker);
    this.#drop(worker);
    const { begun, lost, decoding, others, report } = end;
    // In reverse, because each goes to the head of the queue.
    for (const task of others.reverse()) this.#comeBack(task, report);
    if (decoding !== undefined && this.#outcomes.diedDecoding(decoding, report)) this.#comeBack(decoding, report);
    for (const task of lost) if (this.#outcomes.lostResult(task, report)) this.#comeBack(task, report);
    for (const task of begun) if (this.#outcomes.lostWorker(task, end)) this.#comeBack(task, report);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isPassDue) return;
    this.#isPassDue = true;
    // After all promise callbacks of this turn, so that whatever they submit leaves in the same frame.
    if (this.#parts.book.pending <= FEW * this.#workers.length) nextTick(this.#pass);
    // With much under way, after the frames of all workers that have arrived, too: otherwise each would be answered with a
    // frame of its own. Measured with 2,048 in flight on 32 threads: 1.2 tasks a frame without this, 64 with it.
    else setImmediate(this.#pass);
  }

  #runPass(): void {
    if (!this.#isPaused) this.#handOut.pass();
    // A worker that stays awake needs a core, and so does this thread: one for each at work, and one more.
    const isCalm = this.#isCalm();
    for (let index = 0; index < this.#unsent.size; index++) this.#unsent.at(index).flush(isCalm);
    if (this.#unsent.size > 0 && this.#workers.length > 0) this.#logs.wake();
    this.#unsent.clear();
    this.#stuck.look();
    this.#parts.onHandedOut(this.queued);
  }

  #isCalm(): boolean {
    const { counts, pending } = this.#parts.book;
    if (counts.completed < TASKS_BEFORE_CORES) return false;
    return pending < this.#parts.cores();
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
    if (!worker.hasUnsent) this.#unsent.push(worker);
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

  /** Its handler was not called, or it may be called again. */
  #comeBack(task: Task, death: DeathReport): void {
    // A broadcast belongs to that worker and to no other; an input that was moved is gone with it.
    if (task.isPinned || task.isSpent) this.#parts.book.fail(task, crashed(task, death));
    else this.#requeue(task);
  }

  /** Every task that has not settled, oldest first. */
  all(): Task[] {
    const inHand = [...this.#workers, ...this.#leaving].flatMap((worker) => worker.tasks());
    const all = [...this.#handOut.waiting(), ...this.#outcomes.retrying, ...inHand];
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

  #drop(worker: Worker): void {
    const at = this.#workers.indexOf(worker);
    if (at !== -1) this.#workers.splice(at, 1);
    this.#handOut.drop(worker);
    this.#silences.drop(worker);
    if (this.#workers.length > 0) return;
    this.#stuck.stop();
    if (this.#leaving.size === 0) this.#logs.stop();
  }
}
