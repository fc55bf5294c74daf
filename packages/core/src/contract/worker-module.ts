import type { WorkerCache, WorkerCacheOptions } from './worker-cache.js';

/**
 * Facts that the worker gives its own code, in every hook and every task.
 *
 * @typeParam Data the type of `data`
 * @typeParam Given the type of `workerData`: the value that the module expects from its pools
 */
export interface WorkerContext<Data = unknown, Given = unknown> {
  /** 1, 2, 3 … in order of start; a replacement gets a new one. */
  readonly workerId: number;
  /**
   * A number from 1 to the most workers and spares of the pool; a replacement inherits it. So it can choose a port, a file or a
   * GPU. While a worker goes and its successor is there already, both have it for a moment. After a `resize()` to fewer, workers
   * with larger numbers go first, or are replaced.
   */
  readonly slot: number;
  /** The pool's `workerData` option, cloned. */
  readonly workerData: Given;
  /** The value that `setup` returned; undefined before that. */
  readonly data: Data;
  /** Values that this worker keeps from task to task. Its size: {@link WorkerHooks.cache}. */
  readonly cache: WorkerCache;
}

/**
 * The value that `setup` of a worker returns, awaited: `DataOf<typeof worker>`, for the `worker` that `defineWorker` made.
 * Any other type stands for itself.
 */
export type DataOf<W> = W extends WorkerDefinition<infer Data, never> ? Data : W;

/**
 * The `workerData` that a worker expects: `WorkerDataOf<typeof worker>`. It takes the `worker` that `defineWorker` made, or
 * the type of a module that exports it. `unknown` if no hook declares it.
 */
export type WorkerDataOf<W> =
  W extends WorkerDefinition<unknown, infer Given>
    ? Given
    : W extends { worker: WorkerDefinition<unknown, infer Given> }
      ? Given
      : unknown;

/**
 * The second argument of every handler. Its `data` is the result of `setup`, and its `workerData` the one that `setup` gets:
 *
 * ```ts
 * export const worker = defineWorker({
 *   setup: ({ workerData }: { workerData: { path: string } }) => openModel(workerData.path),
 * });
 * export const classify = (image: Buffer, ctx: TaskContext<typeof worker>) => ctx.data.classify(image);
 * ```
 *
 * @typeParam Data the type of `data`, or the type of the worker that has it
 */
export interface TaskContext<Data = unknown> extends WorkerContext<DataOf<Data>, WorkerDataOf<Data>> {
  /** Aborts when the caller cancels or the task times out. After `graceMs` the worker is killed. */
  readonly signal: AbortSignal;
  /** Unique in the pool; the same over retries. */
  readonly taskId: number;
  /** Starts of its handler, this one included. Above 1 only if an earlier one may have begun. */
  readonly attempt: number;
  /** Latest time by which the task must be done, in ms since the epoch, if the caller set a `deadline`. */
  readonly deadline: number | undefined;
  /** The `headers` of the call, such as `traceparent`. Frozen and without a prototype; empty if the call has none. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Sends a value to the caller's `onProgress`, as it is at the call. The caller's `progressEveryMs` is the pace at which values come
   * there. Values must be cloneable; order is kept; nothing waits.
   * A handler may send more than the caller takes, as in a long synchronous loop. Then the newest 64 values (256 KiB) are
   * held and older ones dropped; `stats().droppedProgress` counts them. Held values arrive before the result, so the last
   * value does. A process that dies takes the values with it that it had not sent. The result of such a task may still
   * arrive, and no count has these values.
   * After the end of its handler it has no effect.
   * @returns false when the value is held. A handler that can wait may then `await` a timer or I/O before it goes on
   */
  progress(value: unknown): boolean;
  /**
   * Sends a message to the caller's `on('message')`, as it is at the call, if the caller has used `pool.start()`. Order is kept,
   * and no message is dropped. All arrive before the result. It may be called until the handler has ended, also after an abort. It
   * returns true without effect if the caller has used another method.
   * @returns false when the next message would wait for the caller. A handler that posts on then fills a queue of 1024 messages or
   * 4 MiB
   * @throws TypeError for a value that cannot be sent; ERR_MESSAGES_FULL when that queue is full
   */
  post(value: unknown): boolean;
  /**
   * Calls a function with each message that the caller posts, in the task's async context. Messages that have arrived before come
   * first. Its exceptions are uncaught exceptions of the worker.
   */
  on<T = unknown>(event: 'message', listener: (message: T) => void): void;
  /**
   * Tells the limits of the task's name what this try has really used, by unit: `ctx.report({ tokens: 1200 })`. It takes the place
   * of the estimate of `rateLimit.cost`, and the latest report counts. 1 to 16 units, finite numbers of 0 or more. Units without a
   * limit are ignored.
   * @throws TypeError for anything else
   */
  report(used: Readonly<Record<string, number>>): void;
  /**
   * Times `fn` under `name` for the profiler, nested in the open section, and returns its result. An async `fn` is timed
   * until its promise settles. Sections of one handler that run side by side are kept apart.
   */
  section<T>(name: string, fn: () => T): T;
  /**
   * Begins a section without a function around it, nested in the open one: `using _ = ctx.open('parse')`, or `end()` of the result.
   * A handler that works on several things side by side uses `section` for each of them. Here all that was begun later and is open
   * counts as inside. A section that is open when its task ends, or the function of the section around it, is closed then. The
   * profiler counts that as a mistake, unless both failed.
   */
  open(name: string): TaskSection;
  /**
   * Adds to a counter of the innermost open section, or of the task's name where none is open: `ctx.count('rows', rows.length)`. The
   * profiler shows the sums. A number that is not finite counts nothing; the profiler says how many there were. Beyond 20 names
   * a section, the rest are counted as "(other)".
   * @param n what to add @defaultValue 1
   */
  count(name: string, n?: number): void;
}

/** A section begun with `ctx.open`. */
export interface TaskSection extends Disposable {
  readonly name: string;
  /**
   * Ends it. Once the task is over, the section has been closed already, and that is its duration.
   * @returns its duration, ms
   * @throws ERR_SECTION if it was ended before, with what is open
   */
  end(): number;
  /** Ends it, if that has not been done. For `using`. */
  [Symbol.dispose](): void;
}

/** How short memory is, for a worker. */
export type PressureLevel = 'elevated' | 'high' | 'critical';

/**
 * Lifecycle hooks of a worker module; see `defineWorker`.
 *
 * @typeParam Data what `setup` returns, awaited
 * @typeParam Given the `workerData` that `setup` takes
 */
export interface WorkerHooks<Data = unknown, Given = unknown> {
  /** Runs once after the module is loaded. Its result is `ctx.data`. The worker takes no task before it resolves. */
  setup?(ctx: WorkerContext<unknown, Given>): Data | Promise<Data>;
  /** Runs after `setup`, to prime caches and the JIT. The worker takes no task before it resolves. */
  warmup?(ctx: WorkerContext<NoInfer<Data>, NoInfer<Given>>): unknown;
  /**
   * Runs between tasks, or beside tasks that wait, when memory becomes short: drop caches. 'elevated': 70 % of the memory
   * that the program may use is in use; 'high': 80 %; 'critical': 90 %. No call follows when memory is free again.
   */
  onMemoryPressure?(level: PressureLevel, ctx: WorkerContext<NoInfer<Data>, NoInfer<Given>>): unknown;
  /**
   * Runs when the worker is asked to stop, after its last task. It has the time of `teardownMs`. `destroy()` asks only workers in
   * which no handler runs, and gives them `graceMs` at most. It does not run after a crash or a kill.
   */
  teardown?(ctx: WorkerContext<NoInfer<Data>, NoInfer<Given>>): unknown;
  /** Size of `ctx.cache`. A wrong one fails the start of the worker. */
  cache?: WorkerCacheOptions;
}

/** Lifecycle hooks made by `defineWorker`. */
export interface WorkerDefinition<Data = unknown, Given = unknown> extends WorkerHooks<Data, Given> {
  // A text, because a symbol would have another type in each copy of these declarations.
  /** Marks the results of `defineWorker`, for all copies of this package. */
  readonly '~millpond': 'worker';
}

/**
 * Declares the lifecycle hooks of a worker module. Export the result as `worker`:
 *
 * ```ts
 * export const worker = defineWorker({ async setup() { return openModel(); } });
 * ```
 *
 * The result of `setup` types `ctx.data` in the other hooks, and in handlers by `TaskContext<typeof worker>`. Name `setup`
 * first. The type that `setup` gives to its `workerData` applies in the other hooks, too. It also applies to the `workerData`
 * option of a `Pool` of this module.
 */
export function defineWorker<Data = undefined, Given = unknown>(
  hooks: WorkerHooks<Data, Given>,
): WorkerDefinition<Data, Given> {
  return { ...hooks, '~millpond': 'worker' };
}

/** Whether a value has functions with the names of hooks. */
export function looksLikeHooks(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { setup, warmup, teardown, onMemoryPressure } = value as WorkerHooks;
  return [setup, warmup, teardown, onMemoryPressure].some((hook) => typeof hook === 'function');
}

/** Whether a module's export came from `defineWorker`. */
export function isWorkerDefinition(value: unknown): value is WorkerDefinition {
  return typeof value === 'object' && value !== null && (value as WorkerDefinition)['~millpond'] === 'worker';
}

/** A handler: any exported function of the worker module. */
export type Handler = (input: never, ctx: TaskContext<never>) => unknown;
/** Handlers of a pool without a given type: any name, any input, any output. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `any` both accepts and gives every input and output.
export type AnyHandlers = Record<string, (input: any, ctx: any) => any>;

/** A worker module as an object: its exports. */
export type ModuleObject = Readonly<Record<string, unknown>>;

/** The handlers of module type `W`: its functions. */
export type HandlersOf<W> = { [K in keyof W as W[K] extends (...args: never[]) => unknown ? K : never]: W[K] };

/** Names of the handlers of module type `W`. */
export type TaskName<W> = keyof HandlersOf<W> & string;
/** Input of handler `N`: the type of its first parameter; `undefined` when it has none. */
export type Input<W, N extends keyof W> = W[N] extends (...args: infer A) => unknown
  ? A extends []
    ? undefined
    : A[0]
  : never;
/** Output of handler `N`: the type that it returns, awaited. */
export type Output<W, N extends keyof W> = W[N] extends (...args: never[]) => infer R ? Awaited<R> : never;

/** Values of the stream of handler `N`: those that its generator yields, or that its async iterable has. */
export type Yielded<W, N extends keyof W> = 0 extends 1 & Output<W, N>
  ? Output<W, N>
  : Output<W, N> extends infer S
    ? unknown extends S
      ? unknown
      : S extends AsyncIterable<infer T> | Generator<infer T, unknown, unknown>
        ? T
        : never
    : never;
