import type { BreakerOptions } from './breaker-options.js';
import type { CacheOptions } from './cache-options.js';
import type { CodecOption } from './codec.js';
import type { HealthLimits } from './health.js';
import type { SlotOptions } from './slot-options.js';
import type { StdioOption } from './stdio.js';
import type { RetryOptions, TaskOptions } from './task-options.js';
import type { AnyHandlers, Input, TaskName, WorkerDataOf } from './worker-module.js';

/** Where handlers run. */
export type PoolKind = 'process' | 'thread' | 'inline';

/** What the tasks mostly do. Sizing starts from it. */
export type Workload = 'auto' | 'cpu' | 'io' | 'mixed';

/** Number of workers: fixed, a range, or the pool's own choice. */
export type WorkersOption = number | 'auto' | { min?: number; max?: number; spare?: number; idleMs?: number };

/** Number of tasks that run at once in one worker: fixed, or the pool's own choice. */
export type ConcurrencyOption = number | 'auto' | { max?: number };

/** One call, or several equal ones, that a new worker makes before it takes tasks. */
export type WarmupTask<W = AnyHandlers> = {
  [N in TaskName<W>]: { name: N; input?: Input<W, N>; times?: number };
}[TaskName<W>];

/** What a new worker does before it takes tasks. */
export interface WarmupOptions<W = AnyHandlers> {
  tasks?: readonly WarmupTask<W>[];
}

/** Rules for replacing a worker by a new one. If no new one can be started, the old one stays and goes on (`recycle:failed`). */
export interface RecycleOptions {
  /**
   * Most tasks of one worker. Its successor starts while the last task runs. With 1, every task has a fresh worker. No old
   * worker can then go on, so failed starts count as for any missing worker.
   */
  afterTasks?: number;
  /** Age at which a worker is replaced, in milliseconds since it was ready. */
  afterMs?: number;
  /**
   * Memory growth since ready at which a worker is replaced, in bytes. It is resident memory of a process, heap and buffers
   * of a thread.
   */
  aboveRssBytes?: number;
  /**
   * Replaces a worker whose memory grows with its tasks. The growth is the median slope of 30 readings, of which nearly all
   * pairs rise. @defaultValue false
   */
  onLeak?: boolean;
  /**
   * Largest share by which `afterTasks` and `afterMs` are lowered at random for each worker, 0 to 1. So workers do not all go
   * at once. Never lowers the limit below one task. @defaultValue 0.1
   */
  jitter?: number;
}

/** Limits of memory, in bytes. */
export interface MemoryOptions {
  /**
   * Most memory that this program and its workers may use together. 'auto': the limit that the system sets. @defaultValue
   * 'auto'
   */
  limitBytes?: number | 'auto';
  /**
   * Largest heap of a worker (--max-old-space-size, or resourceLimits of a thread). `execArgv`, `resourceLimits` and
   * NODE_OPTIONS take precedence. @defaultValue three quarters of the limit, divided by the most workers that may start first;
   * 128 MiB at least
   */
  perWorkerBytes?: number;
}

/** Limits of the queue. */
export interface QueueOptions {
  /**
   * Most tasks that may wait. Beyond it, `run()` rejects with ERR_QUEUE_FULL; `map` waits instead, and so does `room()`.
   * Tasks that can run at once do not count. Nor do tasks for a worker that is starting, or would be started for them.
   * @defaultValue Infinity
   */
  max?: number;
  /** Longest time that a task may wait before it starts, in milliseconds; then ERR_QUEUE_TIMEOUT. @defaultValue Infinity */
  timeoutMs?: number;
}

/**
 * Options of a pool. Every number has its unit in its name, and unknown keys are refused.
 *
 * @typeParam W the type of the worker module; gives the names of tasks
 */
export interface PoolOptions<W = AnyHandlers> {
  /** Label in errors, output and reports. @defaultValue the worker module's file name */
  name?: string;
  /**
   * Where handlers run. 'process' isolates best; 'thread' starts faster and shares memory. 'inline' runs handlers in this
   * process, for tests and debugging. @defaultValue 'process'
   */
  kind?: PoolKind;
  /** Starting point of `workers` and `concurrency` where those are 'auto'. @defaultValue 'auto', treated as cpu */
  workload?: Workload;
  /**
   * Number of workers, up to 4096. 'auto' starts with one and adds more as tasks wait, up to the cores that this process may
   * use. For mixed that is 1.5 × the cores, for io half of them. After that, it has as many as turn out to pay
   * (docs/sizing.md). Where `max` is left open, the environment variable MILLPOND_WORKERS sets it, and an open `min` too. A
   * given `min` stands, also above that. `spare`: number of warm workers beside these, up to 64; each takes the place of one
   * that ends. `idleMs`: time in milliseconds after which workers go that are not needed, down to `min`; Infinity keeps them. A
   * pool looks once a second. After that time without a task, all of them go at once. Where some work goes on, they go one by one.
   * By default they always go one by one, after 10 s, or later where workers were needed again soon. One worker starts in a turn of
   * the event loop. At most twice as many as there are cores may be starting, or 4 if that is more. A start that has taken 2 s does
   * not count. @defaultValue 'auto'
   */
  workers?: WorkersOption;
  /**
   * Tasks running at once in one worker, 1 to 1000. More than 1 helps only handlers that wait. 'auto': 1 at first (4 for
   * mixed, 16 for io). Where handlers turn out to wait, as many as keep the worker busy, up to 512 or `max`. A handler that
   * shares its worker must not keep data of a task in variables of the module. @defaultValue 'auto' where the pool chooses
   * the number of workers, else 1
   */
  concurrency?: ConcurrencyOption;
  /**
   * Tasks sent to a worker beyond those running, so that it never waits for the next; 0 to 1000. 'auto': about 1 ms of
   * expected work, and none for long tasks. It is up to 8 ms while many tasks wait. It is up to 16 ms for a worker that ran
   * dry because this process was late. @defaultValue 'auto'
   */
  prefetch?: 'auto' | number;
  /**
   * Time for which a worker that has answered stays awake for the next task, in milliseconds, 0 to 10. It does so only while
   * calls follow one another that fast. They become two to three times as fast, and the worker's core is taken in between. 0:
   * never, as always with kind 'inline' and on a single core. @defaultValue 0.1
   */
  busyPollMs?: number;
  queue?: QueueOptions;
  /** Longest execution of a task in milliseconds, from its start in the worker. Then ERR_TASK_TIMEOUT. @defaultValue Infinity */
  timeoutMs?: number;
  /**
   * Time in the handler after which a task counts as slow, in milliseconds, 1 or more. The event `task:slow` then comes while it
   * still runs, once per task. It has the open section, and the stack on request. `stats()` counts these tasks. A program whose
   * event loop stands still hears of it later. Idempotent tasks lose the speed that they have without a time limit. @defaultValue
   * Infinity
   */
  slowMs?: number;
  /**
   * Adds the line at which the handler was to ERR_TASK_TIMEOUT, in `details.stack`. Another thread pauses the handler to see
   * it. That delays the error by some 30 ms, or 100 ms when no JavaScript runs. Each worker process has one thread more
   * (about 9 MB). @defaultValue false
   */
  timeoutStack?: boolean;
  /** Time between the abort signal and the kill of a worker whose task does not end, in milliseconds. @defaultValue 500 */
  graceMs?: number;
  /**
   * Longest time that a worker may take from the request to stop until its end, in milliseconds. It includes `teardown`. Beyond
   * it the worker is killed, with a process warning, and `worker:exited` has the reason in `killedFor`. `destroy()` allows no
   * more than `graceMs`. Finite, 0 or more. @defaultValue 5000
   */
  teardownMs?: number;
  /** Further tries of a failed task. @defaultValue 0 */
  retry?: number | RetryOptions;
  /** A circuit breaker for each task name, with these rules. See {@link BreakerOptions}. @defaultValue none */
  breaker?: false | BreakerOptions<unknown>;
  /**
   * A task that was running in this many workers when they died is poison. It never runs again, whatever `retry` says.
   * @defaultValue { attempts: 2 }
   */
  crash?: { attempts?: number };
  /**
   * Limits of restarts. More than `max` deaths of ready workers within `withinMs` fail the pool. So do 5 failed starts without
   * a success, while no worker is at work. @defaultValue { max: 10, withinMs: 30_000 }
   */
  restart?: { max?: number; withinMs?: number };
  /**
   * Longest time from spawn to ready, in milliseconds, including `setup` and `warmup`. Beyond it the worker is killed and
   * counts as a failed start. @defaultValue 30_000
   */
  startTimeoutMs?: number;
  /**
   * Calls that every new worker makes before it takes tasks, in this order, each `times` times (1 by default). They come
   * after `setup` and `warmup` of its module. Results are dropped. A call that fails counts as a failed start. Inputs must be
   * cloneable. The pool copies them once, when it is made: later changes reach no worker.
   */
  warmup?: WarmupOptions<W>;
  /**
   * Rules for replacing workers by new ones, between their tasks, and the new worker first. At most a quarter of them go at
   * once, or the nth part where n is a small `afterTasks`. Tasks never notice. @defaultValue never
   */
  recycle?: RecycleOptions;
  /**
   * Limits of the memory that this program and its workers may use together, and of a worker's heap. The limits of the
   * machine and of control groups also apply. At 70 % in use the pool stops growing and asks workers to drop caches
   * (`onMemoryPressure`). At 80 % it goes down to half of its workers, at 90 % to one. At 95 % it kills the youngest, and
   * tasks that had not begun there run elsewhere.
   * @defaultValue no limit of its own; for each worker its share (`perWorkerBytes`)
   */
  memory?: MemoryOptions;
  /** Limits of `health()`. */
  health?: HealthLimits;
  /** Pool-wide result cache. @defaultValue on with its defaults as soon as a task has `cache` */
  cache?: CacheOptions;
  /** Settings by task name. A name that the worker module does not export gives a process warning. */
  tasks?: { [N in TaskName<W>]?: TaskOptions<Input<W, N>> };
  /** Encoding of inputs and results. @defaultValue 'structured' */
  codec?: CodecOption;
  /**
   * Largest input or result in bytes of its codec, large buffers included; 1 to 4_294_967_295. A larger one fails its task
   * with ERR_PAYLOAD_TOO_LARGE. Many smaller values beyond it leave in several frames. Between threads, moved values, and
   * values that only a port can carry, do not count.
   * @defaultValue 1_073_741_824 (1 GiB): a parent is busy for a second with a value of that size
   */
  maxPayloadBytes?: number;
  /**
   * Environment of workers. 'inherit' passes this process's environment; 'clean' only PATH, HOME, TMPDIR, LANG and TZ; an
   * object exactly its variables. `new Pool` copies the object. 'clean' also keeps SystemRoot and TEMP, for Windows. Undefined
   * variables are left out. So are flags of the inspector in NODE_OPTIONS: see `inspect`. @defaultValue 'inherit'
   */
  env?: 'inherit' | 'clean' | Readonly<Record<string, string | undefined>>;
  /**
   * Variables, arguments and flags for the workers of one slot, beside those of all. Called in this program, for each worker, just
   * before its start. A slot is a number from 1 to the most workers and spares (`ctx.slot`). What it throws, or a wrong result,
   * counts as a failed start with ERR_OPTION as its cause. The next worker then gets another slot, if one is free. Refused for kind
   * 'inline'.
   *
   * ```ts
   * new Pool(module, { workers: 4, perSlot: (slot) => ({ env: { CUDA_VISIBLE_DEVICES: String(slot - 1) } }) });
   * ```
   */
  perSlot?: (slot: number) => SlotOptions;
  /** Extra arguments of the worker: process.argv from index 2 on. */
  argv?: readonly string[];
  /**
   * Node flags of the worker, such as --max-old-space-size=512. A thread accepts none of V8's flags: ERR_OPTION names them.
   * @defaultValue this process's flags without --inspect*
   */
  execArgv?: readonly string[];
  /**
   * Opens the inspector of each worker process on a free port of its own. The worker prints the address on stderr. Workers
   * never inherit the inspector of this program. Only for kind 'process': threads belong to the inspector of this program,
   * `node --inspect`. @defaultValue false
   */
  inspect?: boolean;
  /**
   * Steps by which the system's priority of the workers lies below that of this program, 0 to 19. So other work of the machine,
   * this program included, goes first. Threads need Linux, where each thread has a priority of its own. @defaultValue 0
   */
  nice?: number;
  /** Heap limits of a thread, as for node:worker_threads. Refused for processes: use execArgv there. */
  resourceLimits?: {
    maxOldGenerationSizeMb?: number;
    maxYoungGenerationSizeMb?: number;
    codeRangeSizeMb?: number;
    stackSizeMb?: number;
  };
  /**
   * Any cloneable value; workers read it as ctx.workerData. The pool copies it once, when it is made, and each worker gets a
   * copy of that. So later changes of the program reach no worker, except in memory that threads share. A worker module may
   * declare its type: see `defineWorker`.
   */
  workerData?: WorkerDataOf<W>;
  /** Destination of the output of workers. @defaultValue 'pipe' */
  stdio?: StdioOption;
}
