import type { ResultCache } from '../cache/result-cache.js';
import { checkInputs, checkTaskName } from '../contract/arguments.js';
import { checkBroadcastOptions, checkMapOptions } from '../contract/check-options.js';
import { PoolError } from '../contract/errors.js';
import type { BroadcastOptions, MapOptions, RunOptions } from '../contract/options.js';
import { overrideSettings, type ResolvedOptions } from '../contract/resolve-options.js';
import type { Worker } from '../worker/worker.js';
import { bindRetry, toCachedCall, toExtras } from './call-extras.js';
import type { Engine } from './engine.js';
import type { HeldTask } from './intake.js';
import type { MapParts } from './map.js';
import type { PoolState } from './pool-state.js';

const MIN_WINDOW = 16;
const MAX_WINDOW = 4096;

export interface CallsParts {
  engine: Engine;
  state: PoolState;
  options: ResolvedOptions;
  cache: ResultCache | undefined;
}

/** Whether a call is taken, with which settings, and whether the cache or the engine answers it. */
export class Calls {
  readonly #engine: Engine;
  readonly #state: PoolState;
  readonly #options: ResolvedOptions;
  readonly #cache: ResultCache | undefined;

  constructor({ engine, state, options, cache }: CallsParts) {
    this.#engine = engine;
    this.#state = state;
    this.#options = options;
    this.#cache = cache;
  }

  /**
   * One call of `run`, or of one input of `map`.
   * @param options checked
   * @param checksRoom whether the call is refused when there is no place; `map` has waited for one
   */
  run(name: string, input: unknown, options: RunOptions | undefined, checksRoom: boolean): Promise<unknown> {
    const signal = options?.signal;
    try {
      this.#state.refuseUnlessOpen();
      signal?.throwIfAborted();
      const base = this.#engine.settingsOf(name);
      const extras = options === undefined ? undefined : toExtras(options, base, this.#canMove);
      const caches = (extras?.settings ?? base).cache !== undefined;
      if (!caches || this.#cache === undefined) {
        this.#takePlace(checksRoom);
        return this.#engine.intake.submit(name, input, bindRetry(extras, base));
      }
      const call = toCachedCall(extras, base, this.#engine.now());
      return this.#cache.get(name, input, call, (shared) => {
        this.#takePlace(checksRoom);
        return this.#engine.intake.share(name, input, { ...bindRetry(extras, base), ...shared });
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What the loops of `map` and `mapSettled` run on. @throws ERR_OPTION for wrong arguments or options */
  overInputs(name: string, inputs: Iterable<unknown> | AsyncIterable<unknown>, options: MapOptions): MapParts {
    checkTaskName(name);
    checkInputs(inputs);
    const { ordered = true, window, signal, ...own } = checkMapOptions(options);
    const runOptions: RunOptions = own;
    return {
      inputs,
      ordered,
      signal,
      window: () => window ?? Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, this.#engine.usefulInFlight(name))),
      room: () => (this.#engine.room.isFree ? undefined : this.room()),
      submit: (input, tasksSignal) => this.run(name, input, { ...runOptions, signal: tasksSignal }, false),
      onEnd: (callback) => this.#state.onEnd(callback),
    };
  }

  /** Resolves to the results of all workers that take tasks. The input is taken down at the call, even while there is no worker. */
  async broadcast(name: string, input: unknown, options: BroadcastOptions): Promise<unknown[]> {
    checkTaskName(name);
    const { signal, ...own } = checkBroadcastOptions(options);
    this.#state.refuseUnlessOpen();
    signal?.throwIfAborted();
    const { intake } = this.#engine;
    const settings = { ...overrideSettings(this.#engine.settingsOf(name), own), queueTimeoutMs: Infinity };
    const held = intake.hold(name, input, { settings, signal });
    try {
      while (held.task.state === 'queued') {
        const [first, ...others] = this.#takers();
        if (first !== undefined) return await Promise.all(intake.submitHeld(held, [first, ...others]));
        await this.#someWorker(held);
      }
      return [await held.result];
    } finally {
      intake.letGo(held);
    }
  }

  /** Resolves when there is a place in the queue for the next call. */
  room(): Promise<void> {
    if (!this.#state.isOpen) return Promise.reject(this.#state.closedError());
    const { room, keepAlive } = this.#engine;
    const place = room.wait();
    keepAlive.hold();
    const release = (): void => keepAlive.release();
    // The caller gets the promise itself: what it does next is to follow the grant as closely as can be.
    place.then(release, release);
    return place;
  }

  /** Whether `transfer` moves: workers share memory with us, and the port clones values. */
  get #canMove(): boolean {
    const { kind, codec } = this.#options;
    return kind !== 'process' && codec === 'structured';
  }

  #takePlace(isRefusable: boolean): void {
    if (this.#engine.room.take() || !isRefusable) return;
    throw new PoolError('ERR_QUEUE_FULL', { queued: this.#engine.book.counts.queued, max: this.#options.queueMax });
  }

  /** Waits until some worker takes tasks; starts one where the pool may have none. Rejects as soon as the task does. */
  async #someWorker({ task, result }: HeldTask): Promise<void> {
    this.#engine.upkeep.sizing.wantAtLeastOne();
    const some = this.#engine.conditions.until(() => task.state !== 'queued' || this.#takers().length > 0);
    await Promise.race([result, some]);
  }

  /** Workers that may be given a task. */
  #takers(): Worker[] {
    return this.#engine.dispatcher.roster.ready.filter(({ tasksLeft }) => tasksLeft > 0);
  }
}
