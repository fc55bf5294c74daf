import type { CallCacheOptions } from './cache-options.js';
import type { RetryOptions } from './task-options.js';
import type { TransferItem } from './transfer-item.js';

/** Settings of one call. They override the task's and the pool's. */
export interface RunOptions {
  /** Cancels the call. The promise rejects with the signal's reason at once, and the work is stopped, in steps (`graceMs`). */
  signal?: AbortSignal;
  timeoutMs?: number;
  queueTimeoutMs?: number;
  /** Latest time by which the task must be done, waiting included: a Date, or ms since the epoch. */
  deadline?: Date | number;
  retry?: number | Omit<RetryOptions, 'budget'>;
  /**
   * Priority: an integer from -100 to 100; higher goes first. Each step of difference counts as one second of waiting, so no
   * task starves. Among equals, task names share the workers by execution time, and each name keeps its order. @defaultValue
   * the task's, which is 0
   */
  priority?: number;
  /**
   * Affinity: tasks with the same key run on one worker, their home, which may have cached its data. They wait for a
   * busy home as long as ten tasks of their name take. The wait is 0.1 s at least and 10 s at most; before one has ended, it
   * is 10 s. Then another worker runs them, and the key stays. A key with a busy home moves to a free worker that has at least
   * two keys fewer. A home that ends gives up its keys. A pool remembers the latest 10,000 keys.
   */
  key?: string;
  /** See {@link TaskOptions.idempotent}. */
  idempotent?: boolean;
  /** See {@link TaskOptions.exclusive}. */
  exclusive?: boolean;
  /**
   * Copies buffers of 64 KiB and more in the input when the task leaves, not at the call. Only for callers that do not change
   * them before the promise settles. Without effect for tasks with `cache`, whose execution may outlast the call. @defaultValue
   * false
   */
  borrow?: boolean;
  /** false: the result cache is neither read nor written. An object: see {@link CallCacheOptions}. */
  cache?: false | CallCacheOptions;
  /**
   * ArrayBuffers, MessagePorts and the like in the input that move to the worker instead of being copied. They move at the
   * call, and are empty here afterwards. Node moves memory before it looks at the rest, such as a port that has moved before.
   * So memory of this list may be gone although the call is refused. Memory that small Buffers share is copied. For threads
   * and inline with the codec 'structured'. Elsewhere the input is copied as ever, and objects that can only be moved are
   * refused. Such a task is sent only once. After that it is not tried again, whatever `retry` says, and a worker's death
   * fails it.
   */
  transfer?: readonly TransferItem[];
  /**
   * Receives the values that the handler passes to ctx.progress(), at the pace of `progressEveryMs`. Not called after
   * the promise settled. Runs in the async context of the call. What it throws becomes an uncaught exception of the program,
   * and the task goes on.
   */
  onProgress?: (value: unknown) => void;
  /**
   * Texts that travel with the task to `ctx.headers`, such as the ids of a trace. At most 64, which take 8192 bytes at most with
   * their names. They are copied at the call, and go along with every try. Calls that share one execution by the cache get the
   * headers of the first.
   *
   * ```ts
   * await pool.run('resize', image, { headers: { traceparent } });
   * ```
   */
  headers?: Readonly<Record<string, string | undefined>>;
  /**
   * Least time between two calls of `onProgress`, in milliseconds. The first value comes at once, then the latest at the end of each
   * time. The last one comes before the promise settles. Values in between are dropped. 0: every value. Infinity: the first and
   * the last only. @defaultValue at most 20 calls a second: 9 values in a row, then one in 100 ms
   */
  progressEveryMs?: number;
}

/** Arguments after the task name. The input may be left out where the handler takes none. */
export type RunArguments<I> = undefined extends I
  ? [input?: I, options?: RunOptions]
  : [input: I, options?: RunOptions];

/** Settings of `start`. Its call goes past the result cache. */
export type StartOptions = Omit<RunOptions, 'cache'>;

/**
 * Settings of `stream`. Its call goes past the result cache. `timeoutMs` counts the time for which the handler waits for its
 * reader.
 */
export interface StreamOptions extends StartOptions {
  /**
   * Most values that the handler may be ahead of its reader. Integer from 1 to 1,000,000. Whatever their number, it stops when they
   * have 1 MiB; the last one may go beyond that. @defaultValue 64
   */
  highWaterMark?: number;
}

/**
 * Settings of `map` and `mapSettled`. `signal` cancels the whole iteration: no input is pulled any more, and tasks under way are
 * cancelled. Results that had come are yielded first; `mapSettled` then yields the cancelled ones. At last, its reason is thrown.
 */
export interface MapOptions extends Omit<RunOptions, 'transfer'> {
  /** Yield results in input order (true), or as they finish. @defaultValue true */
  ordered?: boolean;
  /**
   * Most tasks submitted and not yet yielded. Integer of 1 or more. @defaultValue the number that keeps every worker busy, at
   * most 4096
   */
  window?: number;
}

/** Settings of `close`. */
export interface CloseOptions {
  /**
   * After this many milliseconds, tasks that are not done reject with ERR_POOL_CLOSED, and workers end as with `destroy`. So do
   * calls that wait for a `breaker.fallback`. 0 or more. @defaultValue Infinity
   */
  timeoutMs?: number;
  /**
   * 'queued': tasks that wait reject with ERR_TASK_DROPPED at once, and those that have begun finish. Tasks wait in the queue,
   * between two tries, and inside a worker until their handler is called. A broadcast waits until a worker has it. A task that
   * fails afterwards gets no further try. A later call of `close` may drop them, too. @defaultValue all of them finish
   */
  drop?: 'queued';
}

/** Settings of `broadcast`. */
export type BroadcastOptions = Pick<RunOptions, 'signal' | 'timeoutMs' | 'headers'>;

/** As {@link RunArguments}, with the options of `broadcast`. */
export type BroadcastArguments<I> = undefined extends I
  ? [input?: I, options?: BroadcastOptions]
  : [input: I, options?: BroadcastOptions];
