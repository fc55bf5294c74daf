import { AsyncResource } from 'node:async_hooks';
import type { Backend } from '../backend/backend.js';
import { hostMsOfEpoch, hostNowMs } from '../base/clock.js';
import { shortKey } from '../base/short-key.js';
import type { CachedCall } from '../cache/flight.js';
import type { ResultCache } from '../cache/result-cache.js';
import { checkInputs, checkTaskName } from '../contract/arguments.js';
import type { BroadcastOptions, MapOptions, RunOptions } from '../contract/call-options.js';
import type { CallTerms } from '../contract/call-terms.js';
import { checkBroadcastOptions, checkMapOptions } from '../contract/check-options.js';
import { overrideSettings, type ResolvedOptions, type TaskSettings } from '../contract/resolve-options.js';
import type { MapParts } from './map.js';
import type { PoolState } from './pool-state.js';

/** Bounds of a window that the pool chooses. The least fills eight workers twice; the most bounds memory for large items. Choices. */
const MIN_WINDOW = 16;
const MAX_WINDOW = 4096;

export interface CallsParts {
  backend: Backend;
  state: PoolState;
  options: ResolvedOptions;
  cache: ResultCache | undefined;
}

/**
 * Decides whether a call is accepted and on which terms, and whether the cache or the backend answers it. Any step around a
 * call belongs in `run`, between the terms and the backend. Now that is the cache with its single flight, later a pipeline of
 * such steps.
 */
export class Calls {
  readonly #backend: Backend;
  readonly #state: PoolState;
  readonly #options: ResolvedOptions;
  readonly #cache: ResultCache | undefined;

  constructor({ backend, state, options, cache }: CallsParts) {
    this.#backend = backend;
    this.#state = state;
    this.#options = options;
    this.#cache = cache;
  }

  /**
   * One call of `run`.
   * @param options checked
   */
  run(name: string, input: unknown, options: RunOptions | undefined): Promise<unknown> {
    const base = this.#settingsOf(name);
    return this.#submit(name, input, base, options && toTerms(options, base), true);
  }

  /** The parts for the loops of `map` and `mapSettled`. @throws ERR_OPTION for wrong arguments or options */
  overInputs(name: string, inputs: Iterable<unknown> | AsyncIterable<unknown>, options: MapOptions): MapParts {
    checkTaskName(name);
    checkInputs(inputs);
    const { ordered = true, window, signal, ...own } = checkMapOptions(options);
    const base = this.#settingsOf(name);
    // One object for all inputs. An identity task then takes 3.7 instead of 7.5 µs of the program, medians of five runs in turn.
    let terms: CallTerms | undefined;
    return {
      inputs,
      ordered,
      signal,
      window: () => window ?? Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, this.#backend.usefulInFlight(name))),
      room: () => (this.#backend.hasRoom ? undefined : this.room()),
      submit: (input, tasksSignal) => {
        terms ??= toTerms({ ...own, signal: tasksSignal }, base);
        return this.#submit(name, input, base, terms, false);
      },
      mayComeAtOnce: base.cache !== undefined,
      onEnd: (callback) => this.#state.onEnd(callback),
    };
  }

  /** Resolves to the results of all workers that take tasks. */
  async broadcast(name: string, input: unknown, options: BroadcastOptions): Promise<unknown[]> {
    checkTaskName(name);
    const { signal, ...own } = checkBroadcastOptions(options);
    this.#state.refuseUnlessOpen();
    signal?.throwIfAborted();
    const settings = { ...overrideSettings(this.#settingsOf(name), own), queueTimeoutMs: Infinity };
    return this.#backend.submitToAll(name, input, { settings, signal });
  }

  /** Resolves when there is a place in the queue for the next call. */
  room(): Promise<void> {
    return this.#state.isOpen ? this.#backend.whenRoom() : Promise.reject(this.#state.closedError());
  }

  /**
   * Hands a call to the cache or the backend, or rejects it.
   * @param mayRefuse whether the call is rejected when there is no place; `map` has waited for one
   */
  #submit(
    name: string,
    input: unknown,
    base: TaskSettings,
    terms: CallTerms | undefined,
    mayRefuse: boolean,
  ): Promise<unknown> {
    try {
      this.#state.refuseUnlessOpen();
      terms?.signal?.throwIfAborted();
      const cache = (terms?.settings ?? base).cache === undefined ? undefined : this.#cache;
      if (cache === undefined) return this.#backend.submit(name, input, bindRetry(terms, base), mayRefuse);
      return cache.get(name, input, toCachedCall(terms, base), (shared) =>
        this.#backend.submitShared(name, input, { ...bindRetry(terms, base), ...shared }, mayRefuse),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #settingsOf(name: string): TaskSettings {
    return this.#options.tasks.get(name) ?? this.#options.taskDefaults;
  }
}

/** Terms of one call beyond the settings of its name. */
function toTerms(options: RunOptions, base: TaskSettings): CallTerms {
  const { signal, deadline, borrow } = options;
  const onProgress = options.onProgress === undefined ? undefined : inThisContext(options.onProgress);
  const key = options.key === undefined ? undefined : shortKey(options.key);
  const transfer = options.transfer?.length ? options.transfer : undefined;
  const settings = overrideSettings(base, options);
  if (deadline === undefined) return { settings, signal, onProgress, key, transfer, borrow };
  const epochMs = Number(deadline);
  return { settings, signal, onProgress, key, transfer, borrow, deadline: { epochMs, hostMs: hostMsOfEpoch(epochMs) } };
}

/** The same with `retry.on` bound to the caller's async context; unchanged if there is none. */
function bindRetry(terms: CallTerms | undefined, base: TaskSettings): CallTerms | undefined {
  const settings = terms?.settings ?? base;
  const { on } = settings.retry;
  if (on === undefined) return terms;
  return { ...terms, settings: { ...settings, retry: { ...settings.retry, on: inThisContext(on) } } };
}

/** A caller's terms for a result that others may share. */
function toCachedCall(terms: CallTerms | undefined, base: TaskSettings): CachedCall {
  const { timeoutMs, queueTimeoutMs, retry } = terms?.settings ?? base;
  const queueUntilMs = hostNowMs() + queueTimeoutMs;
  const limits = { timeoutMs, queueUntilMs, deadlineMs: terms?.deadline?.hostMs ?? Infinity };
  return { limits, retry, signal: terms?.signal, onProgress: terms?.onProgress };
}

/** A function that runs in the present async context, whatever context it is called in. */
function inThisContext<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  return AsyncResource.bind(fn);
}
