import { type Keepers, openKeepers } from '../autoscale/keepers.js';
import type { Clock } from '../base/clock.js';
import { Conditions } from '../base/conditions.js';
import { process, queueMicrotask } from '../base/natives.js';
import { openEncoder } from '../codec/open-codec.js';
import type { ValueEncoder } from '../codec/value-codec.js';
import type { BreakerEvent } from '../contract/events.js';
import type { WorkersOption } from '../contract/options.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { ONE_INLINE, type SizeRange, sizeRange, WORKERS_VARIABLE } from '../sizing/static-size.js';
import { Supervisor } from '../supervise/supervisor.js';
import { InputMemory } from '../task/input-memory.js';
import { InputWriter } from '../task/input-writer.js';
import { type FlowOptions, TaskFlows } from '../task/task-flows.js';
import { TaskRegistry } from '../task/task-registry.js';
import { TaskTypes } from '../task/task-types.js';
import { noteWorked } from '../transport/last-output.js';
import type { StartData } from '../transport/transport.js';
import { Worker } from '../worker/worker.js';
import { neverSpawned } from '../worker/worker-start.js';
import { askedOf } from './asked.js';
import type { BackendParts } from './backend.js';
import { Intake } from './intake.js';
import { KeepAlive } from './keep-alive.js';
import { PastWorkers } from './past-workers.js';
import { Profiling } from './profiling.js';
import { RoomLine } from './room-line.js';
import { slotSettings } from './slot-settings.js';
import type { EngineHost } from './system-host.js';
import { WorkerNews } from './worker-news.js';

export interface EngineParts extends Omit<BackendParts, 'givenStartData'> {
  readonly host: EngineHost;
  readonly startData: StartData;
}

/** The parts of the local backend, wired: tasks go down through the dispatcher, workers come up through the supervisor. */
export class Engine {
  readonly registry: TaskRegistry;
  readonly dispatcher: Dispatcher;
  readonly supervisor: Supervisor<Worker>;
  readonly keepAlive = new KeepAlive();
  /** Checked at every change of tasks or workers. */
  readonly conditions = new Conditions();
  /** Places in the queue. */
  readonly room = new RoomLine((tasks) => this.hasRoomFor(tasks));
  readonly types: TaskTypes;
  readonly keepers: Keepers;
  readonly intake: Intake;
  /** Gives back the memory of inputs that is kept for the next ones. */
  readonly dropInputs: () => void;
  readonly past = new PastWorkers();
  readonly profiling: Profiling;
  readonly options: ResolvedOptions;
  readonly clock: Clock;
  readonly #news: WorkerNews;
  readonly #parts: EngineParts;
  readonly #encoder: ValueEncoder;
  #cores: number | undefined;
  #isSaturated = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.options = parts.options;
    const { options, pool, moduleUrl, host } = parts;
    const random = (): number => host.random();
    this.clock = host.clock;
    this.#encoder = openEncoder(options.codec, options.maxPayloadBytes);
    this.types = new TaskTypes(options, { random, breakerChanged: (event) => this.#onBreakerChanged(event) });
    const memory = new InputMemory(this.clock);
    this.dropInputs = () => memory.drop();
    this.registry = new TaskRegistry({
      memory,
      onAbort: (task, reason) => {
        if (this.intake.isEntering(task)) this.registry.cancel(task, reason);
        else this.dispatcher.cancel(task, reason);
      },
      onPendingChange: (pending) => this.#onPendingChange(pending),
    });
    this.profiling = new Profiling({
      pool,
      kind: options.kind,
      spent: this.registry.balance.spent,
      asked: () => askedOf(options, this.types, this.#usableCores()),
      refusedCalls: () => this.room.refused,
      hasKeys: () => this.dispatcher.hasKeys,
      workers: () => this.supervisor.workers,
    });
    this.dispatcher = new Dispatcher({
      pool,
      moduleUrl,
      options,
      clock: this.clock,
      concurrency: () => this.keepers.autoscaler.concurrency,
      cores: () => this.#usableCores(),
      registry: this.registry,
      random,
      onHandedOut: (queued) => this.#onHandedOut(queued),
      stateOf: ({ pid, metrics }) =>
        host.threadState(options.kind === 'process' ? pid : 'self', metrics.systemThreadId),
      onStuck: (worker, silentMs) => void this.#news.stuck(worker, silentMs),
    });
    this.supervisor = new Supervisor({
      clock: this.clock,
      limits: options.restart,
      teardownMs: options.teardownMs,
      destroyMs: Math.min(options.graceMs, options.teardownMs),
      random,
      nextTurn: (callback) => host.nextTurn(callback),
      // One worker loads while another waits for the disk.
      startsAtOnce: () => 2 * Math.ceil(this.#usableCores()),
      start: (workerId, slot) => this.#startWorker(workerId, slot),
      activate: (worker) => {
        this.keepers.recycler?.limit(worker);
        this.dispatcher.onReady(worker);
      },
      recycled: ({ id }, reason) => parts.emit('worker:recycled', { workerId: id, reason }),
      recycleFailed: ({ id }, reason, error) => parts.emit('recycle:failed', { workerId: id, reason, error }),
      gaveUp: (reason, cause) => parts.gaveUp(reason, cause),
    });
    const range = this.#sizeRange(options.workers);
    this.keepers = openKeepers({
      clock: this.clock,
      options,
      range,
      dispatcher: this.dispatcher,
      supervisor: this.supervisor,
      types: this.types,
      counts: () => this.registry.counts,
      faults: (withinMs) => this.past.faultsSince(this.clock.now() - withinMs),
      hasWork: () => this.registry.pending > 0,
      cores: () => this.#usableCores(),
      readyMs: () => this.#readyMs(),
      readMemory: (own) => host.readMemory(own),
      random,
      memoryShort: () => {
        memory.drop();
        parts.memoryShort();
      },
      emit: (...event) => parts.emit(...event),
    });
    this.#news = new WorkerNews({
      pool,
      options,
      clock: this.clock,
      dispatcher: this.dispatcher,
      supervisor: this.supervisor,
      memory: this.keepers.memory,
      registry: this.registry,
      types: this.types,
      past: this.past,
      profiling: this.profiling,
      emit: (...event) => parts.emit(...event),
      listens: (event) => parts.listens(event),
      changed: () => this.check(),
    });
    this.intake = new Intake({
      clock: this.clock,
      types: this.types,
      registry: this.registry,
      dispatcher: this.dispatcher,
      inputs: new InputWriter(this.#encoder, options.kind !== 'process', memory),
    });
    this.supervisor.slots.limit(range.max + range.spare);
    this.supervisor.want(range.min);
    this.supervisor.wantSpares(range.spare);
  }

  /** The caller's ends of the flows of a new task. */
  openFlows(name: string, options: FlowOptions): TaskFlows {
    const { clock, options: own } = this;
    return new TaskFlows({
      ...options,
      name,
      encoder: this.#encoder,
      clones: own.kind !== 'process',
      now: () => clock.now(),
    });
  }

  /** Whether the queue has room for this number of further tasks. */
  hasRoomFor(tasks: number): boolean {
    const { queueMax } = this.options;
    if (queueMax === Infinity) return true;
    // Free places count as room. With queue.max 0, a task is accepted if it can run at once, or once a worker has started.
    const over = this.registry.counts.queued - this.intake.prepared + tasks - queueMax;
    if (over <= 0) return true;
    if (this.dispatcher.isPaused) return false;
    const free = this.dispatcher.freePlaces(over);
    return free >= over || free + this.keepers.autoscaler.placesToCome() >= over;
  }

  /** Sets another number of workers, or other bounds. Handlers in this thread have one worker, always. @throws ERR_OPTION */
  resize(workers: WorkersOption): void {
    if (this.options.kind === 'inline') return;
    this.keepers.autoscaler.resize(this.#sizeRange(workers));
    // At rest no beat comes, and workers above the new least would stay until the next task.
    this.keepers.heartbeat.wake();
    this.check();
  }

  /** Wakes the waits whose condition holds now, after a change of tasks or workers. */
  check(): void {
    this.conditions.check();
    this.room.check();
  }

  /** Read only once, because it is read from files. */
  #usableCores(): number {
    return (this.#cores ??= this.#parts.host.cores());
  }

  #readyMs(): number {
    const nowMs = this.clock.now();
    return [...this.supervisor.workers].reduce((sum, worker) => sum + worker.readyMs(nowMs), this.past.readyMs);
  }

  #sizeRange(workers: WorkersOption): SizeRange {
    const { kind, workload } = this.options;
    return kind === 'inline'
      ? ONE_INLINE
      : sizeRange(workers, workload, () => this.#usableCores(), process.env[WORKERS_VARIABLE]);
  }

  #startWorker(workerId: number, slot: number): Worker {
    const { host, moduleUrl, moduleObject, startData } = this.#parts;
    const { autoscaler, memory } = this.keepers;
    const { concurrency, range } = autoscaler;
    try {
      const heapLimitMb = memory?.heapLimitMb(range.start + range.spare);
      const own = slotSettings(this.options, slot);
      const common = { workerId, slot, moduleUrl, moduleObject, concurrency, heapLimitMb, startData };
      const spec = { ...common, ...own, profile: this.profiling.terms };
      const worker = new Worker(spec, host.startTransport, this.#encoder, this.clock, this.#news);
      this.#news.started(workerId, slot);
      return worker;
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
    const mayGrow = queued > 0 && !this.dispatcher.isPaused;
    if (mayGrow) this.keepers.autoscaler.growFor(this.registry.pending - this.dispatcher.blocked);
    this.keepers.recycler?.noteHandedOut();
    this.check();
  }

  /** Acts later: the change comes in the middle of a step, and listeners may run anything, even end the pool. */
  #onBreakerChanged(event: BreakerEvent): void {
    queueMicrotask(() => {
      const { task, key, to, dryRun } = event;
      if (to === 'half-open') this.#parts.emit('breaker:half-open', event);
      else if (to === 'closed') this.#parts.emit('breaker:close', event);
      else {
        if (!dryRun) this.dispatcher.recallRefused(task, key);
        this.#parts.emit('breaker:open', event);
      }
    });
  }

  #onPendingChange(pending: number): void {
    if (pending > 0) {
      this.keepAlive.ref();
      this.keepers.heartbeat.wake();
      return;
    }
    noteWorked();
    this.keepAlive.unref();
    this.check();
  }
}
