import type { SharedTask } from '../backend/backend.js';
import { KeepAlive } from '../backend/keep-alive.js';
import { type Clock, hostMsOfEpoch } from '../base/clock.js';
import type { CachedCall, Shared } from '../cache/flight.js';
import { ResultCache } from '../cache/result-cache.js';
import type { CallTerms } from '../contract/call-terms.js';
import { overrideSettings } from '../contract/resolve-task.js';
import type { ResolvedWrap } from '../contract/resolve-wrap.js';
import type { TaskSettings } from '../contract/resolved-options.js';
import type { WrapCallOptions, WrapStats } from '../contract/wrap-options.js';
import { TryBudget } from '../limits/try-budget.js';
import { ShapedCalls } from '../shaping/shaped-calls.js';
import { callFunction, type PlainFunction } from './call-function.js';
import { Execution } from './execution.js';
import { LimitsByKey } from './limits-by-key.js';

/** Bytes of the largest result that a cache keeps of a wrapped function, as in a pool. */
const LARGEST_RESULT_BYTES = 2 ** 30;

/** One for the program: calls of wrapped functions have no pool that would end with them. */
const keepAlive = new KeepAlive();

/** The calls of one wrapped function: cache, then throttle or debounce, then an execution. */
export class WrappedCalls {
  readonly limits: LimitsByKey;
  readonly cache: ResultCache | undefined;
  readonly #resolved: ResolvedWrap;
  readonly #clock: Clock;
  readonly #budget: TryBudget | undefined;
  readonly #shaping: ShapedCalls | undefined;
  readonly #counts = { calls: 0, tries: 0, completed: 0, failed: 0, cancelled: 0 };

  constructor(fn: PlainFunction, resolved: ResolvedWrap, clock: Clock) {
    const { settings, name } = resolved;
    this.#resolved = resolved;
    this.#clock = clock;
    this.limits = new LimitsByKey(resolved, callFunction(fn, name, clock), clock);
    const { budget } = settings.retry;
    this.#budget = budget === undefined ? undefined : new TryBudget(budget);
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

  stats(): WrapStats {
    const { name } = this.#resolved;
    return { ...this.#counts, shaping: this.#shaping?.stats()?.[name], cache: this.cache?.stats().byTask[name] };
  }

  async #answer(input: unknown, options: WrapCallOptions): Promise<unknown> {
    const { name, path } = this.#resolved;
    options.signal?.throwIfAborted();
    const settings = overrideSettings(this.#resolved.settings, options);
    const terms = toTerms(settings, options);
    const { shaping } = settings;
    const start = (given: unknown, shared?: Shared): SharedTask => {
      const { superseded, ...others }: Partial<Shared> = shared ?? {};
      const own = { ...terms, ...others };
      if (this.#shaping === undefined || shaping === undefined) return this.#execute(given, own, settings);
      return this.#shaping.start({
        ...{ name, label: name, path, shaping, superseded, input: given, terms: own },
        start: (ownInput, ownTerms) => this.#execute(ownInput, ownTerms, settings),
      });
    };
    if (settings.cache === undefined || this.cache === undefined) return (await start(input).result).value;
    return this.cache.calls.answer(name, input, toCachedCall(settings, terms, options), start);
  }

  #execute(input: unknown, terms: CallTerms, settings: TaskSettings): Execution {
    return new Execution({
      task: this.#resolved.name,
      input,
      terms: { ...terms, settings },
      tryFunction: this.limits.of(input).tryFunction,
      budget: this.#budget,
      clock: this.#clock,
      tried: () => void this.#counts.tries++,
    });
  }
}

function toTerms(settings: TaskSettings, { signal, deadline }: WrapCallOptions): CallTerms {
  if (deadline === undefined) return { settings, signal };
  const epochMs = Number(deadline);
  return { settings, signal, deadline: { epochMs, hostMs: hostMsOfEpoch(epochMs) } };
}

function toCachedCall({ timeoutMs, retry }: TaskSettings, terms: CallTerms, options: WrapCallOptions): CachedCall {
  const { ttlMs, tags, refresh = false } = options.cache === false ? {} : (options.cache ?? {});
  const limits = { timeoutMs, queueUntilMs: Infinity, deadlineMs: terms.deadline?.hostMs ?? Infinity };
  return { limits, retry, signal: terms.signal, onProgress: undefined, movesInput: false, refresh, ttlMs, tags };
}
