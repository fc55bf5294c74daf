import type { SharedTask } from '../backend/backend.js';
import { summary } from '../backend/backend-stats.js';
import { KeepAlive } from '../backend/keep-alive.js';
import { type Clock, hostMsOfEpoch } from '../base/clock.js';
import { inThisContext } from '../base/in-this-context.js';
import { queueMicrotask } from '../base/natives.js';
import type { CachedCall, Shared } from '../cache/flight.js';
import { ResultCache } from '../cache/result-cache.js';
import type { BreakerHandle } from '../contract/breaker-options.js';
import type { CallTerms } from '../contract/call-terms.js';
import { optionError } from '../contract/check-options.js';
import { overrideSettings } from '../contract/resolve-task.js';
import type { ResolvedWrap } from '../contract/resolve-wrap.js';
import type { TaskSettings } from '../contract/resolved-options.js';
import type { WrapCallOptions, WrapStats } from '../contract/wrap-options.js';
import { Fallbacks } from '../limits/fallback.js';
import { ShapedCalls } from '../shaping/shaped-calls.js';
import { Execution } from './execution.js';
import { FunctionEvents } from './function-events.js';
import { FunctionPolicies } from './function-policies.js';
import type { PlainFunction } from './function-run.js';

/** Bytes of the largest result that a cache keeps of a wrapped function, as in a pool. */
const LARGEST_RESULT_BYTES = 2 ** 30;

/** One for the program: calls of wrapped functions have no pool that would end with them. */
const keepAlive = new KeepAlive();

/** The calls of one wrapped function: a breaker's fallback, then cache, then throttle or debounce, then an execution. */
export class WrappedCalls {
  readonly cache: ResultCache | undefined;
  readonly events = new FunctionEvents();
  readonly #fn: PlainFunction;
  readonly #resolved: ResolvedWrap;
  readonly #clock: Clock;
  readonly #policies: FunctionPolicies;
  readonly #shaping: ShapedCalls | undefined;
  readonly #fallbacks: Fallbacks;
  readonly #counts = { calls: 0, tries: 0, completed: 0, failed: 0, cancelled: 0, retriesRefused: 0 };

  constructor(fn: PlainFunction, resolved: ResolvedWrap, clock: Clock) {
    const { settings } = resolved;
    this.#fn = fn;
    this.#resolved = resolved;
    this.#clock = clock;
    this.#fallbacks = new Fallbacks(clock);
    // Emitted later: a change comes in the middle of a step, and listeners may run anything.
    this.#policies = new FunctionPolicies(resolved, clock, (event) => {
      queueMicrotask(() => this.events.breakerChanged(event));
    });
    this.#shaping = settings.shaping === undefined ? undefined : new ShapedCalls((value) => value, keepAlive, clock);
    if (settings.cache === undefined) return;
    this.cache = new ResultCache({
      pool: this,
      options: resolved.cache,
      codec: 'structured',
      maxPayloadBytes: LARGEST_RESULT_BYTES,
      versionOfModule: () => '',
      ownsResults: false,
      settingsOf: () => settings.cache,
      clock,
    });
  }

  /** @param options checked */
  async run(input: unknown, options: WrapCallOptions | undefined): Promise<unknown> {
    this.#counts.calls++;
    try {
      const result = await keepAlive.during(this.#answer(input, options ?? {}));
      this.#counts.completed++;
      return result;
    } catch (error) {
      if (options?.signal?.aborted === true && error === options.signal.reason) this.#counts.cancelled++;
      else this.#counts.failed++;
      throw error;
    }
  }

  flush(): void {
    this.#shaping?.flush(undefined);
  }

  /** @throws ERR_OPTION without a breaker, and for a key that is missing or needless */
  breaker(key: string | undefined): BreakerHandle {
    const { breakers } = this.#policies;
    if (breakers === undefined) throw optionError(`${this.#resolved.path}.breaker`, 'is not set, so there is none.');
    return breakers.handle(key, () => this.#clock.now());
  }

  stats(): WrapStats {
    const { name } = this.#resolved;
    const { breakers, hedge, line } = this.#policies;
    return {
      ...this.#counts,
      breaker: breakers?.stats(this.#clock.now()),
      hedges: hedge && { ...hedge.counts },
      limitWaitMs: line && summary([line.limits.limitWait]),
      shaping: this.#shaping?.stats()?.[name],
      cache: this.cache?.stats().byTask[name],
    };
  }

  async #answer(input: unknown, options: WrapCallOptions): Promise<unknown> {
    const { signal } = options;
    signal?.throwIfAborted();
    const fallback = this.#resolved.settings.breaker?.fallback;
    if (fallback === undefined) return this.#cached(input, options);
    const task = this.#resolved.name;
    const terms = { signal, deadline: deadlineOf(options) };
    return this.#fallbacks.answer({ task, input, fallback, terms }, () => this.#cached(input, options));
  }

  async #cached(input: unknown, options: WrapCallOptions): Promise<unknown> {
    const settings = overrideSettings(this.#resolved.settings, options);
    const terms = toTerms(settings, options);
    const start = (given: unknown, shared?: Shared): SharedTask => this.#shaped(given, settings, terms, shared);
    if (settings.cache === undefined || this.cache === undefined) return (await start(input).result).value;
    return this.cache.calls.answer(this.#resolved.name, input, toCachedCall(settings, terms, options), start);
  }

  /** @param shared terms of those that share the result */
  #shaped(input: unknown, settings: TaskSettings, terms: CallTerms, shared: Shared | undefined): SharedTask {
    const { name, path } = this.#resolved;
    const { superseded, ...others }: Partial<Shared> = shared ?? {};
    const own = { ...terms, ...others };
    const { shaping } = settings;
    if (this.#shaping === undefined || shaping === undefined) return this.#execute(input, own, settings);
    return this.#shaping.start({
      name,
      label: name,
      path,
      shaping,
      superseded,
      input,
      terms: own,
      // A run begins with a timer, or with another call. It has the async context of its own call all the same.
      start: inThisContext((ownInput: unknown, ownTerms: CallTerms) => this.#execute(ownInput, ownTerms, settings)),
    });
  }

  #execute(input: unknown, terms: CallTerms, settings: TaskSettings): Execution {
    return new Execution({
      fn: this.#fn,
      task: this.#resolved.name,
      input,
      terms: { ...terms, settings },
      policies: this.#policies,
      clock: this.#clock,
      tried: () => void this.#counts.tries++,
      retryRefused: () => void this.#counts.retriesRefused++,
    });
  }
}

function toTerms(settings: TaskSettings, options: WrapCallOptions): CallTerms {
  const { signal, deadline } = options;
  return deadline === undefined ? { settings, signal } : { settings, signal, deadline: deadlineOf(options) };
}

function deadlineOf({ deadline }: WrapCallOptions): CallTerms['deadline'] {
  if (deadline === undefined) return undefined;
  const epochMs = Number(deadline);
  return { epochMs, hostMs: hostMsOfEpoch(epochMs) };
}

function toCachedCall({ timeoutMs, retry }: TaskSettings, terms: CallTerms, options: WrapCallOptions): CachedCall {
  const { ttlMs, tags, refresh = false } = options.cache === false ? {} : (options.cache ?? {});
  const limits = { timeoutMs, queueUntilMs: Infinity, deadlineMs: terms.deadline?.hostMs ?? Infinity };
  return { limits, retry, signal: terms.signal, onProgress: undefined, movesInput: false, refresh, ttlMs, tags };
}
