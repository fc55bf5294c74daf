/** Terms that all limits over time share. @typeParam I the input of the task */
export interface RateLimitTerms<I = never> {
  /** Time of the limit, in milliseconds. Finite, 1 or more. */
  perMs: number;
  /**
   * 'bucket': at most the whole amount at once, and then evenly. So any span of time sees at most the amount and its share of it.
   * 'strict': never more than the amount within any `perMs`, as the called service counts. A call then counts until `perMs` after
   * its end. A window is used less, the longer the calls are. @defaultValue 'bucket'
   */
  window?: 'bucket' | 'strict';
  /**
   * Key of an input. Each key has a limit of its own. Called at `run()`, and must return a string. A key without calls is
   * forgotten when its limit is whole again. Beyond 10,000 busy keys, all further ones share one limit. @defaultValue one limit for
   * all inputs
   */
  key?: (input: I) => string;
  /**
   * What a call does that finds the limit used up. 'wait': it waits for its turn, as far as `queueTimeoutMs` and its deadline
   * allow. 'reject': it rejects with ERR_RATE_LIMITED at once. Calls that wait for a worker count as begun there. @defaultValue
   * 'wait'
   */
  when?: 'wait' | 'reject';
}

/** A limit of calls over time. */
export interface CallRateLimit<I = never> extends RateLimitTerms<I> {
  /** Most calls in `perMs`. Integer of 1 or more. */
  calls: number;
  /**
   * What a batch counts for: 'call' for one call, and 'item' for a call for each of its inputs. A batch then has no more items than
   * `calls`. Items with different keys of the limit are in different batches. Without effect for other handlers.
   * @defaultValue 'call'
   */
  per?: 'call' | 'item';
}

/** A limit of something that calls use, such as tokens or bytes. */
export interface UnitRateLimit<I = never> extends RateLimitTerms<I> {
  /** Name of the unit, for `ctx.report`. */
  unit: string;
  /** Most units in `perMs`. Finite, above 0. */
  max: number;
  /**
   * Estimated use of an input, finite and 0 or more. Called at `run()`. The handler may give the true number: `ctx.report`. A call
   * above `max` runs alone, and the limit recovers from it before the next one. A batch costs the sum of its inputs, and takes no
   * item that would bring it above `max`.
   */
  cost: (input: I) => number;
}

/** One limit over time; see {@link TaskOptions.rateLimit}. @typeParam I the input of the task */
export type RateLimitRule<I = never> = CallRateLimit<I> | UnitRateLimit<I>;
