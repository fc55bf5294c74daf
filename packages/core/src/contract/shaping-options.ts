/** What becomes of calls that do not run because of a later one. */
export type Superseded = 'share' | 'reject';

/**
 * Runs a task at most once in a time, however often it is called. Of the calls that wait, the latest runs.
 *
 * @typeParam I the input of the task
 */
export interface ThrottleOptions<I = never> {
  /** Least time from one run to the next, in milliseconds. Finite, 1 or more. */
  everyMs: number;
  /** Whether the first call of a burst runs at once. If not, it waits for `everyMs`. @defaultValue true */
  leading?: boolean;
  /**
   * Whether the last call of a burst runs when the time is over. If not, calls within the time get the result of the run before
   * them. Not false where `leading` is false. @defaultValue true
   */
  trailing?: boolean;
  /**
   * 'share': calls that do not run get the result of the call that ran, each a copy of its own. 'reject': they reject with
   * ERR_SUPERSEDED. @defaultValue 'share'
   */
  superseded?: Superseded;
  /**
   * Calls with different keys do not replace each other. A string, or a number. At most 10,000 keys are remembered. With more,
   * the key that was called longest ago runs early. @defaultValue one key for all calls
   */
  key?: (input: I) => string | number;
}

/**
 * Runs a task once its calls have stopped. Of the calls that wait, the latest runs.
 *
 * @typeParam I the input of the task
 */
export interface DebounceOptions<I = never> {
  /** Time without a call after which the latest call runs, in milliseconds. Finite, 1 or more. */
  waitMs: number;
  /** Longest time for which calls that go on hold up a run, in milliseconds. 1 or more. @defaultValue Infinity */
  maxWaitMs?: number;
  /** See {@link ThrottleOptions.superseded}. @defaultValue 'share' */
  superseded?: Superseded;
  /** See {@link ThrottleOptions.key}. @defaultValue one key for all calls */
  key?: (input: I) => string | number;
}

/** Shaping of one task. One of both at most. */
export interface ShapingOptions<I = never> {
  /**
   * Runs of `run()` and of callables come at most once in `everyMs`. A waiting call keeps a copy of its input. `map`, `mapSettled`
   * and `broadcast` run every input. `close()` runs what waits at once, and `destroy()` rejects it.
   */
  throttle?: ThrottleOptions<I>;
  /** A call runs once no other has come for `waitMs`. For the rest, see `throttle`. */
  debounce?: DebounceOptions<I>;
}

/** When `coalesce` applies values. */
export interface CoalesceOptions<T> {
  /** Time from the first value to the call of `apply`, in milliseconds. Finite, 0 or more. */
  everyMs: number;
  /**
   * Values with different keys do not replace each other. A string, or a number. With 10,000 keys, `apply` is called early.
   * @defaultValue one key for all values
   */
  key?: (value: T) => string | number;
}

/** Takes values, and applies the latest. */
export interface Coalesced<T> {
  /** @throws ERR_OPTION when `key` throws, or returns neither a string nor a number. The value is then dropped */
  (value: T): void;
  /** Applies what waits, at once. */
  flush(): void;
  /** Drops what waits, and all later values. */
  stop(): void;
  stats(): ShapingStats;
  /** Applies what waits, and stops. */
  [Symbol.dispose](): void;
}

/** What shaping has saved. */
export interface ShapingStats {
  calls: number;
  /** Calls that ran. */
  ran: number;
  /** Calls that did not run because of a later call, or of a run shortly before. */
  superseded: number;
  /** superseded ÷ (ran + superseded); 0 before the first run. */
  reductionShare: number;
}
