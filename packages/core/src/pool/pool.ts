import { EventEmitter } from 'eventemitter3';
import type { Backend, OpenBackend } from '../backend/backend.js';
import { openLocalBackend } from '../backend/local-backend.js';
import { systemClock } from '../base/clock.js';
import { callSafely } from '../base/call-safely.js';
import { ResultCache } from '../cache/result-cache.js';
import { checkEvent, checkListener, checkReason, checkTaskName, wrongArgument } from '../contract/arguments.js';
import { checkRunOptions } from '../contract/check-options.js';
import type { PoolEvents } from '../contract/events.js';
import type {
  BroadcastOptions,
  CloseOptions,
  MapOptions,
  PoolOptions,
  RunOptions,
  WorkersOption,
} from '../contract/options.js';
import { resolveOptions, type ResolvedOptions } from '../contract/resolve-options.js';
import type { PoolStats } from '../contract/stats.js';
import type { AnyHandlers, HandlersOf, Input, Output } from '../contract/worker-module.js';
import { Calls } from './calls.js';
import { Ending } from './ending.js';
import { mapSettled, mapValues, type SettledTask } from './map.js';
import { PoolState } from './pool-state.js';
import { moduleName, workerModuleUrl } from './worker-module-url.js';

/** Arguments after the task name: the input may be left out where the handler takes none. */
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
 * States: open from construction; closing from `close()` until the last task has settled; failed when workers cannot
 * be kept alive; closed at the end. Pending tasks keep the program running; a pool without any does not.
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
   * @param worker path (relative: to the current folder) or file: URL of the worker module
   * @throws ERR_OPTION when an option is unknown or wrong, or the module does not exist
   */
  constructor(worker: string | URL, options?: PoolOptions<NoInfer<W>>);
  /** @internal Over another backend than the workers of this machine. */
  constructor(worker: string | URL, options: PoolOptions<NoInfer<W>>, open: OpenBackend);
  constructor(worker: string | URL, options: PoolOptions<NoInfer<W>> = {}, open: OpenBackend = openLocalBackend) {
    super();
    const url = workerModuleUrl(worker);
    this.#options = resolveOptions(options, moduleName(url));
    const { cache, tasks, taskDefaults } = this.#options;
    if (cache !== undefined) {
      this.#cache = new ResultCache(cache, (task) => (tasks.get(task) ?? taskDefaults).cache, systemClock);
    }
    this.#state = new PoolState(this.#options.name);
    this.#backend = open({
      pool: this,
      moduleUrl: url.href,
      options: this.#options,
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

  /** The result cache, when the pool or one of its tasks has `cache`. */
  get cache(): ResultCache | undefined {
    return this.#cache;
  }

  /**
   * Resolves when the least number of workers is up and warm.
   * @throws ERR_POOL_FAILED with the cause when they cannot be started; ERR_POOL_CLOSED when the pool is closed first
   */
  ready(): Promise<void> {
    return this.#state.isOpen ? this.#backend.whenReady() : Promise.reject(this.#state.closedError());
  }

  // Names are `keyof HandlersOf<W> & string` rather than TaskName<W>: an error of type then lists them.

  /**
   * Runs one task and resolves to what its handler returns.
   * @throws ERR_OPTION at once, for wrong arguments or options
   * @returns a promise that rejects with the handler's own error, the signal's reason, or a PoolError
   */
  run<N extends keyof HandlersOf<W> & string>(name: N, ...args: RunArguments<Input<W, N>>): Promise<Output<W, N>> {
    const [input, options] = args as [unknown, RunOptions | undefined];
    checkTaskName(name);
    const own = options === undefined ? undefined : checkRunOptions(options);
    return this.#calls.run(name, input, own, true) as Promise<Output<W, N>>;
  }

  /**
   * Runs a task for every input, pulled lazily, and yields the results in input order. Stops at the first failure,
   * which it throws; tasks still under way are cancelled then, as when the loop is left early. When the pool takes no more tasks,
   * no more inputs are pulled, the source is closed, and the iteration throws ERR_POOL_CLOSED or ERR_POOL_FAILED after the
   * results of the tasks under way.
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
   * As `map`, but goes on after failures and tells how each input ended. Ends with the pool as `map` does.
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
   * Runs a task once on every worker that is ready and not at its last task (`recycle.afterTasks`), past the queue. Resolves to
   * their results in no given order. Waits for the first worker if there is none. Workers that start later do not run it. The input
   * is taken down at the call; `close()` lets a broadcast finish that waits, and its `signal` rejects it at once.
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
   * Resolves when the queue takes one more task (`queue.max`). Places are given out one by one, in the order of the calls, and
   * each is kept for the next `run()` until the end of this turn of the event loop. Then it is given to the next who waits.
   * @throws ERR_POOL_CLOSED, ERR_POOL_FAILED
   */
  room(): Promise<void> {
    return this.#calls.room();
  }

  /** Resolves when nothing is queued and nothing runs. */
  idle(): Promise<void> {
    return this.#backend.whenIdle();
  }

  /** Changes the number of workers, or its bounds. Workers too many finish what they have. @throws ERR_OPTION */
  resize(workers: WorkersOption): void {
    if (workers === undefined) throw wrongArgument('workers', 'a number, "auto" or an object', workers);
    const own = resolveOptions({ workers }, this.name);
    if (this.#state.isOpen) this.#backend.resize(own.workers);
  }

  /**
   * Replaces every worker there is now between its tasks, those that start or stand by included: a quarter at once, each new one
   * warm before the old one goes. Resolves when the last of them has gone, also because the pool closes; at once for a pool that
   * is not open.
   * @param reason goes out with `worker:recycled`
   * @throws ERR_OPTION at once, for a reason that is no text. ERR_WORKER_START when a new worker cannot be started, with the error
   * of that start as the cause; the workers that are left stay and go on working. ERR_POOL_FAILED when the pool fails meanwhile
   */
  recycle(reason = 'recycle() was called'): Promise<void> {
    checkReason(reason);
    return this.#recycle(reason);
  }

  /** Hands out no task until `resume`. What workers have in flight goes on; tasks may be submitted and wait. */
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
   * Refuses new tasks, finishes the accepted ones, lets workers tear down, and resolves when the last is gone. It may be
   * called again; the earliest limit of all calls holds.
   * @throws ERR_OPTION at once, for wrong options; the pool stays as it is then
   */
  close(options: CloseOptions = {}): Promise<void> {
    return this.#ending.close(options);
  }

  /** Rejects every queued and running task with ERR_POOL_CLOSED, kills the workers, resolves when they are gone. */
  destroy(reason?: unknown): Promise<void> {
    return this.#ending.destroy(reason);
  }

  /**
   * Calls `listener` at every such event; see {@link PoolEvents}. Listeners run synchronously, in the order they came.
   * @throws ERR_OPTION for an event that no pool has, naming the nearest, and for a listener that is no function
   */
  override on<E extends keyof PoolEvents>(event: E, listener: EventEmitter.EventListener<PoolEvents, E>): this {
    checkListener(event, listener);
    return super.on(event, listener);
  }

  /** As `on`, but for the next such event only. @throws ERR_OPTION */
  override once<E extends keyof PoolEvents>(event: E, listener: EventEmitter.EventListener<PoolEvents, E>): this {
    checkListener(event, listener);
    return super.once(event, listener);
  }

  /** Calls this listener no more; without a listener, none of this event. @throws ERR_OPTION for an event that no pool has */
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
