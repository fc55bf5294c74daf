import type { BreakerHandle } from './breaker-options.js';
import type { CacheSelector } from './cache-options.js';
import type { CacheCounts } from './cache-stats.js';
import type { RunArguments, RunOptions } from './call-options.js';
import type { ShapingStats } from './shaping-options.js';
import type { TaskStats } from './stats.js';
import type { TaskOptions } from './task-options.js';

/**
 * Settings of one callable. What is given belongs to it alone, with its state: cache, limits, breaker, shaping. What is not given,
 * it shares with its task name, state and all. Only batches are its own in any case: its items go with no others.
 *
 * @typeParam I the input of the task
 */
export interface CallableOptions<I = never> extends TaskOptions<I> {
  /**
   * Tells it from other callables of the same name, in `stats()` and in the cache. Unique for its name. Needed for `cache` in a
   * pool with `cache.store`, whose results are found by it. @defaultValue its number among them, from 1 on
   */
  label?: string;
}

/** Selects results of one callable: that of one input, or all that a selector names. */
export type CallableSelector<I> = { input: I } | Omit<CacheSelector, 'task'>;

/** What has become of the calls of one callable. */
export interface CallableStats {
  /** Name and label, as in `byTask` of the pool's `stats()`: "render#1". */
  label: string;
  /** Its tasks. Calls that the cache answered, or that another call replaced, are none. */
  task: TaskStats;
  /** Undefined without throttle and debounce, and before the first call. Those of its name count for all their calls. */
  shaping: ShapingStats | undefined;
  /** Undefined without `cache`, and before the first call. That of its name counts for all its calls. */
  cache: CacheCounts | undefined;
}

/**
 * A task of a pool as a function, made by `pool.task()`.
 *
 * @typeParam I its input
 * @typeParam O its output
 */
export interface TaskFunction<I, O> {
  /** Runs the task, as `pool.run()` does. @throws ERR_OPTION at once, for wrong options */
  (...args: RunArguments<I>): Promise<O>;
  /**
   * The same callable with these options for each call. Options of a call override them one by one. Both have the same cache,
   * limits and counts. @throws ERR_OPTION for wrong options
   */
  with(options: RunOptions): TaskFunction<I, O>;
  /**
   * Drops kept results of this callable; without a selector, all of them. Without a `cache` of its own, those of its task name.
   * @returns the number of dropped results
   * @throws ERR_OPTION for a wrong selector; TypeError for an input without a stable key
   */
  invalidate(selector?: CallableSelector<I>): number;
  /**
   * Runs the calls that wait in its throttle or debounce, at once. Its items that wait for others of their batch leave as soon as a
   * worker is free. Without throttle or debounce of its own, the calls of its task name run, too.
   */
  flush(): void;
  /**
   * Its circuit breaker: its own, or that of its task name.
   * @param key with `breaker.key`: the key that it returns for an input
   * @throws ERR_OPTION without `breaker`, and for a key that is missing or needless
   */
  breaker(key?: string): BreakerHandle;
  stats(): CallableStats;
}
