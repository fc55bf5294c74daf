import type { BreakerHandle } from './breaker-options.js';
import type { CacheOptions, CacheSelector, CallCacheOptions, TaskCacheOptions } from './cache-options.js';
import type { CacheCounts } from './cache-stats.js';
import type { PoolEvents } from './events.js';
import type { ShapingStats } from './shaping-options.js';
import type { BreakerStats, HedgeStats, Summary } from './stats.js';
import type { RetryOptions, TaskOptions } from './task-options.js';

/** How results of a wrapped function are cached, and how many. */
export type WrapCacheOptions<I = never> = Omit<TaskCacheOptions<I>, 'version'> & Pick<CacheOptions, 'max' | 'maxBytes'>;

/** What a wrapped function gets besides its input. */
export interface WrapContext {
  /** Aborts when the last caller has gone, or a limit of time is over. A function that ignores it goes on, and keeps its place. */
  readonly signal: AbortSignal;
  /** 1 for the first try. A run beside a slow one has the next number. */
  readonly attempt: number;
  /**
   * Tells the limits what this try has really used, by unit, as `ctx.report` of a task: `report({ tokens: 1200 })`. It takes the
   * place of the estimate of `rateLimit.cost`, and the latest report counts. 1 to 16 units, finite numbers of 0 or more.
   * @throws TypeError for anything else
   */
  report(used: Readonly<Record<string, number>>): void;
}

/** The input of a function. */
export type FunctionInput<F> = F extends (input: infer I, ...others: never[]) => unknown ? I : never;

/** Policies that a task and a wrapped function share. */
type SharedPolicies =
  | 'timeoutMs'
  | 'retry'
  | 'idempotent'
  | 'breaker'
  | 'hedge'
  | 'rateLimit'
  | 'concurrency'
  | 'concurrencyByKey'
  | 'throttle'
  | 'debounce';

/**
 * Policies around a function: those of {@link TaskOptions}, with the same names, defaults and checks. From the outermost to the
 * innermost: `breaker.fallback`, cache, throttle or debounce, deadline, retry and hedge, breaker, concurrency, rate limit,
 * `timeoutMs`. A call keeps the program running until it settles, as a task of a pool does. A try takes its places and its tokens
 * at once, when all of its limits have room.
 *
 * Differences from a task: a further run of `hedge` waits for no idle worker, but for room in all limits. Waiting calls do not copy
 * their input. `breaker.crashes` is refused, and so are options of workers and queues.
 *
 * @typeParam I the input of the function
 */
export interface WrapPolicies<I = never> extends Pick<TaskOptions<I>, SharedPolicies> {
  /** Label in errors, events and stats. @defaultValue the name of the function, or 'anonymous' */
  name?: string;
  /** Caches results. Only for functions whose result depends on nothing but the input. Copies are like those between workers. */
  cache?: boolean | WrapCacheOptions<I>;
}

/** Settings of one call of a wrapped function. */
export interface WrapCallOptions {
  /** Cancels the call. The promise rejects with the signal's reason at once. */
  signal?: AbortSignal;
  /** Latest time by which the call must be done, waiting included: a Date, or ms since the epoch. */
  deadline?: Date | number;
  timeoutMs?: number;
  retry?: number | Omit<RetryOptions, 'budget'>;
  /** false: no further run beside a slow one. */
  idempotent?: boolean;
  /** false: the cache is neither read nor written. */
  cache?: false | CallCacheOptions;
}

/** What has become of the calls of a wrapped function. */
export interface WrapStats {
  /** Calls, those included that the cache answered, or another call replaced. */
  calls: number;
  /** Calls of the function itself, further tries and further runs included. */
  tries: number;
  completed: number;
  /** Calls that rejected, for any reason but their own signal. */
  failed: number;
  cancelled: number;
  /** Failures that got no further try because of `retry.budget`. */
  retriesRefused: number;
  /** Undefined without `breaker`. */
  breaker: BreakerStats | undefined;
  /** Undefined without `hedge`. */
  hedges: HedgeStats | undefined;
  /** Time for which limits held tries back that then ran, in milliseconds. Undefined without limits. */
  limitWaitMs: Summary | undefined;
  /** Undefined without throttle and debounce, and before the first call. */
  shaping: ShapingStats | undefined;
  /** Undefined without `cache`, and before the first call. */
  cache: CacheCounts | undefined;
}

/** Events of a wrapped function: those of its circuit breaker. */
export type WrapEvents = Pick<PoolEvents, 'breaker:open' | 'breaker:half-open' | 'breaker:close'>;

/**
 * A function with policies around it.
 *
 * @typeParam I its input
 * @typeParam O its output
 */
export interface WrappedFunction<I, O> {
  /** @throws ERR_OPTION at once, for wrong options */
  (
    ...args: undefined extends I ? [input?: I, options?: WrapCallOptions] : [input: I, options?: WrapCallOptions]
  ): Promise<O>;
  /** The same function with these options for each call. Options of a call override them. @throws ERR_OPTION for wrong options */
  with(options: WrapCallOptions): WrappedFunction<I, O>;
  /**
   * Drops kept results; without a selector, all.
   * @returns the number of dropped results
   * @throws ERR_OPTION for a wrong selector; TypeError for an input without a stable key
   */
  invalidate(selector?: { input: I } | Omit<CacheSelector, 'task'>): number;
  /** Runs the calls that wait in throttle or debounce, at once. */
  flush(): void;
  stats(): WrapStats;
  /**
   * Its circuit breaker, as `pool.breaker()` of a task.
   * @param key with `breaker.key`: the key that it returns for an input
   * @throws ERR_OPTION without the policy `breaker`, and for a key that is missing or needless
   */
  breaker(key?: string): BreakerHandle;
  /**
   * Calls a listener at every such event, as `pool.on()`. The event's `task` is the name of the function. What a
   * listener throws becomes an uncaught exception of the program.
   * @throws ERR_OPTION for an unknown event, and for a listener that is not a function
   */
  on<E extends keyof WrapEvents>(event: E, listener: WrapEvents[E]): this;
  /** Removes a listener. @throws ERR_OPTION for an unknown event */
  off<E extends keyof WrapEvents>(event: E, listener: WrapEvents[E]): this;
}
