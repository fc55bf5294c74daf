import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import * as is from './checks.js';
import type { CodecName, CodecOption } from './codec.js';
import { PoolError } from './errors.js';
import type {
  CacheOptions,
  ConcurrencyOption,
  MapOptions,
  PoolKind,
  PoolOptions,
  RetryOptions,
  RunOptions,
  TaskCacheOptions,
  TaskOptions,
  WorkersOption,
  Workload,
} from './options.js';
import type { StdioOption } from './stdio.js';

const DEFAULTS = {
  kind: 'process',
  workload: 'auto',
  workers: 'auto',
  prefetch: 'auto',
  busyPollMs: 0.1,
  queueMax: Infinity,
  queueTimeoutMs: Infinity,
  timeoutMs: Infinity,
  priority: 0,
  graceMs: 500,
  crashAttempts: 2,
  restartMax: 10,
  restartWithinMs: 30_000,
  startTimeoutMs: 30_000,
  cacheMax: 1000,
  retryBaseMs: 100,
  retryMaxMs: 5000,
  stdio: 'pipe',
  codec: 'structured',
  maxPayloadBytes: 2 ** 30,
  recycleJitter: 0.1,
} as const;

/** Tasks that wait 99.8 % of their time keep a worker busy by so many. */
const MOST_AUTO_CONCURRENCY = 512;

const RETRY: is.Shape = {
  attempts: is.integer(0),
  on: is.func(),
  backoff: is.object({ baseMs: is.duration(0), maxMs: is.duration(0) }),
};
const RETRY_CHECK = is.either(is.integer(0), is.object(RETRY));
const PRIORITY_CHECK = is.integer(-100, 100);
const TASK: is.Shape = {
  priority: PRIORITY_CHECK,
  timeoutMs: is.duration(1),
  queueTimeoutMs: is.duration(1),
  retry: RETRY_CHECK,
  cache: is.either(is.bool(), is.object({ key: is.func(), ttlMs: is.duration(0) })),
};
const POOL: is.Shape = {
  name: is.text(),
  kind: is.oneOf('process', 'thread', 'inline'),
  workload: is.oneOf('auto', 'cpu', 'io', 'mixed'),
  workers: is.either(
    is.integer(1),
    is.oneOf('auto'),
    is.object({ min: is.integer(0), max: is.integer(1), spare: is.integer(0, 64) }),
  ),
  // Both together stay within the 2048 places a worker has for tasks (wire/claim-board.ts).
  concurrency: is.either(is.integer(1, 1000), is.oneOf('auto'), is.object({ max: is.integer(1, 1000) })),
  prefetch: is.either(is.integer(0, 1000), is.oneOf('auto')),
  busyPollMs: is.number(0, 10),
  queue: {
    max: is.either(
      is.integer(0),
      is.instance('Infinity', (v) => v === Infinity),
    ),
    timeoutMs: is.duration(1),
  },
  timeoutMs: is.duration(1),
  timeoutStack: is.bool(),
  graceMs: is.duration(0),
  retry: RETRY_CHECK,
  crash: { attempts: is.integer(1) },
  restart: { max: is.integer(0), withinMs: is.duration(1) },
  startTimeoutMs: is.duration(1),
  recycle: {
    afterTasks: is.integer(1),
    afterMs: is.duration(1),
    aboveRssBytes: is.integer(1),
    onLeak: is.bool(),
    jitter: is.number(0, 1),
  },
  memory: { limitBytes: is.either(is.integer(1), is.oneOf('auto')), perWorkerBytes: is.integer(1) },
  warmup: { tasks: is.listOf({ name: is.text(), input: is.anything(), times: is.integer(1) }) },
  cache: { max: is.integer(1), ttlMs: is.duration(0) },
  tasks: is.instance('an object', (v) => typeof v === 'object' && v !== null),
  codec: is.either(
    is.oneOf('structured', 'msgpack', 'json'),
    is.instance('the URL of a module', (v) => v instanceof URL),
    is.object({
      module: is.either(
        is.text(),
        is.instance('a URL', (v) => v instanceof URL),
      ),
    }),
  ),
  // A frame tells its length in 32 bits.
  maxPayloadBytes: is.integer(1, 2 ** 32 - 1),
  env: is.either(is.oneOf('inherit', 'clean'), is.textByName()),
  argv: is.listOfText(),
  execArgv: is.listOfText(),
  resourceLimits: {
    maxOldGenerationSizeMb: is.positiveNumber(),
    maxYoungGenerationSizeMb: is.positiveNumber(),
    codeRangeSizeMb: is.positiveNumber(),
    stackSizeMb: is.positiveNumber(),
  },
  workerData: is.anything(),
  stdio: is.oneOf('pipe', 'stderr', 'inherit', 'ignore'),
};
const RUN: is.Shape = {
  signal: is.instance('an AbortSignal', (v) => v instanceof AbortSignal),
  timeoutMs: is.duration(1),
  queueTimeoutMs: is.duration(1),
  deadline: is.instance('a valid Date or milliseconds since the epoch', (v) =>
    Number.isFinite(v instanceof Date ? v.getTime() : v),
  ),
  retry: RETRY_CHECK,
  priority: PRIORITY_CHECK,
  key: is.text(),
  cache: is.instance('false', (v) => v === false),
  onProgress: is.func(),
};
const RUN_ONE: is.Shape = { ...RUN, transfer: is.instance('a list of what to move', Array.isArray) };
const MAP: is.Shape = { ...RUN, ordered: is.bool(), window: is.integer(1) };

/** When workers are replaced. Undefined: not for that. */
export interface RecycleRules {
  readonly afterTasks: number | undefined;
  readonly afterMs: number | undefined;
  /** Memory above what the worker had when it was warm. */
  readonly aboveRssBytes: number | undefined;
  readonly onLeak: boolean;
}

export interface ResolvedRetry {
  readonly attempts: number;
  readonly on: ((error: unknown) => boolean) | undefined;
  readonly baseMs: number;
  readonly maxMs: number;
}

export interface ResolvedTaskCache {
  readonly key: ((input: unknown) => string) | undefined;
  readonly ttlMs: number | undefined;
}

/** Everything a task needs to know besides its input; one frozen object per task name, shared by its tasks. */
export interface TaskSettings {
  readonly timeoutMs: number;
  readonly queueTimeoutMs: number;
  readonly retry: ResolvedRetry;
  readonly cache: ResolvedTaskCache | undefined;
  readonly priority: number;
}

/** PoolOptions with every default filled in. */
export interface ResolvedOptions {
  readonly name: string;
  readonly kind: PoolKind;
  readonly workload: Workload;
  readonly workers: WorkersOption;
  /** From, and up to; equal when it is fixed. */
  readonly concurrency: { readonly min: number; readonly max: number };
  readonly prefetch: 'auto' | number;
  readonly busyPollMs: number;
  readonly queueMax: number;
  readonly timeoutStack: boolean;
  readonly graceMs: number;
  readonly crashAttempts: number;
  readonly restart: { readonly max: number; readonly withinMs: number };
  readonly startTimeoutMs: number;
  readonly cache: Required<CacheOptions> | undefined;
  readonly tasks: ReadonlyMap<string, TaskSettings>;
  readonly taskDefaults: TaskSettings;
  readonly env: NonNullable<PoolOptions['env']>;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[] | undefined;
  readonly resourceLimits: PoolOptions['resourceLimits'];
  readonly workerData: unknown;
  readonly stdio: StdioOption;
  readonly codec: CodecName;
  readonly recycle: RecycleRules & { readonly jitter: number };
  /** Undefined: none but those of the system. */
  readonly memory: { readonly limitBytes: number | undefined; readonly perWorkerBytes: number | undefined };
  readonly warmup: readonly { readonly name: string; readonly input: unknown; readonly times: number }[];
  readonly maxPayloadBytes: number;
}

const BUILT_IN_TASK: TaskSettings = {
  timeoutMs: DEFAULTS.timeoutMs,
  queueTimeoutMs: DEFAULTS.queueTimeoutMs,
  retry: resolveRetry(0),
  cache: undefined,
  priority: DEFAULTS.priority,
};

/**
 * Checks the options of a pool and fills in the defaults.
 * @throws ERR_OPTION naming the key, what it must be and what it was
 */
export function resolveOptions(options: PoolOptions, fallbackName: string): ResolvedOptions {
  checkPoolOptions(options);
  const taskDefaults = resolveTask(
    { timeoutMs: options.timeoutMs, queueTimeoutMs: options.queue?.timeoutMs, retry: options.retry },
    BUILT_IN_TASK,
  );
  const tasks = new Map<string, TaskSettings>();
  for (const [task, own] of Object.entries(options.tasks ?? {})) {
    is.checkShape(own, TASK, `tasks.${task}`);
    tasks.set(task, resolveTask(own, taskDefaults));
  }
  const caches = options.cache !== undefined || [...tasks.values()].some((task) => task.cache !== undefined);
  return Object.freeze({
    name: options.name ?? fallbackName,
    kind: options.kind ?? DEFAULTS.kind,
    workload: options.workload ?? DEFAULTS.workload,
    workers: options.workers ?? DEFAULTS.workers,
    concurrency: resolveConcurrency(options.concurrency ?? (typeof options.workers === 'number' ? 1 : 'auto')),
    prefetch: options.prefetch ?? DEFAULTS.prefetch,
    busyPollMs: resolveBusyPoll(options),
    queueMax: options.queue?.max ?? DEFAULTS.queueMax,
    timeoutStack: options.timeoutStack ?? false,
    graceMs: options.graceMs ?? DEFAULTS.graceMs,
    crashAttempts: options.crash?.attempts ?? DEFAULTS.crashAttempts,
    restart: {
      max: options.restart?.max ?? DEFAULTS.restartMax,
      withinMs: options.restart?.withinMs ?? DEFAULTS.restartWithinMs,
    },
    startTimeoutMs: options.startTimeoutMs ?? DEFAULTS.startTimeoutMs,
    cache: caches ? { max: options.cache?.max ?? DEFAULTS.cacheMax, ttlMs: options.cache?.ttlMs ?? 0 } : undefined,
    tasks,
    taskDefaults,
    env: options.env ?? 'inherit',
    argv: options.argv ?? [],
    execArgv: options.execArgv,
    resourceLimits: options.resourceLimits,
    workerData: options.workerData,
    stdio: options.stdio ?? DEFAULTS.stdio,
    warmup: (options.warmup?.tasks ?? []).map(({ name, input, times }) => ({ name, input, times: times ?? 1 })),
    recycle: {
      afterTasks: options.recycle?.afterTasks,
      afterMs: options.recycle?.afterMs,
      aboveRssBytes: options.recycle?.aboveRssBytes,
      onLeak: options.recycle?.onLeak ?? false,
      jitter: options.recycle?.jitter ?? DEFAULTS.recycleJitter,
    },
    memory: {
      limitBytes: typeof options.memory?.limitBytes === 'number' ? options.memory.limitBytes : undefined,
      perWorkerBytes: options.memory?.perWorkerBytes,
    },
    codec: resolveCodec(options.codec ?? DEFAULTS.codec),
    maxPayloadBytes: options.maxPayloadBytes ?? DEFAULTS.maxPayloadBytes,
  });
}

function checkPoolOptions(options: PoolOptions): void {
  is.checkShape(options, POOL);
  const { workers, kind, resourceLimits, execArgv } = options;
  if (typeof workers === 'object' && (workers.min ?? 0) > (workers.max ?? Infinity)) {
    throw optionError('workers', `has min ${workers.min} above max ${workers.max}.`);
  }
  if (resourceLimits !== undefined && kind !== 'thread') {
    throw optionError(
      'resourceLimits',
      'works only with kind "thread"; give processes execArgv: ["--max-old-space-size=…"].',
    );
  }
  if (kind === 'inline' && execArgv !== undefined) {
    throw optionError('execArgv', 'has no meaning for kind "inline", which starts no worker.');
  }
}

function resolveConcurrency(concurrency: ConcurrencyOption): ResolvedOptions['concurrency'] {
  if (typeof concurrency === 'number') return { min: concurrency, max: concurrency };
  const most = concurrency === 'auto' ? undefined : concurrency.max;
  return { min: 1, max: most ?? MOST_AUTO_CONCURRENCY };
}

/** In the parent's own thread, or on its only core, whoever polls keeps from coming what it waits for. */
function resolveBusyPoll({ kind, busyPollMs }: PoolOptions): number {
  if (kind === 'inline' || availableParallelism() === 1) return 0;
  return busyPollMs ?? DEFAULTS.busyPollMs;
}

/** The settings of one task: its own where given, else those of `base`. */
function resolveTask(own: TaskOptions, base: TaskSettings): TaskSettings {
  return Object.freeze({
    timeoutMs: own.timeoutMs ?? base.timeoutMs,
    queueTimeoutMs: own.queueTimeoutMs ?? base.queueTimeoutMs,
    retry: own.retry === undefined ? base.retry : resolveRetry(own.retry),
    cache: own.cache === undefined ? base.cache : resolveTaskCache(own.cache),
    priority: own.priority ?? base.priority,
  });
}

function resolveCodec(codec: CodecOption): CodecName {
  if (typeof codec === 'string') return codec;
  const module = codec instanceof URL ? codec : codec.module;
  if (typeof module === 'string' && !module.startsWith('file:')) return { moduleUrl: pathToFileURL(module).href };
  const url = new URL(module);
  if (url.protocol !== 'file:') throw optionError('codec', `must be a file, not ${url.protocol} (${url.href}).`);
  return { moduleUrl: url.href };
}

function resolveRetry(retry: number | RetryOptions): ResolvedRetry {
  const given: RetryOptions = typeof retry === 'number' ? { attempts: retry } : retry;
  return Object.freeze({
    attempts: given.attempts ?? 0,
    on: given.on,
    baseMs: given.backoff?.baseMs ?? DEFAULTS.retryBaseMs,
    maxMs: given.backoff?.maxMs ?? DEFAULTS.retryMaxMs,
  });
}

function resolveTaskCache(cache: boolean | TaskCacheOptions): ResolvedTaskCache | undefined {
  if (cache === false) return undefined;
  const given = cache === true ? {} : cache;
  return { key: given.key as ((input: unknown) => string) | undefined, ttlMs: given.ttlMs };
}

/** Checks the options of one call. @throws ERR_OPTION */
export function checkRunOptions(options: RunOptions): void {
  is.checkShape(options, RUN_ONE);
}

/** Checks the options of `map`. @throws ERR_OPTION */
export function checkMapOptions(options: MapOptions): void {
  is.checkShape(options, MAP);
}

/** The settings of one call: the task's, overridden by the call's own. */
export function overrideSettings(base: TaskSettings, own: RunOptions): TaskSettings {
  return {
    timeoutMs: own.timeoutMs ?? base.timeoutMs,
    queueTimeoutMs: own.queueTimeoutMs ?? base.queueTimeoutMs,
    retry: own.retry === undefined ? base.retry : resolveRetry(own.retry),
    cache: own.cache === false ? undefined : base.cache,
    priority: own.priority ?? base.priority,
  };
}

function optionError(option: string, reason: string): PoolError<'ERR_OPTION'> {
  return new PoolError('ERR_OPTION', { option, reason });
}
