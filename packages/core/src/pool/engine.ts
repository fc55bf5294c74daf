import { channel } from 'node:diagnostics_channel';
import type { Clock, Timer } from '../base/clock.js';
import { openEncoder } from '../codec/open-codec.js';
import type { ValueEncoder } from '../codec/value-codec.js';
import { process } from '../base/natives.js';
import { Conditions } from '../base/conditions.js';
import { PoolError } from '../contract/errors.js';
import type { PoolEvents } from '../contract/events.js';
import type { WorkersOption } from '../contract/options.js';
import type { ResolvedOptions, TaskSettings } from '../contract/resolve-options.js';
import { CHANNELS, type SectionsMessage, type WorkerMessage } from '../contract/trace.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import type { ThreadState } from '../sizing/thread-state.js';
import type { MemoryReading, OwnMemory } from '../sizing/memory-reading.js';
import { ONE_INLINE, sizeRange, WORKERS_VARIABLE, type SizeRange } from '../sizing/static-size.js';
import { Supervisor } from '../supervise/supervisor.js';
import { InputWriter } from '../task/input-writer.js';
import { Task, type TaskExtras } from '../task/task.js';
import { TaskBook } from '../task/task-book.js';
import { TaskTypes } from '../task/task-types.js';
import { noteWorked } from '../transport/last-output.js';
import type { StartTransport } from '../transport/transport.js';
import { Worker } from '../worker/worker.js';
import { neverSpawned } from '../worker/worker-start.js';
import type { WorkerListener } from '../worker/worker-listener.js';
import type { WorkerEnd } from '../worker/worker-end.js';
import type { ResultCache } from '../cache/result-cache.js';
import { callSafely } from '../base/call-safely.js';
import { KeepAlive } from './keep-alive.js';
import { SharedTask } from './shared-task.js';
import { RoomLine } from './room-line.js';
import { warnOfUnknownTasks } from './task-name-warning.js';
import { Upkeep } from './upkeep.js';

const workerChannel = channel(CHANNELS.worker);
const sectionsChannel = channel(CHANNELS.sections);

/** Time, chance and machine as an engine sees them; tests give their own. */
export interface EngineHost {
  clock: Clock;
  /** From 0 to 1. */
  random(): number;
  /** Calls back in the next turn of the event loop. */
  nextTurn(callback: () => void): Timer;
  startTransport: StartTransport;
  /** Cores that the program may use. */
  cores(): number;
  readMemory(own: OwnMemory): MemoryReading | undefined;
  /** What the system says of a thread of a process. */
  threadState(pid: number | 'self' | undefined, systemThreadId: number | undefined): ThreadState | undefined;
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

/** Where a worker stands still is not waited for longer than this. */
const STACK_WITHIN_MS = 500;

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
  /** Places in the queue. */
  readonly room = new RoomLine((tasks) => this.hasRoomFor(tasks));
  readonly types: TaskTypes;
  readonly upkeep: Upkeep;
  /** Ready time of workers that have ended, ms. */
  #pastReadyMs = 0;
  /** Results of ended workers that came too late. */
  pastIgnoredResults = 0;
  /** Values of ctx.progress that such workers dropped. */
  pastDroppedProgress = 0;
  readonly #parts: EngineParts;
  readonly #clock: Clock;
  readonly #encoder: ValueEncoder;
  readonly #inputs: InputWriter;
  #cores: number | undefined;
  #lastTaskId = 0;
  /**
   * The task whose input is being taken down, which is in no queue yet; linked to it those around it. A getter of the input may
   * run anything: submit another task, abort this one's signal, end the pool.
   */
  #entering: Task | undefined;
  #isSaturated = false;
  #hasWarned = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const { options, pool, moduleUrl, host } = parts;
    const random = (): number => host.random();
    this.#clock = host.clock;
    this.#encoder = openEncoder(options.codec, options.maxPayloadBytes);
    this.#inputs = new InputWriter(this.#encoder, options.kind !== 'process');
    this.types = new TaskTypes(options);
    this.book = new TaskBook({
      onAbort: (task, reason) => {
        if (this.#isEntering(task)) this.book.cancel(task, reason);
        else this.dispatcher.cancel(task, reason);
      },
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
      stateOf: ({ pid, vitals }) => host.threadState(options.kind === 'process' ? pid : 'self', vitals.systemThreadId),
      onStuck: (worker, silentMs) => void this.#onStuck(worker, silentMs),
    });
    this.supervisor = new Supervisor({
      clock: this.#clock,
      limits: options.restart,
      random,
      nextTurn: (callback) => host.nextTurn(callback),
      // One loads while another waits for the disk.
      startsAtOnce: () => 2 * Math.ceil(this.#usableCores()),
      start: (workerId) => this.#startWorker(workerId),
      activate: (worker) => {
        this.upkeep.noteActive(worker);
        this.dispatcher.onReady(worker);
      },
      recycled: ({ id }, reason) => parts.emit('worker:recycled', { workerId: id, reason }),
      recycleFailed: ({ id }, reason, error) => parts.emit('recycle:failed', { workerId: id, reason, error }),
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
    return this.types.of(name).settings;
  }

  /** Submits a task. */
  submit(name: string, input: unknown, extras?: TaskExtras): Promise<unknown> {
    const promise = new Promise(takeEnds);
    const task = this.#enter(name, input, extras);
    if (task.state === 'queued') this.dispatcher.submit(task);
    return promise;
  }

  /** Submits a task that several callers may come to share. */
  share(name: string, input: unknown, extras: TaskExtras): SharedTask {
    let costMs = 0;
    const onRan = (ms: number): void => void (costMs = ms);
    const own = { ...extras, onRan };
    const promise = new Promise(takeEnds);
    const task = this.#enter(name, input, own);
    if (task.state === 'queued') this.dispatcher.submit(task);
    const result = promise.then((value) => ({ value, costMs }));
    const queued = (): number => this.book.counts.queued;
    return new SharedTask({ clock: this.#clock, task, extras: task.extras, result, queued });
  }

  /** Submits a task to one worker. */
  submitTo(worker: Worker, name: string, input: unknown, extras: TaskExtras): Promise<unknown> {
    const promise = new Promise(takeEnds);
    const task = this.#enter(name, input, { ...extras, pinned: true });
    if (task.state === 'queued') this.dispatcher.submitTo(worker, task);
    return promise;
  }

  /** Whether the queue has room for this number of tasks more. */
  hasRoomFor(tasks: number): boolean {
    const { queueMax } = this.#parts.options;
    if (queueMax === Infinity) return true;
    // Free places count as room: with queue.max 0 a task is taken if it can run at once, or as soon as a worker has started.
    const over = this.book.counts.queued + tasks - queueMax;
    if (over <= 0) return true;
    if (this.dispatcher.isPaused) return false;
    const free = this.dispatcher.freePlaces(over);
    return free >= over || free + this.upkeep.sizing.placesToCome() >= over;
  }

  /** Most tasks of a name worth having submitted at once. */
  usefulInFlight(name: string): number {
    const workers = Math.max(this.supervisor.wanted, Math.min(this.upkeep.sizing.range.start, this.book.pending + 1));
    return this.dispatcher.usefulInFlight(this.types.of(name).typicalMs, workers);
  }

  resize(workers: WorkersOption): void {
    this.upkeep.sizing.resize(this.#sizeRange(workers));
    this.#check();
  }

  /**
   * Finishes the accepted tasks, then lets the workers tear down. Resolves when the last is gone.
   * @param refusal what those who wait for a place are rejected with
   */
  async finish(refusal: Error): Promise<void> {
    this.room.end(refusal);
    // Paused tasks were accepted, too.
    this.dispatcher.resume();
    await this.conditions.until(() => this.book.pending === 0);
    this.upkeep.stop();
    await this.supervisor.stop();
  }

  /**
   * Rejects every task that has not settled, and kills the workers. Resolves when the last is gone.
   * @param refusal what those who wait for a place are rejected with
   */
  async end(error: Error, refusal = error): Promise<void> {
    this.room.end(refusal);
    this.#rejectAll(error);
    this.upkeep.stop();
    await this.supervisor.kill();
  }

  #rejectAll(error: unknown): void {
    for (let task = this.#entering; task !== undefined; task = task.next) {
      if (task.state === 'queued') this.book.fail(task, error);
    }
    for (const task of this.dispatcher.all()) this.dispatcher.reject(task, error);
  }

  /**
   * The task of the promise made last. It is queued, unless its input cannot be sent, or a getter of its input has done
   * away with it.
   */
  #enter(name: string, input: unknown, extras: TaskExtras | undefined): Task {
    const id = ++this.#lastTaskId;
    const type = this.types.of(name);
    const all = type.name === name ? extras : { ...extras, name };
    const task = new Task(id, type, all, this.now(), lastResolve, lastReject);
    this.book.enter(task);
    task.next = this.#entering;
    this.#entering = task;
    const refusal = this.#inputs.write(task, input);
    this.#entering = task.next;
    task.next = undefined;
    if (refusal !== undefined && task.state === 'queued') this.dispatcher.refuse(task, refusal);
    return task;
  }

  #isEntering(task: Task): boolean {
    let entering = this.#entering;
    while (entering !== undefined && entering !== task) entering = entering.next;
    return entering !== undefined;
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
    try {
      return new Worker(spec, host.startTransport, this.#encoder, this.#clock, this.#listener);
    } catch (cause) {
      throw neverSpawned(moduleUrl, cause);
    }
  }

  readonly #listener: WorkerListener = {
    ready: (worker) => {
      this.types.learn(worker.handlerNames);
      this.#warnOnce(worker);
      this.supervisor.onReady(worker);
      const { id: workerId, pid, threadId, bootMs } = worker;
      this.#parts.emit('worker:ready', { workerId, pid, threadId, bootMs });
      this.#publishWorker(worker, 'ready');
      // After the news, since it follows from it.
      this.supervisor.relieve();
      this.#check();
    },
    result: (worker, task, row) => this.dispatcher.onResult(worker, task, row),
    settled: (worker) => {
      this.dispatcher.onSettled(worker);
      if (this.supervisor.isReplacing) this.supervisor.relieve();
    },
    reported: (worker, uses) => {
      const { handlerNames } = worker;
      for (const [handler, use] of uses) this.types.of(handlerNames[handler] ?? '').load.add(use);
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
    this.pastDroppedProgress += worker.droppedProgress;
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
    this.#check();
  }

  /** Says where a worker stands still, and ends it. */
  async #onStuck(worker: Worker, silentMs: number): Promise<void> {
    const tasks = worker.tasks().map(({ name }) => name);
    const stack = await worker.stack(STACK_WITHIN_MS);
    // It may have gone on, or ended, in the meantime.
    if (worker.state === 'exited' || worker.load === 0 || worker.hasBegun()) return;
    this.#parts.emit('worker:stuck', { workerId: worker.id, pid: worker.pid, silentMs, tasks, stack });
    worker.kill('it stood still outside of any handler');
  }

  #onHandedOut(queued: number): void {
    if (queued > 0 && this.dispatcher.roster.workers.length > 0 && !this.#isSaturated && !this.dispatcher.isPaused) {
      this.#isSaturated = true;
      this.#parts.emit('saturated');
    } else if (queued === 0 && this.#isSaturated) {
      this.#isSaturated = false;
      this.#parts.emit('unsaturated');
    }
    if (queued > 0 && !this.dispatcher.isPaused) this.upkeep.sizing.growFor(this.book.pending);
    this.upkeep.noteHandedOut();
    this.#check();
  }

  #onPendingChange(pending: number): void {
    if (pending > 0) {
      this.keepAlive.hold();
      this.upkeep.wake();
      return;
    }
    noteWorked();
    this.keepAlive.release();
    this.#check();
  }

  #check(): void {
    this.conditions.check();
    this.room.check();
  }

  #publishWorker(worker: Worker, what: WorkerMessage['what']): void {
    if (!workerChannel.hasSubscribers) return;
    const { pool, options } = this.#parts;
    const bootMs = what === 'ready' ? worker.bootMs : 0;
    const message: WorkerMessage = { pool, kind: options.kind, workerId: worker.id, what, atMs: this.now(), bootMs };
    workerChannel.publish(message);
  }
}
