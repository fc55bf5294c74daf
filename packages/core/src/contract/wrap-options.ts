import type { CacheOptions, CacheSelector, CallCacheOptions, TaskCacheOptions } from './cache-options.js';
import type { CacheCounts } from './cache-stats.js';
import type { ShapingOptions, ShapingStats } from './shaping-options.js';
import type { RetryOptions } from './task-options.js';

/** How results of a wrapped function are cached, and how many. */
export type WrapCacheOptions<I = never> = Omit<TaskCacheOptions<I>, 'version'> & Pick<CacheOptions, 'max' | 'maxBytes'>;

/** When calls of a wrapped function are refused, because it fails. */
export interface WrapBreakerOptions {
  /** Failures in a row that open it. @defaultValue 5, or Infinity beside `failureShare` or `slowShare` */
  consecutive?: number;
  /** Share of calls in the window that open it when they fail, above 0 to 1. @defaultValue none */
  failureShare?: number;
  /** Share of calls in the window that open it when they take `slowMs`, above 0 to 1. @defaultValue none */
  slowShare?: number;
  /** Time from which a call is slow, in milliseconds. @defaultValue Infinity */
  slowMs?: number;
  /** Length of the window, in milliseconds. @defaultValue 10_000 */
  windowMs?: number;
  /** Calls of the window before its shares count. @defaultValue 20 */
  minCalls?: number;
  /** Time for which it is open, in milliseconds. @defaultValue 10_000 */
  openMs?: number;
  /** Longest time for which it is open, as failed probes double it. @defaultValue ten times `openMs` */
  maxOpenMs?: number;
  /** Calls that it lets through to try. All must succeed. @defaultValue 1 */
  probes?: number;
  /** Time after which a probe without an answer counts as failed, in milliseconds. @defaultValue 30_000 */
  probeMs?: number;
  /** Selects the failures that count. Aborts never do. If it throws, the failure counts. @defaultValue all */
  on?: (error: unknown) => boolean;
  /** Whether it only counts, and refuses nothing. @defaultValue false */
  dryRun?: boolean;
}

/** A limit of calls over time, or of what they cost in another unit. */
export type WrapRateLimit<I = never> =
  | { calls: number; perMs: number; window?: 'bucket' | 'strict' }
  | { unit: string; max: number; perMs: number; cost: (input: I) => number; window?: 'bucket' | 'strict' };

/** What a wrapped function gets besides its input. */
export interface WrapContext {
  /** Aborts when the last caller has gone, or a limit of time is over. A function that ignores it goes on, and keeps its place. */
  readonly signal: AbortSignal;
  /** 1 for the first try. */
  readonly attempt: number;
}

/**
 * Policies around a function. From the outermost to the innermost: cache, throttle or debounce, deadline, retry, breaker,
 * concurrency, rate limit, `timeoutMs`. A call keeps the program running until it settles, as a task of a pool does.
 *
 * @typeParam I the input of the function
 */
export interface WrapPolicies<I = never> extends ShapingOptions<I> {
  /** Label in errors. @defaultValue the name of the function */
  name?: string;
  /** Caches results. Only for functions whose result depends on nothing but the input. Copies are like those between workers. */
  cache?: boolean | WrapCacheOptions<I>;
  /** Further tries of a failed call. @defaultValue 0 */
  retry?: number | RetryOptions;
  /** Refuses calls while the function fails, with ERR_CIRCUIT_OPEN. Every try is looked at. */
  breaker?: WrapBreakerOptions;
  /** Most tries that run at once. Others wait in their order. Integer of 1 or more. @defaultValue Infinity */
  concurrency?: number;
  /** Limits of tries over time; all of them hold. */
  rateLimit?: WrapRateLimit<I> | readonly WrapRateLimit<I>[];
  /** 'wait': a try above a limit waits. 'reject': it ends the call with ERR_RATE_LIMITED. @defaultValue 'wait' */
  whenLimited?: 'wait' | 'reject';
  /**
   * Calls with different keys have a breaker, a concurrency and rate limits of their own. A string, or a number. At most 10,000
   * keys are remembered. @defaultValue one key for all calls
   */
  limitsBy?: (input: I) => string | number;
  /** Longest time of one try, in milliseconds. Then ERR_TASK_TIMEOUT. @defaultValue Infinity */
  timeoutMs?: number;
}

/** Settings of one call of a wrapped function. */
export interface WrapCallOptions {
  /** Cancels the call. The promise rejects with the signal's reason at once. */
  signal?: AbortSignal;
  /** Latest time by which the call must be done, waiting included: a Date, or ms since the epoch. */
  deadline?: Date | number;
  timeoutMs?: number;
  retry?: number | RetryOptions;
  /** false: the cache is neither read nor written. */
  cache?: false | CallCacheOptions;
}

/** What has become of the calls of a wrapped function. */
export interface WrapStats {
  /** Calls, those included that the cache answered, or another call replaced. */
  calls: number;
  /** Calls of the function itself, further tries included. */
  tries: number;
  completed: number;
  /** Calls that rejected, for any reason but their own signal. */
  failed: number;
  cancelled: number;
  shaping: ShapingStats | undefined;
  cache: CacheCounts | undefined;
}

/** The circuit breaker of a wrapped function. */
export interface WrapBreaker {
  readonly state: 'closed' | 'open' | 'half-open' | 'isolated';
  /** Closes it, whatever it was. */
  reset(): void;
  /** Opens it until `reset()`. */
  isolate(): void;
}

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
  /** The breaker of all its calls, or of a key of `limitsBy`. Undefined without the policy `breaker`. */
  breaker(key?: string | number): WrapBreaker | undefined;
}
