import { toJson } from '../base/natives.js';
import { availableParallelism } from '../base/parent-natives.js';
import { pathUrl } from '../base/path-url.js';
import type { RunOptions } from './call-options.js';
import { checkPoolOptions, checkTaskOptions, optionError } from './check-options.js';
import type { CodecName, CodecOption } from './codec.js';
import type {
  CacheOptions,
  ConcurrencyOption,
  PoolKind,
  PoolOptions,
  RetryOptions,
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

/** Keeps a worker busy with tasks that wait 99.8 % of their time. */
export const MOST_AUTO_CONCURRENCY = 512;

/** When workers are replaced. An undefined rule does not apply. */
export interface RecycleRules {
  readonly afterTasks: number | undefined;
  readonly afterMs: number | undefined;
  /** Memory above that of the warm worker. */
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

/** All that a task needs to know besides its input. One frozen object per task name, shared by its tasks. */
export interface TaskSettings {
  readonly timeoutMs: number;
  readonly queueTimeoutMs: number;
  readonly retry: ResolvedRetry;
  readonly cache: ResolvedTaskCache | undefined;
  readonly priority: number;
  /** Whether its handler may run twice. */
  readonly idempotent: boolean;
}

/** PoolOptions with every default filled in. */
export interface ResolvedOptions {
  readonly name: string;
  readonly kind: PoolKind;
  readonly workload: Workload;
  readonly workers: WorkersOption;
  /** Least and most; equal when it is fixed. */
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
  readonly inspect: boolean;
  readonly resourceLimits: PoolOptions['resourceLimits'];
  readonly stdio: StdioOption;
  readonly codec: CodecName;
  readonly recycle: RecycleRules & { readonly jitter: number };
  /** Undefined means no limit except those of the system. */
  readonly memory: { readonly limitBytes: number | undefined; readonly perWorkerBytes: number | undefined };
  readonly maxPayloadBytes: number;
}

/** What every worker gets at its start, in the caller's own objects. */
export interface GivenStartData {
  readonly workerData: unknown;
  readonly warmup: readonly { readonly name: string; readonly input: unknown; readonly times: number }[];
}

const BUILT_IN_TASK: TaskSettings = {
  timeoutMs: DEFAULTS.timeoutMs,
  queueTimeoutMs: DEFAULTS.queueTimeoutMs,
  retry: resolveRetry(0),
  cache: undefined,
  priority: DEFAULTS.priority,
  idempotent: false,
};

/**
 * Checks the options of a pool and fills in the defaults.
 * @throws ERR_OPTION naming the key, what it must be and what it was
 */
export function resolveOptions(given: PoolOptions, fallbackName: string): ResolvedOptions & GivenStartData {
  const options = checkPoolOptions(given, DEFAULTS.kind);
  const taskDefaults = resolveTask(
    { timeoutMs: options.timeoutMs, queueTimeoutMs: options.queue?.timeoutMs, retry: options.retry },
    BUILT_IN_TASK,
  );
  const tasks = new Map<string, TaskSettings>();
  for (const [task, own] of Object.entries<TaskOptions | undefined>(options.tasks ?? {})) {
    if (own === undefined) continue;
    tasks.set(task, resolveTask(checkTaskOptions(own, `tasks.${task}`), taskDefaults));
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
    cache: caches
      ? { max: options.cache?.max ?? DEFAULTS.cacheMax, ttlMs: finiteTtl(options.cache?.ttlMs) ?? 0 }
      : undefined,
    tasks,
    taskDefaults,
    env: options.env ?? 'inherit',
    argv: options.argv ?? [],
    execArgv: options.execArgv,
    inspect: options.inspect ?? false,
    resourceLimits: options.resourceLimits,
    workerData: options.workerData,
    stdio: options.stdio ?? DEFAULTS.stdio,
    warmup: (options.warmup?.tasks ?? []).map(
      ({ name, input, times }: { name: string; input?: unknown; times?: number }) => ({
        name,
        input,
        times: times ?? 1,
      }),
    ),
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

function resolveConcurrency(concurrency: ConcurrencyOption): ResolvedOptions['concurrency'] {
  if (typeof concurrency === 'number') return { min: concurrency, max: concurrency };
  const most = concurrency === 'auto' ? undefined : concurrency.max;
  return { min: 1, max: most ?? MOST_AUTO_CONCURRENCY };
}

/** In the parent's thread, or on its only core, a polling worker holds up the very frame that it awaits. */
function resolveBusyPoll({ kind, busyPollMs }: PoolOptions): number {
  if (kind === 'inline' || availableParallelism() === 1) return 0;
  return busyPollMs ?? DEFAULTS.busyPollMs;
}

/** Options as users pass them; undefined means not given. */
type Given<T> = { readonly [K in keyof T]: T[K] | undefined };

/** The settings of one task: its own where given, else those of `base`. */
function resolveTask(own: Given<TaskOptions<never>>, base: TaskSettings): TaskSettings {
  return Object.freeze({
    timeoutMs: own.timeoutMs ?? base.timeoutMs,
    queueTimeoutMs: own.queueTimeoutMs ?? base.queueTimeoutMs,
    retry: own.retry === undefined ? base.retry : resolveRetry(own.retry),
    cache: own.cache === undefined ? base.cache : resolveTaskCache(own.cache),
    priority: own.priority ?? base.priority,
    idempotent: own.idempotent ?? base.idempotent,
  });
}

function resolveCodec(codec: CodecOption): CodecName {
  if (typeof codec === 'string') return codec;
  const module = codec instanceof URL ? codec : codec.module;
  if (typeof module === 'string' && !module.startsWith('file:')) {
    const path = pathUrl(module);
    if (path === undefined) throw optionError('codec', `is a path that no URL can name: ${toJson(module)}`);
    return { moduleUrl: path.href };
  }
  if (!URL.canParse(String(module))) throw optionError('codec', `names no file: ${String(module)}`);
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
  return { key: given.key as ((input: unknown) => string) | undefined, ttlMs: finiteTtl(given.ttlMs) };
}

/** The cache knows no Infinity, so 0 means no limit. */
function finiteTtl(ttlMs: number | undefined): number | undefined {
  return ttlMs === Infinity ? 0 : ttlMs;
}

/** The settings of one call: the task's, overridden by the call's own. */
export function overrideSettings(base: TaskSettings, own: RunOptions): TaskSettings {
  return {
    timeoutMs: own.timeoutMs ?? base.timeoutMs,
    queueTimeoutMs: own.queueTimeoutMs ?? base.queueTimeoutMs,
    retry: own.retry === undefined ? base.retry : resolveRetry(own.retry),
    cache: own.cache === false ? undefined : base.cache,
    priority: own.priority ?? base.priority,
    idempotent: own.idempotent ?? base.idempotent,
  };
}
