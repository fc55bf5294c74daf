import type { RetryOptions } from './options.js';
import type { TransferItem } from './transfer-item.js';

/** Settings of one call. They override the task's and the pool's. */
export interface RunOptions {
  /** Cancels the call. The promise rejects with the signal's reason at once, and the work is stopped, in steps (`graceMs`). */
  signal?: AbortSignal;
  timeoutMs?: number;
  queueTimeoutMs?: number;
  /** Latest time by which the task must be done, waiting included: a Date, or ms since the epoch. */
  deadline?: Date | number;
  retry?: number | RetryOptions;
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
  /**
   * Copies buffers of 64 KiB and more in the input when the task leaves, not at the call. Only for callers that do not change
   * them before the promise settles. @defaultValue false
   */
  borrow?: boolean;
  /** false: the result cache is neither read nor written. */
  cache?: false;
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
   * Receives the values that the handler passes to ctx.progress(), the newest ones if there are too many. Not called after
   * the promise settled. Runs in the async context of the call. What it throws becomes an uncaught exception of the program,
   * and the task goes on.
   */
  onProgress?: (value: unknown) => void;
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
   * After this many milliseconds, tasks that are not done reject with ERR_POOL_CLOSED and workers are killed. 0 or more.
   * @defaultValue Infinity
   */
  timeoutMs?: number;
}

/** Settings of `broadcast`. */
export type BroadcastOptions = Pick<RunOptions, 'signal' | 'timeoutMs'>;
