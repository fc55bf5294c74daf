import { EventEmitter } from 'eventemitter3';
import type { Backend, OpenBackend } from '../backend/backend.js';
import { openLocalBackend } from '../backend/local-backend.js';
import { callSafely } from '../base/call-safely.js';
import { systemClock } from '../base/clock.js';
import { ResultCache } from '../cache/result-cache.js';
import { checkEvent, checkListener, checkReason, checkTaskName, wrongArgument } from '../contract/arguments.js';
import type { BroadcastOptions, CloseOptions, MapOptions, RunOptions } from '../contract/call-options.js';
import { checkRunOptions } from '../contract/check-options.js';
import type { PoolEvents } from '../contract/events.js';
import type { PoolOptions, WorkersOption } from '../contract/options.js';
import { type ResolvedOptions, resolveOptions } from '../contract/resolve-options.js';
import type { PoolStats } from '../contract/stats.js';
import type { AnyHandlers, HandlersOf, Input, Output } from '../contract/worker-module.js';
import { Calls } from './calls.js';
import { Ending } from './ending.js';
import { mapSettled, mapValues, type SettledTask } from './map.js';
import { PoolState } from './pool-state.js';
import { moduleName, workerModuleUrl } from './worker-module-url.js';

/** Arguments after the task name. The input may be left out where the handler takes none. */
export type RunArguments<I> = undefined extends I
  ? [input?: I, options?: RunOptions]
  : [input: I, options?: RunOptions];

/** As {@link RunArguments}, with the options of `broadcast`. */
export type BroadcastArguments<I> = undefined extends I
  ? [input?: I, options?: BroadcastOptions]
  : [input: I, options?: BroadcastOptions];

/**
 * A supervised pool of workers that run the handlers of one module.
 *
 * ```ts
 * const pool = new Pool<typeof import('./worker.js')>(new URL('./worker.js', import.meta.url));
 * const sum = await pool.run('add', { a: 1, b: 2 });
 * await pool.close();
 * ```
 *
 * States: open from construction; closing from `close()` until the last task has settled; closed at the end. A pool whose
 * workers cannot be kept alive is failed. Pending tasks keep the program running; a pool without any does not.
 *
 * @typeParam W the type of the worker module; gives names, inputs and outputs of its handlers
 */
export class Pool<W = AnyHandlers> extends EventEmitter<PoolEvents> implements AsyncDisposable {
  readonly #options: ResolvedOptions;
  readonly #backend: Backend;
  readonly #cache: ResultCache | undefined;
  readonly #state: PoolState;
  readonly #calls: Calls;
  readonly #ending: Ending;

  /**
   * Starts the least number of workers at once.
   * @param worker path (relative to the current folder) or file: URL of the worker module
   * @throws ERR_OPTION when an option is unknown or wrong, or the module does not exist
   */
  constructor(worker: string | URL, options?: PoolOptions<NoInfer<W>>);
  /** @internal Over another backend than the workers of this machine. */
  constructor(worker: string | URL, options: PoolOptions<NoInfer<W>>, open: OpenBackend);
  constructor(worker: string | URL, options: PoolOptions<NoInfer<W>> = {}, open: OpenBackend = openLocalBackend) {
    super();
    const url = workerModuleUrl(worker);
    // Kept by no field: the pool copies these two, and the caller may then drop them.
    const { workerData, warmup, ...own } = resolveOptions(options, moduleName(url));
    this.#options = own;
    const { cache, tasks, taskDefaults } = this.#options;
    if (cache !== undefined) {
      this.#cache = new ResultCache(cache, (task) => (tasks.get(task) ?? taskDefaults).cache, systemClock);
    }
    this.#state = new PoolState(this.#options.name);
    this.#backend = open({
      pool: this,
      moduleUrl: url.href,
      options: this.#options,
      givenStartData: { workerData, warmup },
      emit: (event, ...args) => this.#emitSafely(event, args),
      gaveUp: (reason, cause) => this.#ending.fail(reason, cause),
      memoryShort: () => this.#cache?.trim(),
    });
    const parts = { backend: this.#backend, state: this.#state };
    this.#calls = new Calls({ ...parts, options: this.#options, cache: this.#cache });
    this.#ending = new Ending({ ...parts, failed: (failure) => this.#emitSafely('failed', [failure]) });
  }

  /** The `name` option, or the file name of the worker module. */
  get name(): string {
    return this.#options.name;
  }

  /** The result cache, if the pool or one of its tasks has `cache`. */
  get cache(): ResultCache | undefined {
    return this.#cache;
  }

  /**
   * Resolves when the least number of workers is ready and warm.
   * @throws ERR_POOL_FAILED with the cause when they cannot be started; ERR_POOL_CLOSED when the pool is closed first
   */
  async ready(): Promise<void> {
    this.#state.refuseUnlessOpen();
    // Each caller gets its own promise: the backend handles the rejection of the one that all share.
    await this.#backend.whenReady();
  }

  // Names are `keyof HandlersOf<W> & string` rather than TaskName<W>, because a type error then lists them.

  /**
   * Runs one task and resolves to the result of its handler.
   * @throws ERR_OPTION at once, for wrong arguments or options
   * @returns a promise that rejects with the handler's own error, the signal's reason, or a PoolError
   */
  run<N extends keyof HandlersOf<W> & string>(name: N, ...args: RunArguments<Input<W, N>>): Promise<Output<W, N>> {
    const [input, options] = args as [unknown, RunOptions | undefined];
    checkTaskName(name);
    const own = options === undefined ? undefined : checkRunOptions(options);
    return this.#calls.run(name, input, own) as Promise<Output<W, N>>;
  }

  /**
   * Runs a task for every input, pulled lazily, and yields the results in input order. It stops at the first failure, which
   * it throws. Tasks still under way are then cancelled, as when the loop is left early. When the pool accepts no more tasks,
   * no more inputs are pulled, and the source is closed. The iteration then throws ERR_POOL_CLOSED or ERR_POOL_FAILED, after
   * the results of the tasks under way.
   * @throws ERR_OPTION at once, for wrong arguments or options
   */
  map<N extends keyof HandlersOf<W> & string>(
    name: N,
    inputs: Iterable<Input<W, N>> | AsyncIterable<Input<W, N>>,
    options: MapOptions = {},
  ): AsyncGenerator<Output<W, N>, void, undefined> {
    return mapValues(this.#calls.overInputs(name, inputs, options)) as AsyncGenerator<Output<W, N>, void, undefined>;
  }

  /**
   * Like `map`, but goes on after failures and yields how each input ended. Ends with the pool as `map` does.
   * @throws ERR_OPTION at once, for wrong arguments or options
   */
  mapSettled<N extends keyof HandlersOf<W> & string>(
    name: N,
    inputs: Iterable<Input<W, N>> | AsyncIterable<Input<W, N>>,
    options: MapOptions = {},
  ): AsyncGenerator<SettledTask<Input<W, N>, Output<W, N>>, void, undefined> {
    type Result = AsyncGenerator<SettledTask<Input<W, N>, Output<W, N>>, void, undefined>;
    return mapSettled(this.#calls.overInputs(name, inputs, options)) as Result;
  }

  /**
   * Runs a task once on every worker that is ready and not at its last task (`recycle.afterTasks`), past the queue. Resolves
   * to their results in no given order. Without any worker, it waits for the first. Workers that start later do not run it.
   * The input is copied at the call. `close()` lets a waiting broadcast finish, and its `signal` rejects it at once.
   * @returns a promise that rejects with ERR_OPTION for wrong arguments or options, else as those of `run`
   */
  async broadcast<N extends keyof HandlersOf<W> & string>(
    name: N,
    ...args: BroadcastArguments<Input<W, N>>
  ): Promise<Output<W, N>[]> {
    const [input, options = {}] = args as [unknown, BroadcastOptions | undefined];
    return (await this.#calls.broadcast(name, input, options)) as Output<W, N>[];
  }

  /**
   * Resolves when the queue has room for one more task (`queue.max`). Places are given out one by one, in the order of the
   * calls. Each is kept for the next `run()` until the end of this turn of the event loop. Then it goes to the next waiting
   * caller.
   * @throws ERR_POOL_CLOSED, ERR_POOL_FAILED
   */
  room(): Promise<void> {
    return this.#calls.room();
  }

  /** Resolves when nothing is queued and nothing runs. */
  idle(): Promise<void> {
    return this.#backend.whenIdle();
  }

  /**
   * Changes the number of workers, or its bounds. Excess workers finish what they have. Kind 'inline' has one worker,
   * always, and a pool that is not open has none to come: both ignore it.
   * @throws ERR_OPTION for a wrong value, also where it is ignored
   */
  resize(workers: WorkersOption): void {
    if (workers === undefined) throw wrongArgument('workers', 'a number, "auto" or an object', workers);
    const own = resolveOptions({ workers }, this.name);
    if (this.#state.isOpen) this.#backend.resize(own.workers);
  }

  /**
   * Replaces every present worker between its tasks, starting ones and spares included. A quarter go at once, and each new
   * one is warm before the old one goes. Resolves when the last of them has gone, also because the pool closes. Resolves at
   * once for a pool that is not open.
   * @param reason goes out with `worker:recycled`
   * @throws ERR_OPTION at once, for a reason that is not a text. ERR_WORKER_START when a new worker cannot be started, with
   * the error of that start as the cause. The remaining workers then stay and go on. ERR_POOL_FAILED when the pool fails
   * meanwhile
   */
  recycle(reason = 'recycle() was called'): Promise<void> {
    checkReason(reason);
    return this.#recycle(reason);
  }

  /** Hands out no task until `resume`. Tasks in flight go on; new tasks may be submitted and wait. */
  pause(): void {
    this.#backend.pause();
  }

  resume(): void {
    this.#backend.resume();
  }

  /** A snapshot, as plain data. */
  stats(): PoolStats {
    const { name, kind } = this.#options;
    return { name, kind, state: this.#state.name, ...this.#backend.stats(), cache: this.#cache?.stats() };
  }

  /**
   * Refuses new tasks, finishes the accepted ones, lets workers tear down, and resolves when the last has gone. It may be
   * called again; the earliest limit of all calls holds.
   * @throws ERR_OPTION at once, for wrong options; the pool then stays as it is
   */
  close(options: CloseOptions = {}): Promise<void> {
    return this.#ending.close(options);
  }

  /** Rejects every queued and running task with ERR_POOL_CLOSED, kills the workers, and resolves when they have gone. */
  destroy(reason?: unknown): Promise<void> {
    return this.#ending.destroy(reason);
  }

  /**
   * Calls `listener` at every such event; see {@link PoolEvents}. Listeners run synchronously, in the order of their
   * registration. What one throws becomes an uncaught exception of the program.
   * @throws ERR_OPTION for an unknown event, with the nearest name, and for a listener that is not a function
   */
  override on<E extends keyof PoolEvents>(event: E, listener: EventEmitter.EventListener<PoolEvents, E>): this {
    checkListener(event, listener);
    return super.on(event, listener);
  }

  /** Like `on`, but for the next such event only. @throws ERR_OPTION */
  override once<E extends keyof PoolEvents>(event: E, listener: EventEmitter.EventListener<PoolEvents, E>): this {
    checkListener(event, listener);
    return super.once(event, listener);
  }

  /** Removes this listener; without a listener, all of this event. @throws ERR_OPTION for an unknown event */
  override off<E extends keyof PoolEvents>(event: E, listener?: EventEmitter.EventListener<PoolEvents, E>): this {
    checkEvent(event);
    return super.off(event, listener);
  }

  /** The same as `on`. @throws ERR_OPTION */
  override addListener<E extends keyof PoolEvents>(
    event: E,
    listener: EventEmitter.EventListener<PoolEvents, E>,
  ): this {
    return this.on(event, listener);
  }

  /** The same as `off`. @throws ERR_OPTION */
  override removeListener<E extends keyof PoolEvents>(
    event: E,
    listener?: EventEmitter.EventListener<PoolEvents, E>,
  ): this {
    return this.off(event, listener);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #recycle(reason: string): Promise<void> {
    if (!this.#state.isOpen) return;
    await this.#backend.recycle(reason);
    this.#state.refuseIfFailed();
  }

  #emitSafely<E extends keyof PoolEvents>(event: E, args: Parameters<PoolEvents[E]>): void {
    callSafely(() =>
      (this.emit as (event: E, ...args: Parameters<PoolEvents[E]>) => boolean).call(this, event, ...args),
    );
  }
}
