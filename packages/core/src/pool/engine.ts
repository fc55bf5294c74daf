import type { Clock, Timer } from '../base/clock.js';
import { openEncoder } from '../codec/open-codec.js';
import type { ValueEncoder } from '../codec/value-codec.js';
import { process } from '../base/natives.js';
import { Conditions } from '../base/conditions.js';
import type { PoolEvents } from '../contract/events.js';
import type { WorkersOption } from '../contract/options.js';
import type { ResolvedOptions, TaskSettings } from '../contract/resolve-options.js';
import type { PoolStateName, PoolStats } from '../contract/stats.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { ONE_INLINE, sizeRange, WORKERS_VARIABLE, type SizeRange } from '../sizing/static-size.js';
import { Supervisor } from '../supervise/supervisor.js';
import { InputWriter } from '../task/input-writer.js';
import { TaskBook } from '../task/task-book.js';
import { TaskTypes } from '../task/task-types.js';
import { noteWorked } from '../transport/last-output.js';
import { Worker } from '../worker/worker.js';
import { neverSpawned } from '../worker/worker-start.js';
import type { ResultCache } from '../cache/result-cache.js';
import { Intake } from './intake.js';
import { KeepAlive } from './keep-alive.js';
import { PastWorkers } from './past-workers.js';
import { poolStats } from './pool-stats.js';
import { RoomLine } from './room-line.js';
import type { EngineHost } from './system-host.js';
import { Upkeep } from './upkeep.js';
import { WorkerNews } from './worker-news.js';

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
  readonly intake: Intake;
  readonly #past = new PastWorkers();
  readonly #news: WorkerNews;
  readonly #parts: EngineParts;
  readonly #clock: Clock;
  readonly #encoder: ValueEncoder;
  #cores: number | undefined;
  #isSaturated = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const { options, pool, moduleUrl, host } = parts;
    const random = (): number => host.random();
    this.#clock = host.clock;
    this.#encoder = openEncoder(options.codec, options.maxPayloadBytes);
    this.types = new TaskTypes(options);
    this.book = new TaskBook({
      onAbort: (task, reason) => {
        if (this.intake.isEntering(task)) this.book.cancel(task, reason);
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
      onStuck: (worker, silentMs) => void this.#news.stuck(worker, silentMs),
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
    this.#news = new WorkerNews({
      pool,
      options,
      clock: this.#clock,
      dispatcher: this.dispatcher,
      supervisor: this.supervisor,
      upkeep: this.upkeep,
      types: this.types,
      past: this.#past,
      emit: (...event) => parts.emit(...event),
      changed: () => this.#check(),
    });
    this.intake = new Intake({
      clock: this.#clock,
      types: this.types,
      book: this.book,
      dispatcher: this.dispatcher,
      inputs: new InputWriter(this.#encoder, options.kind !== 'process'),
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

  /** Resolves when the condition holds, and keeps the program running until then. A condition that throws rejects. */
  until(condition: () => boolean): Promise<void> {
    return this.keepAlive.during(this.conditions.until(condition));
  }

  settingsOf(name: string): TaskSettings {
    return this.types.of(name).settings;
  }

  /** Whether the queue has room for this number of tasks more. */
  hasRoomFor(tasks: number): boolean {
    const { queueMax } = this.#parts.options;
    if (queueMax === Infinity) return true;
    // Free places count as room: with queue.max 0 a task is taken if it can run at once, or as soon as a worker has started.
    const over = this.book.counts.queued - this.intake.held + tasks - queueMax;
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

  /** A snapshot, as plain data. @param state of the pool */
  stats(state: PoolStateName): PoolStats {
    const { options, cache } = this.#parts;
    return poolStats({
      options,
      state,
      paused: this.dispatcher.isPaused,
      nowMs: this.now(),
      wanted: this.supervisor.wanted,
      sizing: this.upkeep.sizing.stats(),
      memory: this.upkeep.memory.stats(),
      workers: this.supervisor.workers,
      spares: this.supervisor.spares.size,
      placeMs: this.upkeep.sizing.placeMs,
      past: this.#past,
      book: this.book,
      types: this.types,
      cache,
    });
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
    this.intake.reject(error);
    for (const task of this.dispatcher.all()) this.dispatcher.reject(task, error);
    this.upkeep.stop();
    await this.supervisor.kill();
  }

  /** Read once: from files. */
  #usableCores(): number {
    return (this.#cores ??= this.#parts.host.cores());
  }

  #readyMs(): number {
    const nowMs = this.now();
    return [...this.supervisor.workers].reduce((sum, worker) => sum + worker.readyMs(nowMs), this.#past.readyMs);
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
    try {
      const heapLimitMb = this.upkeep.heapLimitMb();
      const spec = { workerId, moduleUrl, concurrency, heapLimitMb, options };
      return new Worker(spec, host.startTransport, this.#encoder, this.#clock, this.#news);
    } catch (cause) {
      throw neverSpawned(moduleUrl, cause);
    }
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
}
