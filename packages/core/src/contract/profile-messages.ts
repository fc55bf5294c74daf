// Messages of a pool to a profiler. A pool publishes them only while a profiler has asked for them: see ProfileTerms.

/**
 * What a profiler asks of a pool and of its workers. 'stats' counts. 'trace' adds single tries. 'cpu' adds profiles of processor time
 * and of allocations.
 */
export interface ProfileTerms {
  readonly level: 'stats' | 'trace' | 'cpu';
  /** Whether workers watch the clients of databases and servers that they use. */
  readonly io: boolean;
  /** Time between samples of a CPU profile, µs: 100 to 1,000,000. */
  readonly sampleUs: number;
  /** Whether workers sample allocations at level 'cpu'. */
  readonly heap: boolean;
}

/** Costs of a pool on the main thread since the profiling began, ms. */
export interface ParentCosts {
  /** Encoding of inputs. */
  encodeMs: number;
  /** Decoding of results, and settling of their promises. */
  decodeMs: number;
  /** Choice of tasks and workers, and the writing of frames. */
  dispatchMs: number;
  /** Time in which loops over `map` asked their sources for inputs. It includes waiting, and that of loops at once adds up. */
  sourceMs: number;
  /** Time between results of `map` and the requests for the next ones. It is what the bodies of the loops took. */
  readerMs: number;
  /** Inputs that loops over `map` took from their sources. */
  mapInputs: number;
  /** Calls that were refused because the queue was full. */
  refusedCalls: number;
  /** Whether any call since the pool began had a `key`. */
  hasKeys: boolean;
}

/** One limit of the calls of a task name. */
export interface LimitAsked {
  /** The option that sets it. */
  option: 'rateLimit' | 'concurrency' | 'concurrencyByKey';
  /** Most calls, or units of `unit`, in `perMs`; most calls at once where that is null. */
  max: number;
  perMs: number | null;
  /** `calls`, or the unit that `cost` counts. */
  unit: string;
  /** Whether each key has a limit of its own. */
  isByKey: boolean;
  /** Time for which it has kept tries back since the pool began, in sum, ms. */
  blockedMs: number;
}

/** Options of one task name, as far as a report compares them with what was used. Null where there is no limit. */
export interface TaskAsked {
  timeoutMs: number | null;
  /** Further tries of a failed one. */
  retries: number;
  /** Most calls at once, in all workers. */
  concurrency: number | null;
  /** All limits of its calls. */
  limits: readonly LimitAsked[];
  /** Rules of its batches; null without batches. */
  batchSize: number | null;
  batchMaxWaitMs: number | null;
  batchMaxBytes: number | null;
  cached: boolean;
  /** Whether a circuit breaker may refuse its calls. One with `dryRun` does not. */
  breaker: boolean;
  /** Whether `breaker.fallback` answers the calls that it refuses. */
  fallback: boolean;
}

/** Options of a pool, as far as a report compares them with what was used. */
export interface PoolAsked {
  /** Options that the program has set, by path: `workers`, `tasks.resize.retry`. */
  readonly given: readonly string[];
  readonly concurrencyMax: number;
  readonly prefetch: 'auto' | number;
  readonly queueMax: number | null;
  readonly codec: string;
  readonly recycleAfterTasks: number | null;
  readonly memoryLimitBytes: number | null;
  readonly perWorkerBytes: number | null;
  /** Cores that the program may use. */
  readonly cores: number;
  /** Native threads for files, DNS, `zlib` and `crypto`: in each worker process, or in this program for threads. */
  readonly nativeThreads: number;
  task(name: string): TaskAsked;
}

/** A handler that runs. */
export interface RunningHandler {
  task: string;
  workerId: number;
  /** Time since it was called, ms. */
  ms: number;
}

/** The hold of a profiler on one pool. */
export interface PoolProfiling {
  readonly asked: PoolAsked;
  costs(): ParentCosts;
  /** Handlers that run now, those that have run longest first. @param most number of them */
  running(most: number): RunningHandler[];
  /**
   * Asks all workers for what they have measured. It arrives by the channels before the promise resolves. A worker that does not
   * answer in time is counted, not waited for.
   * @param withinMs limit for each worker
   */
  collect(withinMs: number): Promise<{ readonly answered: number; readonly silent: number }>;
  /** Ends the profiling of this pool and of its workers. */
  stop(): void;
}

/** Key of the method by which a pool lets itself be profiled. A profiler of another copy of the package finds it too. */
export const PROFILING: unique symbol = Symbol.for('millpond.profiling') as never;

/** A pool that can be profiled. */
export interface Profilable {
  [PROFILING](terms: ProfileTerms): PoolProfiling;
}

/**
 * Reason why a worker without a task has none. 'starved': a task waits that it could run. 'limited': tasks wait for limits of their
 * own, or for a batch to fill. 'paused': the pool hands out nothing. 'notParallel': no task waits, and other workers have some.
 * 'noWork': the pool has no task at all.
 */
export type IdlePhase = 'starved' | 'limited' | 'paused' | 'notParallel' | 'noWork';

/** Published on `millpond:phase` when the reason changes. */
export interface PhaseMessage {
  pool: object;
  phase: IdlePhase;
  /** Host clock, ms. */
  atMs: number;
  /** Tasks that wait for a worker. */
  queued: number;
  /** Tasks that wait for limits, or for a batch to fill. */
  blocked: number;
  /** Tasks that have not settled, the waiting ones included. */
  unsettled: number;
}

/** Published on `millpond:usage`, for each worker about ten times a second while it has tasks, and at its end. */
export interface UsageMessage {
  pool: object;
  workerId: number;
  usage: WorkerUsage;
}

/** What a worker measured of itself. Sums count from the start of its profiling. */
export interface WorkerUsage {
  /** Host clock, ms. */
  atMs: number;
  /** Time since which the sums count, host clock, ms. */
  sinceMs: number;
  /** Its event loop: time active, and time asleep. */
  loopActiveMs: number;
  loopIdleMs: number;
  /** Longest time between two turns of its loop since the last message. */
  loopDelayMaxMs: number;
  /** Processor time of the thread that runs its handlers; null where it cannot be measured. */
  cpuMs: number | null;
  /**
   * Processor time of all threads of a worker process: its own, those of libuv, the helpers of V8. Null for a thread: it shares its
   * process.
   */
  processCpuMs: number | null;
  /** Time for which that thread waited for a core; null where the system does not count it. */
  runQueueMs: number | null;
  /** Pauses of the garbage collector. */
  gcMs: number;
  gcScavengeMs: number;
  gcMarkMs: number;
  gcCount: number;
  /** Largest sum of pauses within one second. */
  gcWorstSecondMs: number;
  /** Heap after the latest full collection; 0 before the first one. */
  heapFloorBytes: number;
  heapUsedBytes: number;
  heapLimitBytes: number;
  externalBytes: number;
  rssBytes: number;
  /** Bytes allocated on the heap, as far as the collector saw them. */
  allocatedBytes: number;
  /** Reading inputs and writing results. */
  decodeMs: number;
  encodeMs: number;
  /** Own work for the profiler. */
  profilerMs: number;
  /** By task name. */
  tasks: readonly TaskUsage[];
}

/** Sums of one task name in one worker. */
export interface TaskUsage {
  task: string;
  /** Time from calls of the handler until they returned, without the time that they then waited. */
  calledMs: number;
  /** Duration and processor time of a sample of these calls. */
  sampledMs: number;
  sampledCpuMs: number;
  decodeMs: number;
  encodeMs: number;
}

/**
 * One kind of wait for something outside of a worker, since the last message. Only sums: neither statements with values nor results
 * are kept.
 */
export interface IoDelta {
  task: string;
  /** 'http', 'undici', 'fetch', 'mysql', 'mariadb', 'redis', 'mssql', 'pg', 'cache', or the name of another channel. */
  kind: string;
  /** Host and port, or path of the socket; '' if unknown. More than 200 are folded as '(other)'. */
  peer: string;
  /** Verb and object: 'GET', 'SELECT orders', 'HGET'. Without values. */
  operation: string;
  /** Hash of a statement without its literals; '' where there is none. */
  statement: string;
  /** 'connect' is the set-up of a connection, 'use' a query or a request, 'prepare' the preparation of a statement. */
  what: 'use' | 'connect' | 'prepare';
  count: number;
  errors: number;
  totalMs: number;
  minMs: number;
  maxMs: number;
  /** Bucket counts as made by `Histogram.toCounts()`. */
  counts: readonly [bucket: number, count: number][];
  bytesIn: number;
  bytesOut: number;
  /** Time with at least one open, and most open at one time. */
  openMs: number;
  peak: number;
}

/** Published on `millpond:io`. */
export interface IoMessage {
  pool: object;
  workerId: number;
  io: readonly IoDelta[];
  /** Messages of channels whose content was not understood, by channel. */
  unknown: readonly (readonly [channel: string, count: number])[];
  /** Operations beyond the bound of names. */
  folded: number;
}

/** Node of a CPU profile, as V8 writes it. */
export interface CpuNode {
  id: number;
  callFrame: { functionName: string; scriptId: string; url: string; lineNumber: number; columnNumber: number };
  hitCount?: number;
  children?: number[];
}

/** CPU profile as V8 writes it. Times are µs of the host clock. */
export interface CpuProfile {
  nodes: CpuNode[];
  startTime: number;
  endTime: number;
  samples: number[];
  timeDeltas: number[];
}

/** Node of a heap sampling profile, as V8 writes it. */
export interface HeapNode {
  callFrame: CpuNode['callFrame'];
  /** Bytes allocated here, by estimate. */
  selfSize: number;
  id: number;
  children: HeapNode[];
}

/**
 * Labels of a stretch of time in a worker: which task and section its thread ran. `atMs[i]` begins a stretch, which lasts until the
 * next one. Label 0 is none.
 */
export interface LabelTrack {
  /** Names: a task alone, or a task and its section: `task › section`. Index 0 is ''. */
  names: readonly string[];
  /** Host clock, ms. */
  atMs: readonly number[];
  label: readonly number[];
  /** Stretches that had no place. */
  dropped: number;
}

/** Published on `millpond:profile`. */
export interface ProfileMessage {
  pool: object;
  workerId: number;
  part:
    | { kind: 'cpu'; profile: CpuProfile; labels: LabelTrack }
    | { kind: 'heap'; head: HeapNode; sampleBytes: number }
    /** A profile did not arrive, and why. */
    | { kind: 'lost'; what: 'cpu' | 'heap'; fromMs: number; toMs: number; why: string };
}
