import type { TransferItem } from './transfer-item.js';
import type { CodecOption } from './codec.js';
import type { StdioOption } from './stdio.js';
import type { AnyHandlers, Input, TaskName, WorkerDataOf } from './worker-module.js';

/** Where handlers run. */
export type PoolKind = 'process' | 'thread' | 'inline';

/** What the tasks mostly do; the starting point of sizing. */
export type Workload = 'auto' | 'cpu' | 'io' | 'mixed';

/** How many workers: a fixed number, a range, or the pool's own choice. */
export type WorkersOption = number | 'auto' | { min?: number; max?: number; spare?: number };

/** How many tasks run at once in one worker: a fixed number, or the pool's own choice. */
export type ConcurrencyOption = number | 'auto' | { max?: number };

/** When and how a task is tried again. */
export interface RetryOptions {
  /** Further tries after the first. Integer of 0 or more. */
  attempts: number;
  /** Which failures are worth another try. Called in the parent. @defaultValue every failure of the handler, its timeout, and its worker's death */
  on?: (error: unknown) => boolean;
  /** Wait before try n: a random time up to min(maxMs, baseMs · 2ⁿ⁻¹) (full jitter). The task holds no worker meanwhile. @defaultValue baseMs 100, maxMs 5000 */
  backoff?: { baseMs?: number; maxMs?: number };
}

/** The result cache of one pool; tasks take part only when their own `cache` option says so. */
export interface CacheOptions {
  /** Most results kept; the least recently used goes first. Integer from 1 to 1_000_000. @defaultValue 1000 */
  max?: number;
  /** How long a result is good, in milliseconds. 0, Infinity or undefined: until it is evicted. */
  ttlMs?: number;
}

/**
 * How results of one task are cached.
 *
 * @typeParam I the input of the task
 */
export interface TaskCacheOptions<I = never> {
  /** Tells equal inputs apart from different ones. @defaultValue a stable key of the whole input, whatever the order of its properties */
  key?: (input: I) => string;
  /** Overrides the pool's `cache.ttlMs` for this task. */
  ttlMs?: number;
}

/**
 * Settings of one task name; they override the pool's.
 *
 * @typeParam I the input of the task
 */
export interface TaskOptions<I = never> {
  /** See {@link PoolOptions.timeoutMs}. */
  timeoutMs?: number;
  /** See {@link QueueOptions.timeoutMs}. */
  queueTimeoutMs?: number;
  /** See {@link PoolOptions.retry}. */
  retry?: number | RetryOptions;
  /** See {@link RunOptions.priority}. @defaultValue 0 */
  priority?: number;
  /**
   * Its handler may run twice without harm. Then its start and its result need not be noted where they outlive the worker, which
   * makes tasks of some microseconds up to twice as fast. When a worker dies, tasks that may have begun there run again whatever
   * `retry` says, and so do tasks whose results were lost with it. A task that alone had begun there is to blame for the death:
   * it rejects, or runs again as its `retry` says. @defaultValue false
   */
  idempotent?: boolean;
  /** Cache results of this task. Only for handlers whose result depends on nothing but the input. */
  cache?: boolean | TaskCacheOptions<I>;
}

/** One call, or several equal ones, that a new worker makes before it takes tasks. */
export type WarmupTask<W = AnyHandlers> = {
  [N in TaskName<W>]: { name: N; input?: Input<W, N>; times?: number };
}[TaskName<W>];

/** What a new worker does before it takes tasks. */
export interface WarmupOptions<W = AnyHandlers> {
  tasks?: readonly WarmupTask<W>[];
}

/** When a worker is replaced by a new one. While no new one can be started, the old one stays and goes on (`recycle:failed`). */
export interface RecycleOptions {
  /**
   * Most tasks of one worker. Its successor starts while the last task runs. With 1, every task has a worker that ran
   * nothing before it. Then no old worker can go on, so failed starts count as for any missing worker.
   */
  afterTasks?: number;
  /** Age at which a worker is replaced, in milliseconds since it was ready. */
  afterMs?: number;
  /** Growth since it was ready at which a worker is replaced, in bytes: resident memory of a process, heap and buffers of a thread. */
  aboveRssBytes?: number;
  /** When its memory grows with its tasks: by the median slope of 30 readings, of which nearly all pairs rise. @defaultValue false */
  onLeak?: boolean;
  /**
   * Share by which `afterTasks` and `afterMs` may be less for one worker than for another, so that not all go at once, 0 to 1.
   * Never less than one task. @defaultValue 0.1
   */
  jitter?: number;
}

/** Limits of memory, in bytes. */
export interface MemoryOptions {
  /** What this program and its workers may use together. 'auto': what the system sets. @defaultValue 'auto' */
  limitBytes?: number | 'auto';
  /**
   * Most heap of a worker (--max-old-space-size, or resourceLimits of a thread), unless `execArgv`, `resourceLimits` or NODE_OPTIONS
   * say otherwise. @defaultValue three quarters of the limit shared among the workers there may be at first, 128 MiB at least
   */
  perWorkerBytes?: number;
}

/** Limits of the waiting line. */
export interface QueueOptions {
  /**
   * Most tasks that may wait. `run()` beyond it rejects with ERR_QUEUE_FULL; `map` waits instead, and so does `room()`. Tasks that
   * can run at once, or in a worker that is starting or would be started for them, do not count. @defaultValue Infinity
   */
  max?: number;
  /** How long a task may wait before it starts, in milliseconds; then ERR_QUEUE_TIMEOUT. @defaultValue Infinity */
  timeoutMs?: number;
}

/**
 * Options of a pool. Every number carries its unit in its name; unknown keys are refused.
 *
 * @typeParam W the type of the worker module: gives the names of tasks
 */
export interface PoolOptions<W = AnyHandlers> {
  /** Label in errors, output and reports. @defaultValue the worker module's file name */
  name?: string;
  /** 'process' isolates best; 'thread' starts faster and shares memory; 'inline' runs handlers in this process, for tests and debugging. @defaultValue 'process' */
  kind?: PoolKind;
  /** Starting point of `workers` and `concurrency` where those are 'auto'. @defaultValue 'auto', treated as cpu */
  workload?: Workload;
  /**
   * How many workers. 'auto': one at first, more as tasks wait, up to the cores this process may use (1.5 × for mixed, half of them for io);
   * then as many as turn out to pay (docs/sizing.md). The environment variable MILLPOND_WORKERS stands for what is left open here.
   * Up to 4096. `spare`: number of warm workers beside these that stand by, up to 64, to take the place of one that ends. One
   * worker starts in a turn of the event loop, and at most twice as many as there are cores are starting (4 at least; a start
   * that has taken 2 s does not count). @defaultValue 'auto'
   */
  workers?: WorkersOption;
  /**
   * Tasks running at once in one worker, 1 to 1000; more than 1 helps only handlers that wait. 'auto': 1 at first (4 for mixed,
   * 16 for io), and as many as keep the worker busy where handlers turn out to wait, up to 512 or `max`. A handler that is not the only one
   * in its worker must not keep anything of a task in variables of the module. @defaultValue 'auto' where the pool chooses how many
   * workers there are, else 1
   */
  concurrency?: ConcurrencyOption;
  /** Tasks sent to a worker beyond those running, so that it never waits for the next. 'auto': about 1 ms of expected work, up to 8 ms while many tasks wait, up to 16 ms for a worker that ran dry because this process was late, none for long tasks. 0 to 1000. @defaultValue 'auto' */
  prefetch?: 'auto' | number;
  /**
   * How long a worker that has answered stays awake for the next task, in milliseconds, 0 to 10. It does so only while calls
   * follow one another that fast. It makes them two to three times as fast, and takes the worker's core in between. 0: never;
   * so it is always with kind 'inline' and on a single core. @defaultValue 0.1
   */
  busyPollMs?: number;
  queue?: QueueOptions;
  /** Longest execution of a task in milliseconds, counted from its start in the worker. Then ERR_TASK_TIMEOUT. @defaultValue Infinity */
  timeoutMs?: number;
  /**
   * Have ERR_TASK_TIMEOUT say in `details.stack` at which line the handler was. Another thread pauses it to see. Delays
   * the error by some 30 ms, 100 ms when no JavaScript runs, and costs each worker process a thread of its own (about 9 MB). @defaultValue false
   */
  timeoutStack?: boolean;
  /** Time between the abort signal and the kill of a worker whose task does not end, in milliseconds. @defaultValue 500 */
  graceMs?: number;
  /** Further tries of a failed task. @defaultValue 0 */
  retry?: number | RetryOptions;
  /** A task that was running in this many workers when they died is poison, and never runs again, whatever `retry` says. @defaultValue { attempts: 2 } */
  crash?: { attempts?: number };
  /** More than `max` deaths of ready workers within `withinMs`, or 5 failed starts without a success, fail the pool. @defaultValue { max: 10, withinMs: 30_000 } */
  restart?: { max?: number; withinMs?: number };
  /** From spawn to ready, in milliseconds, including `setup` and `warmup`; then the worker is killed and counts as a failed start. @defaultValue 30_000 */
  startTimeoutMs?: number;
  /**
   * Calls every new worker makes before it takes tasks, after `setup` and `warmup` of its module, in this order, each
   * `times` times (1 by default). Results are thrown away; one that fails counts as a failed start. Inputs must be
   * cloneable.
   */
  warmup?: WarmupOptions<W>;
  /**
   * When workers are replaced by new ones: between their tasks, the new one first, a quarter of them at once at most, or the nth
   * part where n is a small `afterTasks`. Tasks never notice. @defaultValue never
   */
  recycle?: RecycleOptions;
  /**
   * Memory that this program and its workers may use together, and how much of it a worker is expected to take at most. Beside
   * the limit given here those of the machine and of control groups hold. From 70 % in use on the pool does not grow and
   * asks workers to drop caches (`onMemoryPressure`), from 80 % on it goes down to half of its workers, from 90 % on to one,
   * from 95 % on it kills the youngest; what had not begun there runs elsewhere.
   * @defaultValue no limit of its own; the share of each worker that there may be
   */
  memory?: MemoryOptions;
  /** Pool-wide result cache. @defaultValue on with its defaults as soon as a task has `cache` */
  cache?: CacheOptions;
  /** Settings by task name. A name that the worker module turns out not to export gives a process warning. */
  tasks?: { [N in TaskName<W>]?: TaskOptions<Input<W, N>> };
  /** How inputs and results are encoded. @defaultValue 'structured' */
  codec?: CodecOption;
  /**
   * Largest input or result as bytes of its codec, large buffers included; a larger one fails its task with
   * ERR_PAYLOAD_TOO_LARGE. Many smaller values beyond it leave in several frames. 1 to 4_294_967_295. Between threads, what only a
   * port can carry, and what is moved, is not counted.
   * @defaultValue 1_073_741_824 (1 GiB): a parent is busy for a second with one of that size
   */
  maxPayloadBytes?: number;
  /**
   * 'inherit' passes this process's environment; 'clean' only PATH, HOME, TMPDIR, LANG and TZ; or exactly these variables. One that is
   * undefined is left out. Flags of the inspector in NODE_OPTIONS are left out, too: see `inspect`. @defaultValue 'inherit'
   */
  env?: 'inherit' | 'clean' | Readonly<Record<string, string | undefined>>;
  /** Extra arguments of the worker: process.argv from index 2 on. */
  argv?: readonly string[];
  /** Node flags of the worker, such as --max-old-space-size=512. A thread takes none of V8's: ERR_OPTION names them. @defaultValue this process's flags without --inspect* */
  execArgv?: readonly string[];
  /**
   * Opens the inspector of each worker process on a free port of its own; the worker prints the address on stderr. Workers never
   * inherit the inspector of this program. Only for kind 'process': threads belong to the inspector of this program,
   * `node --inspect`. @defaultValue false
   */
  inspect?: boolean;
  /** Heap limits of a thread, as for node:worker_threads. Refused for processes: use execArgv there. */
  resourceLimits?: {
    maxOldGenerationSizeMb?: number;
    maxYoungGenerationSizeMb?: number;
    codeRangeSizeMb?: number;
    stackSizeMb?: number;
  };
  /** Any cloneable value; workers read it as ctx.workerData. A worker module may say of which type: see `defineWorker`. */
  workerData?: WorkerDataOf<W>;
  /** Where the output of workers goes. @defaultValue 'pipe' */
  stdio?: StdioOption;
}

/** Settings of one call. They override the task's and the pool's. */
export interface RunOptions {
  /** Cancels the call: the promise rejects with the signal's reason at once, the work is stopped by the ladder of `graceMs`. */
  signal?: AbortSignal;
  timeoutMs?: number;
  queueTimeoutMs?: number;
  /** When the task must be done, waiting included: a Date, or ms since the epoch. */
  deadline?: Date | number;
  retry?: number | RetryOptions;
  /**
   * Higher goes first: an integer from -100 to 100. A task that has waited a second longer for each step of difference
   * goes before it all the same, so none starves. Among equals, task names share the workers by execution time, and each
   * name keeps its order. @defaultValue the task's, which is 0
   */
  priority?: number;
  /**
   * Tasks with the same key prefer the worker that had it last, which may have loaded or cached what belongs to it. While
   * that is busy they wait for it as long as running elsewhere would cost more, which is learned from execution times.
   */
  key?: string;
  /** See {@link TaskOptions.idempotent}. */
  idempotent?: boolean;
  /**
   * Buffers of 64 KiB and more in the input are not copied at the call, but when the task leaves for its worker. Only for a
   * caller who does not change them before the promise settles. @defaultValue false
   */
  borrow?: boolean;
  /** false: neither read nor write the result cache. */
  cache?: false;
  /**
   * ArrayBuffers, MessagePorts and the like within the input that are to be moved to the worker instead of copied: empty here
   * afterwards. For threads and inline with the codec 'structured'; elsewhere the input is copied as ever, and what can only
   * be moved is refused. Such a task is sent once only: after that it is not tried again, whatever `retry` says, and a worker's
   * death fails it. It is moved at the call.
   */
  transfer?: readonly TransferItem[];
  /**
   * Receives what the handler passes to ctx.progress(), the newest values if there are too many. Not called after the promise
   * settled. Runs in the async context of the call.
   */
  onProgress?: (value: unknown) => void;
}

/** Settings of `map` and `mapSettled`. `signal` cancels the whole iteration. */
export interface MapOptions extends Omit<RunOptions, 'transfer'> {
  /** Yield results in input order (true), or as they finish. @defaultValue true */
  ordered?: boolean;
  /** Most tasks submitted and not yet yielded. Integer of 1 or more. @defaultValue what keeps every worker busy, at most 4096 */
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
