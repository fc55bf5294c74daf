import { channel } from 'node:diagnostics_channel';
import type { Clock, Timer } from '../base/clock.js';
import { Conditions } from '../base/conditions.js';
import { PoolError } from '../contract/errors.js';
import type { PoolEvents } from '../contract/events.js';
import type { WorkersOption } from '../contract/options.js';
import type { ResolvedOptions, TaskSettings } from '../contract/resolve-options.js';
import { CHANNELS, type SectionsMessage, type WorkerMessage } from '../contract/trace.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import type { MemoryReading, OwnMemory } from '../sizing/memory-reading.js';
import { ONE_INLINE, sizeRange, WORKERS_VARIABLE, type SizeRange } from '../sizing/static-size.js';
import { Supervisor } from '../supervise/supervisor.js';
import { Task, type TaskExtras } from '../task/task.js';
import { TaskBook } from '../task/task-book.js';
import { TaskType } from '../task/task-type.js';
import type { StartTransport } from '../transport/transport.js';
import { Worker } from '../worker/worker.js';
import type { WorkerListener } from '../worker/worker-listener.js';
import type { WorkerEnd } from '../worker/worker-end.js';
import type { ResultCache } from '../cache/result-cache.js';
import { callSafely } from '../base/call-safely.js';
import { KeepAlive } from './keep-alive.js';
import { warnOfUnknownTasks } from './task-name-warning.js';
import { Upkeep } from './upkeep.js';

const workerChannel = channel(CHANNELS.worker);
const sectionsChannel = channel(CHANNELS.sections);

/** Time, chance and machine as an engine sees them; tests give their own. */
export interface EngineHost {
  clock: Clock;
  /** From 0 to 1. */
  random(): number;
  startTransport: StartTransport;
  /** Cores that the program may use. */
  cores(): number;
  readMemory(own: OwnMemory): MemoryReading | undefined;
}

export interface EngineParts {
  host: EngineHost;
  /** The pool, as an identity for published messages. */
  pool: object;
  moduleUrl: string;
  options: ResolvedOptions;
  cache: ResultCache | undefined;
  emit<E extends keyof PoolEvents>(event: E, ...args: Parameters<PoolEvents[E]>): void;
  /** Workers cannot be kept alive. */
  gaveUp(reason: string, cause: unknown): void;
}

// One executor for all promises: a closure for each would be the largest part of an empty call.
let lastResolve: (value: unknown) => void;
let lastReject: (error: unknown) => void;
const takeEnds = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
  lastResolve = resolve;
  lastReject = reject;
};

/** The parts of a pool, wired: tasks go down through the dispatcher, workers come up through the supervisor. */
export class Engine {
  readonly book: TaskBook;
  readonly dispatcher: Dispatcher;
  readonly supervisor: Supervisor<Worker>;
  readonly keepAlive = new KeepAlive();
  /** Checked whenever tasks or workers changed. */
  readonly conditions = new Conditions();
  readonly types = new Map<string, TaskType>();
  readonly upkeep: Upkeep;
  /** Ready time of workers that have ended, ms. */
  #pastReadyMs = 0;
  /** Results that workers which have ended gave to nobody. */
  pastIgnoredResults = 0;
  readonly #parts: EngineParts;
  readonly #clock: Clock;
  #cores: number | undefined;
  #lastTaskId = 0;
  #isSaturated = false;
  #hasWarned = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const { options, pool, moduleUrl, host } = parts;
    const random = (): number => host.random();
    this.#clock = host.clock;
    this.book = new TaskBook({
      onAbort: (task, reason) => this.dispatcher.cancel(task, reason),
      onPendingChange: (pending) => this.#onPendingChange(pending),
    });
    this.dispatcher = new Dispatcher({
      pool,
      moduleUrl,
      options,
      clock: this.#clock,
      concurrency: () => this.upkeep.sizing.concurrency,
      cores: () => this.#usableCores(),
      book: this.book,
      random,
      onHandedOut: (queued) => this.#onHandedOut(queued),
    });
    this.supervisor = new Supervisor({
      clock: this.#clock,
      limits: options.restart,
      random,
      start: (workerId) => this.#startWorker(workerId),
      activate: (worker) => this.dispatcher.onReady(worker),
      gaveUp: (reason, cause) => parts.gaveUp(reason, cause),
    });
    const range = this.#sizeRange(options.workers);
    this.upkeep = new Upkeep({
      clock: this.#clock,
      options,
      range,
      book: this.book,
      dispatcher: this.dispatcher,
      supervisor: this.supervisor,
      types: this.types,
      cache: parts.cache,
      cores: () => this.#usableCores(),
      readyMs: () => this.#readyMs(),
      readMemory: (own) => host.readMemory(own),
      random,
      emit: (...event) => parts.emit(...event),
    });
    this.supervisor.want(range.min);
    this.supervisor.wantSpares(range.spare);
  }

  now(): number {
    return this.#clock.now();
  }

  /** Calls back once, in `delayMs`; does not keep the program alive. */
  after(delayMs: number, callback: () => void): Timer {
    return this.#clock.after(delayMs, callback);
  }

  settingsOf(name: string): TaskSettings {
    return this.#type(name).settings;
  }

  /** Submits a task. */
  submit(name: string, input: unknown, extras?: TaskExtras): Promise<unknown> {
    const promise = new Promise(takeEnds);
    this.dispatcher.submit(this.#enter(name, input, extras));
    return promise;
  }

  /** Submits a task to one worker. */
  submitTo(worker: Worker, name: string, input: unknown, extras: TaskExtras): Promise<unknown> {
    const promise = new Promise(takeEnds);
    this.dispatcher.submitTo(worker, this.#enter(name, input, { ...extras, pinned: true }));
    return promise;
  }

  /** Whether one more task may be queued. */
  hasRoom(): boolean {
    const { queueMax } = this.#parts.options;
    if (queueMax === Infinity) return true;
    const { queued } = this.book.counts;
    if (queued < queueMax) return true;
    // Free places count as room: with queue.max 0 a task is taken if it can run at once.
    const over = queued - queueMax;
    return this.dispatcher.freePlaces(over + 1) > over;
  }

  /** Most tasks of a name worth having submitted at once. */
  usefulInFlight(name: string): number {
    const workers = Math.max(this.supervisor.wanted, Math.min(this.upkeep.sizing.range.start, this.book.pending + 1));
    return this.dispatcher.usefulInFlight(this.#type(name).typicalMs, workers);
  }

  resize(workers: WorkersOption): void {
    this.upkeep.sizing.resize(this.#sizeRange(workers));
  }

  /** Rejects every task that has not settled. */
  rejectAll(error: unknown): void {
    for (const task of this.dispatcher.all()) this.dispatcher.reject(task, error);
  }

  /** The task of the promise made last. */
  #enter(name: string, input: unknown, extras: TaskExtras | undefined): Task {
    const id = ++this.#lastTaskId;
    const task = new Task(id, this.#type(name), input, extras, this.now(), lastResolve, lastReject);
    this.book.enter(task);
    return task;
  }

  #type(name: string): TaskType {
    let type = this.types.get(name);
    if (type === undefined) {
      const { tasks, taskDefaults } = this.#parts.options;
      type = new TaskType(name, tasks.get(name) ?? taskDefaults);
      this.types.set(name, type);
    }
    return type;
  }

  /** Read once: from files. */
  #usableCores(): number {
    return (this.#cores ??= this.#parts.host.cores());
  }

  #readyMs(): number {
    const nowMs = this.now();
    return [...this.supervisor.workers].reduce((sum, worker) => sum + worker.readyMs(nowMs), this.#pastReadyMs);
  }

  #sizeRange(workers: WorkersOption): SizeRange {
    const { kind, workload } = this.#parts.options;
    return kind === 'inline'
      ? ONE_INLINE
      : sizeRange(workers, workload, () => this.#usableCores(), process.env[WORKERS_VARIABLE]);
  }

  #startWorker(workerId: number): Worker {
    const { host, moduleUrl, options } = this.#parts;
    const { concurrency } = this.upkeep.sizing;
    const heapLimitMb = this.upkeep.heapLimitMb();
    const spec = { workerId, moduleUrl, concurrency, heapLimitMb, options };
    return new Worker(spec, host.startTransport, this.#clock, this.#listener);
  }

  readonly #listener: WorkerListener = {
    ready: (worker) => {
      this.#warnOnce(worker);
      this.supervisor.onReady(worker);
      const { id: workerId, pid, threadId, bootMs } = worker;
      this.#parts.emit('worker:ready', { workerId, pid, threadId, bootMs });
      this.#publishWorker(worker, 'ready');
      this.conditions.check();
    },
    result: (worker, task, row) => this.dispatcher.onResult(worker, task, row),
    settled: (worker) => {
      this.dispatcher.onSettled(worker);
      this.upkeep.noteAnswered(worker);
    },
    reported: (worker, uses) => {
      const { handlerNames } = worker;
      for (const [handler, use] of uses) this.types.get(handlerNames[handler] ?? '')?.load.add(use);
      this.upkeep.noteReported(worker);
    },
    refused: (worker, task, refusal) => this.dispatcher.onRefused(worker, task, refusal),
    progress: (_worker, task, value) => {
      if (task.extras.onProgress !== undefined) callSafely(task.extras.onProgress, value);
    },
    timedOut: (worker, task, ranMs, by) => this.dispatcher.onTimedOut(worker, task, ranMs, by),
    sections: (worker, sections) => {
      const message: SectionsMessage = { pool: this.#parts.pool, workerId: worker.id, sections };
      if (sectionsChannel.hasSubscribers) sectionsChannel.publish(message);
    },
    exited: (worker, end) => this.#onExited(worker, end),
  };

  /** All workers have the same handlers: the first tells. */
  #warnOnce({ handlerNames }: Worker): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { tasks, name } = this.#parts.options;
    warnOfUnknownTasks(tasks.keys(), handlerNames, name);
  }

  #onExited(worker: Worker, end: WorkerEnd): void {
    this.#pastReadyMs += worker.readyMs(this.now());
    this.pastIgnoredResults += worker.ignoredResults;
    this.dispatcher.onExited(worker, end);
    const isFault = end.how === 'died' || end.how === 'failedToStart';
    const cause =
      end.startError ??
      new PoolError('ERR_WORKER_CRASHED', { task: end.report.runningTasks.join(', ') || 'none', death: end.report });
    const { uptimeMs } = end.report;
    const { tasksDone } = worker;
    this.supervisor.onEnd(worker, isFault ? { wasReady: end.how === 'died', uptimeMs, tasksDone, cause } : undefined);
    this.#publishWorker(worker, 'exited');
    this.#parts.emit('worker:exited', { ...end.report, expected: !isFault });
    this.conditions.check();
  }

  #onHandedOut(queued: number): void {
    if (queued > 0 && this.dispatcher.hasWorkers && !this.#isSaturated && !this.dispatcher.isPaused) {
      this.#isSaturated = true;
      this.#parts.emit('saturated');
    } else if (queued === 0 && this.#isSaturated) {
      this.#isSaturated = false;
      this.#parts.emit('unsaturated');
    }
    if (queued > 0 && !this.dispatcher.isPaused) this.upkeep.sizing.growFor(this.book.pending);
    this.conditions.check();
  }

  #onPendingChange(pending: number): void {
    if (pending > 0) {
      this.keepAlive.hold();
      this.upkeep.wake();
      return;
    }
    this.keepAlive.release();
    this.conditions.check();
  }

  #publishWorker(worker: Worker, what: WorkerMessage['what']): void {
    if (!workerChannel.hasSubscribers) return;
    const { pool, options } = this.#parts;
    const bootMs = what === 'ready' ? worker.bootMs : 0;
    const message: WorkerMessage = { pool, kind: options.kind, workerId: worker.id, what, atMs: this.now(), bootMs };
    workerChannel.publish(message);
  }
}
