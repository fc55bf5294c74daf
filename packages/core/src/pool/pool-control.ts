import type { ResultCache } from '../cache/result-cache.js';
import { checkPressureLevel, checkReason, checkTaskName, wrongArgument } from '../contract/arguments.js';
import type { BreakerHandle } from '../contract/breaker-options.js';
import type { CloseOptions } from '../contract/call-options.js';
import { checkReliefOptions, checkStatsOptions } from '../contract/check-options.js';
import { checkProfileTerms } from '../contract/check-profile-terms.js';
import type { PoolHealth } from '../contract/health.js';
import type { WorkersOption } from '../contract/options.js';
import { type PoolProfiling, type ProfileTerms, PROFILING } from '../contract/profile-messages.js';
import type { PoolRelief, ReliefOptions } from '../contract/relief.js';
import { resolveOptions } from '../contract/resolve-options.js';
import type { PoolStats } from '../contract/stats.js';
import type { StatsOptions } from '../contract/window-stats.js';
import type { AnyHandlers, HandlersOf, PressureLevel } from '../contract/worker-module.js';
import { healthOf, relievePool } from './care.js';
import { CheckedEvents } from './checked-events.js';
import type { PoolParts } from './open-pool.js';

/**
 * What a pool is and does apart from its tasks: its state, its workers, its figures, its end.
 *
 * @typeParam W the type of the worker module
 */
export class PoolControl<W = AnyHandlers> extends CheckedEvents implements AsyncDisposable {
  /** @internal */
  protected readonly parts: PoolParts;

  /** @internal */
  protected constructor(open: (pool: PoolControl<W>) => PoolParts) {
    super();
    this.parts = open(this);
  }

  /** The `name` option, or the file name of the worker module; 'inline' for one that was given as an object. */
  get name(): string {
    return this.parts.options.name;
  }

  /** The result cache, if the pool, one of its tasks or one of its callables has `cache`. */
  get cache(): ResultCache | undefined {
    return this.parts.cache.present;
  }

  /**
   * Resolves when the least number of workers is ready and warm.
   * @throws ERR_POOL_FAILED with the cause when they cannot be started; ERR_POOL_CLOSED when the pool is closed first
   */
  async ready(): Promise<void> {
    this.parts.state.refuseUnlessOpen();
    // Each caller gets its own promise: the backend handles the rejection of the one that all share.
    await Promise.all([this.parts.backend.whenReady(), this.parts.warmed]);
  }

  /**
   * Resolves when the queue has room for one more task (`queue.max`). Places are given out one by one, in the order of the
   * calls. Each is kept for the next `run()` until the end of this turn of the event loop. Then it goes to the next waiting
   * caller.
   * @throws ERR_POOL_CLOSED, ERR_POOL_FAILED
   */
  room(): Promise<void> {
    return this.parts.calls.room();
  }

  /** Resolves when nothing is queued and nothing runs. */
  idle(): Promise<void> {
    return this.parts.backend.whenIdle();
  }

  /** @internal How a profiler attaches. */
  [PROFILING](terms: ProfileTerms): PoolProfiling {
    return this.parts.backend.profile(checkProfileTerms(terms));
  }

  /**
   * Changes the number of workers, or its bounds. Excess workers finish what they have. Kind 'inline' has one worker,
   * always, and a pool that is not open has none to come: both ignore it.
   * @throws ERR_OPTION for a wrong value, also where it is ignored
   */
  resize(workers: WorkersOption): void {
    if (workers === undefined) throw wrongArgument('workers', 'a number, "auto" or an object', workers);
    const own = resolveOptions({ workers }, this.name);
    if (this.parts.state.isOpen) this.parts.backend.resize(own.workers);
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

  /**
   * Rejects every task that waits with ERR_TASK_DROPPED. Tasks that have begun go on, and the pool takes new ones. Tasks wait in
   * the queue, between two tries, and inside a worker until their handler is called. A broadcast waits until a worker has it.
   * @returns the number of rejected tasks
   */
  dropQueued(): number {
    return this.parts.backend.dropWaiting('dropQueued');
  }

  /**
   * The circuit breaker of a task.
   * @param key for a task with `breaker.key`: the key that it returns for an input
   * @throws ERR_OPTION for a task without `breaker`, and for a key that is missing or needless
   */
  breaker(name: keyof HandlersOf<W> & string, key?: string): BreakerHandle {
    checkTaskName(name);
    return this.parts.backend.breaker(name, key);
  }

  /**
   * Ends waits for more calls, of this task or of all. Calls that wait in throttle or debounce run at once. Items that wait for
   * others of their batch leave as soon as a worker is free. Without effect for a pool that is not open. Calls of callables belong
   * to all.
   * @throws ERR_OPTION for a name that is no text
   */
  flush(name?: keyof HandlersOf<W> & string): void {
    if (name !== undefined) checkTaskName(name);
    if (!this.parts.state.isOpen) return;
    this.parts.shaping.flush(name);
    this.parts.backend.flush(name);
  }

  /** Hands out no task until `resume`. Tasks in flight go on; new tasks may be submitted and wait. */
  pause(): void {
    this.parts.backend.pause();
  }

  resume(): void {
    this.parts.backend.resume();
  }

  /** A snapshot, as plain data. @throws ERR_OPTION */
  stats(options?: StatsOptions): PoolStats {
    const { name, kind } = this.parts.options;
    const windowMs = options === undefined ? undefined : checkStatsOptions(options).windowMs;
    const own = { cache: this.parts.cache.present?.stats(), shaping: this.parts.shaping.stats() };
    return { name, kind, state: this.parts.state.name, ...this.parts.backend.stats(windowMs), ...own };
  }

  /** Whether the pool does its work, and what is wrong if not: for readiness and liveness probes. Its limits: `health`. */
  health(): PoolHealth {
    return healthOf(this.parts.state, this.parts.backend.health());
  }

  /**
   * Frees memory now. Each ready worker runs its `onMemoryPressure`, and with --expose-gc it collects its garbage. This program
   * drops memory that is kept for inputs, and the least recently used half of the cached results. Resolves when each worker has
   * answered, or its time is over.
   * @param level goes to the hooks
   * @throws ERR_OPTION at once, for a wrong level or wrong options
   */
  relieve(level: PressureLevel = 'high', options: ReliefOptions = {}): Promise<PoolRelief> {
    checkPressureLevel(level);
    return relievePool(this.parts.backend, this.parts.cache.present, level, checkReliefOptions(options));
  }

  /**
   * Refuses new tasks, finishes the accepted ones, lets workers tear down, and resolves when the last has gone. With `drop:
   * 'queued'` it finishes only those that have begun. It may be called again: the earliest limit of all calls holds, and each
   * may drop what waits.
   * @throws ERR_OPTION at once, for wrong options; the pool then stays as it is
   */
  close(options: CloseOptions = {}): Promise<void> {
    return this.parts.ending.close(options);
  }

  /**
   * Rejects every queued and running task with ERR_POOL_CLOSED at once, ends the workers, and resolves when they have gone. A
   * worker in which a handler runs is killed. Any other runs its `teardown` first, for `graceMs` or `teardownMs` at most,
   * whichever is shorter.
   */
  destroy(reason?: unknown): Promise<void> {
    return this.parts.ending.destroy(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #recycle(reason: string): Promise<void> {
    if (!this.parts.state.isOpen) return;
    await this.parts.backend.recycle(reason);
    this.parts.state.refuseIfFailed();
  }
}
