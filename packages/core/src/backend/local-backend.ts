import { moduleFile } from '../base/module-file.js';
import { wrongArgument } from '../contract/arguments.js';
import type { BreakerHandle } from '../contract/breaker-options.js';
import type { CallTerms } from '../contract/call-terms.js';
import { optionError } from '../contract/check-options.js';
import { type DroppedBy, PoolError } from '../contract/errors.js';
import type { WorkersOption } from '../contract/options.js';
import type { PoolProfiling, ProfileTerms } from '../contract/profile-messages.js';
import type { WorkerRelief } from '../contract/relief.js';
import type { TaskSettings } from '../contract/resolved-options.js';
import type { PressureLevel } from '../contract/worker-module.js';
import { dropped } from '../dispatch/task-errors.js';
import type { NotedCheck } from '../sizing/health.js';
import type { LoopTimes } from '../task/loop-times.js';
import type { FlowOptions } from '../task/task-flows.js';
import type { TaskType } from '../task/task-type.js';
import type { Worker } from '../worker/worker.js';
import type { Backend, BackendParts, BackendStats, FlowingTask, SharedTask } from './backend.js';
import { backendStats } from './backend-stats.js';
import { checkLocal } from './check-local.js';
import { Engine } from './engine.js';
import type { PreparedTask } from './intake.js';
import { relieveAll } from './relief.js';
import { takeStartData } from './start-data.js';
import { systemHost } from './system-host.js';

/** Starts workers of this machine for a pool. @throws ERR_OPTION when the options do not suit this machine */
export function openLocalBackend(parts: BackendParts): Backend {
  const { moduleUrl, options, givenStartData } = parts;
  checkLocal(moduleUrl, options);
  const startData = takeStartData(givenStartData, options.kind);
  return new LocalBackend(new Engine({ ...parts, startData, host: systemHost(options.kind) }), parts);
}

/** Runs tasks in workers of this machine: processes, threads, or this thread. */
export class LocalBackend implements Backend {
  readonly loopTimes: LoopTimes;
  readonly #engine: Engine;
  readonly #moduleUrl: string;
  readonly #queueMax: number;
  /** Whether workers share memory with this program, and their port clones values: then `transfer` moves. Elsewhere it copies. */
  readonly #canMove: boolean;
  /** The error of all waits for room or readiness, once the backend ends. */
  #refusal: Error | undefined;
  // One function per wait, so that all callers share one condition.
  readonly #isReady = (): boolean => {
    if (this.#refusal !== undefined) throw this.#refusal;
    return this.#engine.dispatcher.roster.ready.length >= this.#engine.keepers.autoscaler.range.min;
  };
  readonly #isIdle = (): boolean => this.#engine.registry.pending === 0;

  constructor(engine: Engine, { moduleUrl, options }: Pick<BackendParts, 'moduleUrl' | 'options'>) {
    this.#engine = engine;
    this.loopTimes = engine.profiling.loopTimes;
    this.#moduleUrl = moduleUrl;
    this.#queueMax = options.queueMax;
    this.#canMove = options.kind !== 'process' && options.codec === 'structured';
  }

  submit(name: string, input: unknown, terms: CallTerms | undefined, mayRefuse: boolean): Promise<unknown> {
    const { intake } = this.#engine;
    const type = intake.typeOf(name, terms);
    const checked = this.#checked(type, input, terms);
    this.#takePlace(mayRefuse);
    const own = checked?.transfer === undefined ? checked : this.#movable(checked);
    return intake.submit(type, name, input, own);
  }

  submitShared(name: string, input: unknown, terms: CallTerms, mayRefuse: boolean): SharedTask {
    const { intake } = this.#engine;
    const type = intake.typeOf(name, terms);
    const checked = this.#checked(type, input, terms);
    this.#takePlace(mayRefuse);
    return intake.share(type, name, input, this.#movable(checked));
  }

  openCallable(name: string, label: string, settings: TaskSettings): number {
    return this.#engine.types.openCallable(name, label, settings);
  }

  submitFlowing(
    name: string,
    input: unknown,
    terms: CallTerms | undefined,
    options: FlowOptions,
    mayRefuse: boolean,
  ): FlowingTask {
    const { intake } = this.#engine;
    const type = intake.typeOf(name, terms);
    const checked = this.#checked(type, input, terms);
    this.#takePlace(mayRefuse);
    const flows = this.#engine.openFlows(name, options);
    const result = intake.submit(type, name, input, { ...(checked && this.#movable(checked)), flows });
    flows.follow(result);
    return { result: result.then((value) => value), flows };
  }

  /** Copies the input at the call, even while there is no worker. */
  async submitToAll(name: string, input: unknown, terms: CallTerms): Promise<unknown[]> {
    const { intake } = this.#engine;
    const prepared = intake.prepare(name, input, terms);
    try {
      while (prepared.task.state === 'queued') {
        const [first, ...others] = this.#takers();
        if (first !== undefined) return await Promise.all(intake.submitPrepared(prepared, [first, ...others]));
        await this.#someWorker(prepared);
      }
      return [await prepared.result];
    } finally {
      intake.release(prepared);
    }
  }

  usefulInFlight(name: string): number {
    const { supervisor, keepers, registry, dispatcher, types } = this.#engine;
    const workers = Math.max(supervisor.wanted, Math.min(keepers.autoscaler.range.start, registry.pending + 1));
    const { typicalMs, batches } = types.of(name);
    return dispatcher.usefulInFlight(typicalMs, workers) * (batches?.size ?? 1);
  }

  get hasRoom(): boolean {
    return this.#engine.room.isFree;
  }

  whenRoom(): Promise<void> {
    return this.#engine.keepAlive.during(this.#engine.room.wait());
  }

  whenReady(): Promise<void> {
    const { conditions, keepAlive } = this.#engine;
    return keepAlive.during(conditions.until(this.#isReady));
  }

  /** Pending tasks keep the program running, so this wait need not. */
  whenIdle(): Promise<void> {
    return this.#engine.conditions.until(this.#isIdle);
  }

  breaker(name: string, key: string | undefined, callable?: number): BreakerHandle {
    const { options, types, clock } = this.#engine;
    const own = callable === undefined ? undefined : types.ofCallable(callable);
    if (own !== undefined) {
      if (own.breakers === undefined) throw optionError(`task("${name}").breaker`, 'is not set, so there is none.');
      return own.breakers.handle(key, () => clock.now());
    }
    const { breaker } = options.tasks.get(name) ?? options.taskDefaults;
    // A name without one gets no type, which stats() would show.
    const breakers = breaker && types.of(name).breakers;
    if (breakers === undefined) throw wrongArgument('name', 'the name of a task with `breaker`', name);
    return breakers.handle(key, () => clock.now());
  }

  flush(name: string | undefined): void {
    this.#engine.dispatcher.flush(name, 'flush');
  }

  pause(): void {
    this.#engine.dispatcher.pause();
  }

  resume(): void {
    this.#engine.dispatcher.resume();
  }

  resize(workers: WorkersOption): void {
    this.#engine.resize(workers);
  }

  async recycle(reason: string): Promise<void> {
    const { keepAlive, supervisor } = this.#engine;
    const { replaced, of, failure } = await keepAlive.during(supervisor.recycle(reason));
    if (failure === undefined || this.#refusal !== undefined) return;
    const cause = failure.error;
    const why = `${notAllReplaced(replaced, of)}${cause instanceof Error ? ` ${cause.message}` : ''}`;
    const module = moduleFile(this.#moduleUrl);
    throw new PoolError('ERR_WORKER_START', { module, phase: 'recycle()', reason: why, place: undefined }, { cause });
  }

  async relieve(level: PressureLevel, timeoutMs: number): Promise<WorkerRelief[]> {
    const { keepAlive, supervisor, dropInputs } = this.#engine;
    dropInputs();
    // Spares as well.
    const ready = [...supervisor.workers].filter((worker) => worker.isReady);
    return keepAlive.during(relieveAll(ready, level, timeoutMs));
  }

  profile(terms: ProfileTerms): PoolProfiling {
    return this.#engine.profiling.open(terms);
  }

  health(): NotedCheck[] {
    return this.#engine.keepers.health.look();
  }

  stats(windowMs?: number): BackendStats {
    const { options, dispatcher, supervisor, keepers, clock, past, registry, types } = this.#engine;
    return backendStats({
      kind: options.kind,
      paused: dispatcher.isPaused,
      nowMs: clock.now(),
      wanted: supervisor.wanted,
      sizing: keepers.autoscaler.stats(),
      memory: keepers.memory?.stats(),
      workers: supervisor.workers,
      spares: supervisor.spares.size,
      placeMs: keepers.autoscaler.placeMs,
      past,
      registry,
      types,
      window: windowMs === undefined ? undefined : keepers.windows.over(windowMs),
    });
  }

  dropWaiting(by: DroppedBy): number {
    const { dispatcher, intake, registry, options } = this.#engine;
    const outside = intake.outside();
    for (const task of outside) registry.fail(task, dropped(task, options.name, by));
    return outside.length + dispatcher.dropWaiting(by);
  }

  drain(refusal: Error): Promise<void> {
    return this.#engine.keepAlive.during(this.#drain(refusal));
  }

  kill(error: Error, refusal = error): Promise<void> {
    return this.#engine.keepAlive.during(this.#kill(error, refusal));
  }

  async #drain(refusal: Error): Promise<void> {
    const { dispatcher, conditions, registry, keepers, supervisor, keepAlive } = this.#engine;
    this.#refuse(refusal);
    // Paused tasks were accepted, too, so they must run.
    dispatcher.resume();
    dispatcher.flush(undefined, 'close');
    // A task may come in the turn in which the last one has ended.
    while (registry.pending > 0) await conditions.until(this.#isIdle);
    dispatcher.end(refusal);
    keepers.heartbeat.stop();
    await supervisor.stop();
    keepAlive.stop();
  }

  async #kill(error: Error, refusal: Error): Promise<void> {
    const { dispatcher, intake, registry, keepers, supervisor, keepAlive } = this.#engine;
    this.#refuse(refusal);
    dispatcher.end(error);
    for (const task of intake.outside()) registry.fail(task, error);
    for (const task of dispatcher.all()) dispatcher.reject(task, error);
    keepers.heartbeat.stop();
    await supervisor.kill();
    keepAlive.stop();
  }

  /** Rejects all waits for room or readiness. The first reason stands. */
  #refuse(refusal: Error): void {
    this.#refusal ??= refusal;
    this.#engine.room.end(refusal);
    this.#engine.conditions.check();
  }

  /** See Intake.checked. A function of the user's that it calls may have ended this backend. */
  #checked<T extends CallTerms | undefined>(
    type: TaskType,
    input: unknown,
    terms: T,
  ): T | (T & { breakerKey: string }) {
    if (type.breakers === undefined) return terms;
    const checked = this.#engine.intake.checked(type.breakers, input, terms);
    if (checked !== terms && this.#refusal !== undefined) throw this.#refusal;
    return checked;
  }

  #takePlace(mayRefuse: boolean): void {
    if (this.#engine.room.take(mayRefuse)) return;
    throw new PoolError('ERR_QUEUE_FULL', { queued: this.#engine.registry.counts.queued, max: this.#queueMax });
  }

  #movable(terms: CallTerms): CallTerms {
    return this.#canMove || terms.transfer === undefined ? terms : { ...terms, transfer: undefined };
  }

  /** Waits until some worker takes tasks, and starts one where the pool may have none. Rejects as soon as the task does. */
  async #someWorker({ task, result }: PreparedTask): Promise<void> {
    this.#engine.keepers.autoscaler.wantAtLeastOne();
    const some = this.#engine.conditions.until(() => task.state !== 'queued' || this.#takers().length > 0);
    await Promise.race([result, some]);
  }

  /** Workers that may be given a task. */
  #takers(): Worker[] {
    return this.#engine.dispatcher.roster.ready.filter(({ tasksLeft }) => tasksLeft > 0);
  }
}

function notAllReplaced(replaced: number, of: number): string {
  if (of === 1) return 'The worker was not replaced, and stays.';
  const rest = of - replaced === 1 ? 'the other stays' : 'the others stay';
  return `${replaced} of ${of} workers ${replaced === 1 ? 'was' : 'were'} replaced, and ${rest}.`;
}
