import type { BatchOptions } from './batch-options.js';
import type { BreakerOptions } from './breaker-options.js';
import type { TaskCacheOptions } from './cache-options.js';
import type { ConcurrencyByKey } from './concurrency-options.js';
import type { HedgeOptions } from './hedge-options.js';
import type { RateLimitRule } from './rate-limit-options.js';
import type { ShapingOptions } from './shaping-options.js';

/** When and how a task is tried again. */
export interface RetryOptions {
  /** Further tries after the first. Integer of 0 or more. */
  attempts: number;
  /**
   * Selects the failures that deserve another try. Called in the parent. If it throws or returns a promise, the task rejects with
   * both errors. @defaultValue every failure of the handler, its timeout, and its worker's death
   */
  on?: (error: unknown) => boolean;
  /**
   * Wait before try n: a random time up to min(maxMs, baseMs · 2ⁿ⁻¹) (full jitter). The task holds no worker meanwhile.
   * @defaultValue baseMs 100, maxMs 5000
   */
  backoff?: { baseMs?: number; maxMs?: number };
  /**
   * Longest wait that an error may ask for by its `retryAfterMs`. The next try comes no sooner than that. An error that asks for
   * more ends the tries. So does one that asks for more time than the call's `deadline` leaves. Finite, in milliseconds.
   * @defaultValue 60_000
   */
  maxRetryAfterMs?: number;
  /**
   * Most further tries of a task name, as a share of its first tries, and ten more; 0 to 1. Beyond it a failed task rejects at
   * once. So a service that is down gets hardly more load than usual. Not for single calls. @defaultValue no limit
   */
  budget?: number;
}

/**
 * Settings of one task name; they override the pool's.
 *
 * @typeParam I the input of the task
 */
export interface TaskOptions<I = never> extends ShapingOptions<I> {
  /** See {@link PoolOptions.timeoutMs}. */
  timeoutMs?: number;
  /** See {@link QueueOptions.timeoutMs}. */
  queueTimeoutMs?: number;
  /** See {@link PoolOptions.retry}. */
  retry?: number | RetryOptions;
  /** See {@link RunOptions.priority}. @defaultValue 0 */
  priority?: number;
  /**
   * Whether its handler may run twice without harm. If so, its start and result need no record that outlives the worker. That
   * makes tasks of a few microseconds up to twice as fast. When a worker dies, tasks that may have begun there run again
   * whatever `retry` says. So do tasks whose results were lost with it. If only one task had begun there, it is to blame: it
   * rejects, or runs again as its `retry` says. @defaultValue false
   */
  idempotent?: boolean;
  /**
   * Whether it runs alone in its worker: no other task begins there until it has ended. So the kill that ends it, when it ignores
   * a cancellation or a time limit, costs no other task. Nor does another one's kill cost it. It waits for a worker to become
   * empty, and its `key` and `hedge` have no effect. While other tasks wait, at least one of several workers stays theirs. A
   * broadcast does not wait for it. No effect with a fixed `concurrency` of 1. @defaultValue false
   */
  exclusive?: boolean;
  /** See {@link PoolOptions.slowMs}. */
  slowMs?: number;
  /** Caches results of this task. Only for handlers whose result depends on nothing but the input. */
  cache?: boolean | TaskCacheOptions<I>;
  /** Its circuit breaker. false: none, whatever the pool's `breaker` says. See {@link BreakerOptions}. */
  breaker?: false | BreakerOptions<I>;
  /** Runs it again beside a run that takes long. Refused with ERR_OPTION unless `idempotent` is true. See {@link HedgeOptions}. */
  hedge?: HedgeOptions;
  /**
   * Overrides options that the handler gave to `batch()`. Here `key` and `isFull` run in the program while items wait. Without
   * effect for a handler that `batch()` did not make.
   */
  batch?: BatchOptions<I>;
  /**
   * Limits of its calls over time; at most 8, and all of them hold. Every try takes from them when a worker has a free place. A
   * task that is recalled before it began gives back. Tasks that wait for a limit are not prefetched, and no workers start for
   * them. A failure with `retryAfterMs` closes the limit of its key for that time, up to `retry.maxRetryAfterMs`. Not for
   * `broadcast`.
   * @defaultValue none
   */
  rateLimit?: RateLimitRule<I> | readonly RateLimitRule<I>[];
  /**
   * Most tasks of this name that run at once in the whole pool. A task that was cancelled or timed out counts until its handler
   * ends. A batch counts as one, until its last item has ended. Not for `broadcast`. Integer of 1 or more. @defaultValue no limit
   */
  concurrency?: number;
  /** The same for each key. Keys take turns: each has one task after another. @defaultValue no limit */
  concurrencyByKey?: ConcurrencyByKey<I>;
}
