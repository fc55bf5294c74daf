import type { StartOptions, StreamOptions } from './call-options.js';

/**
 * The values that a handler yields, in order. Read it once, in a loop or by `next()`. Leaving the loop, `return()` and disposal
 * cancel the task. `ctx.signal` of the handler then aborts, its generator is closed, and its worker is killed after `graceMs`.
 *
 * An error comes once, after the values before it: that of the handler, a time limit, ERR_WORKER_CRASHED. Only the reason of the
 * caller's own signal comes at once.
 */
export interface TaskStream<T> extends AsyncIterableIterator<T, undefined>, AsyncDisposable {
  /** Cancels the task. Resolves at once, without a wait for the handler's end. */
  return(): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncIterator](): TaskStream<T>;
}

/** A task that exchanges messages with its caller. */
export interface TaskCall<T> {
  /** The handler's result, as that of `run`. */
  readonly result: Promise<T>;
  /**
   * Sends a message to the handler's `ctx.on('message')`, as it is at the call. Order is kept. Messages wait until the handler
   * begins. They go on after a cancellation, until the handler has ended.
   * @returns false when the next message would wait for the handler: wait for 'drain'. A caller that posts on fills a queue of
   * 1024 messages or 4 MiB. Also false once the handler has ended, and then the message is not sent
   * @throws ERR_NOT_SERIALIZABLE, ERR_PAYLOAD_TOO_LARGE for a value that cannot be sent; ERR_MESSAGES_FULL when that queue is full
   */
  post(value: unknown): boolean;
  /**
   * 'message': calls a function with each message that the handler posts, those before its end also after a cancellation. Messages
   * that have arrived before the first listener come to it at once. Up to 64 of them wait, and 1088 once the handler has ended.
   * 'drain': calls it after `post` has returned false: when there is room again, or when the handler has ended. Functions run in
   * the async context of this call. Their exceptions are uncaught.
   * @throws ERR_OPTION for another event, or no function
   */
  on<M = unknown>(event: 'message', listener: (message: M) => void): this;
  on(event: 'drain', listener: () => void): this;
  /** Calls a function no more. */
  off(event: 'message' | 'drain', listener: (message: never) => void): this;
  /** Cancels the task, as its signal would. The result rejects with this reason at once. @defaultValue an AbortError */
  cancel(reason?: unknown): void;
}

/** Arguments of `stream` after the task name. The input may be left out where the handler takes none. */
export type StreamArguments<I> = undefined extends I
  ? [input?: I, options?: StreamOptions]
  : [input: I, options?: StreamOptions];

/** Arguments of `start` after the task name. The input may be left out where the handler takes none. */
export type StartArguments<I> = undefined extends I
  ? [input?: I, options?: StartOptions]
  : [input: I, options?: StartOptions];
