import { toJson } from '../base/natives.js';
import { availableParallelism } from '../base/parent-natives.js';
import { pathUrl } from '../base/path-url.js';
import type { CacheOptions } from './cache-options.js';
import { checkPoolOptions, checkTaskOptions, optionError } from './check-options.js';
import type { CodecName, CodecOption } from './codec.js';
import { givenPaths } from './given-paths.js';
import type { ConcurrencyOption, PoolOptions } from './options.js';
import { resolveHealth } from './resolve-health.js';
import { BUILT_IN_TASK, finiteTtl, resolveTask } from './resolve-task.js';
import type { GivenStartData, ResolvedCache, ResolvedOptions, TaskSettings } from './resolved-options.js';
import type { TaskOptions } from './task-options.js';

const DEFAULTS = {
  kind: 'process',
  workload: 'auto',
  workers: 'auto',
  prefetch: 'auto',
  busyPollMs: 0.1,
  queueMax: Infinity,
  graceMs: 500,
  // OTP gives worker children 5 s, too.
  teardownMs: 5000,
  crashAttempts: 2,
  restartMax: 10,
  restartWithinMs: 30_000,
  startTimeoutMs: 30_000,
  cacheMax: 1000,
  cacheMaxBytes: 128 * 2 ** 20,
  stdio: 'pipe',
  codec: 'structured',
  maxPayloadBytes: 2 ** 30,
  recycleJitter: 0.1,
} as const;

/** Keeps a worker busy with tasks that wait 99.8 % of their time. */
export const MOST_AUTO_CONCURRENCY = 512;

/**
 * Checks the options of a pool and fills in the defaults.
 * @throws ERR_OPTION naming the key, what it must be and what it was
 */
export function resolveOptions(given: PoolOptions, fallbackName: string): ResolvedOptions & GivenStartData {
  const options = checkPoolOptions(given, DEFAULTS.kind);
  const taskDefaults = resolveTask(
    {
      timeoutMs: options.timeoutMs,
      queueTimeoutMs: options.queue?.timeoutMs,
      retry: options.retry,
      breaker: options.breaker,
      slowMs: options.slowMs,
    },
    BUILT_IN_TASK,
  );
  const tasks = new Map<string, TaskSettings>();
  for (const [task, own] of Object.entries<TaskOptions | undefined>(options.tasks ?? {})) {
    if (own === undefined) continue;
    const path = `tasks.${task}`;
    tasks.set(task, resolveTask(checkTaskOptions(own, path), taskDefaults, options.cache?.ttlMs, path));
  }
  const caches = options.cache !== undefined || [...tasks.values()].some((task) => task.cache !== undefined);
  return Object.freeze({
    name: options.name ?? fallbackName,
    given: givenPaths(options),
    kind: options.kind ?? DEFAULTS.kind,
    workload: options.workload ?? DEFAULTS.workload,
    workers: options.workers ?? DEFAULTS.workers,
    concurrency: resolveConcurrency(options.concurrency ?? (typeof options.workers === 'number' ? 1 : 'auto')),
    prefetch: options.prefetch ?? DEFAULTS.prefetch,
    busyPollMs: resolveBusyPoll(options),
    queueMax: options.queue?.max ?? DEFAULTS.queueMax,
    timeoutStack: options.timeoutStack ?? false,
    graceMs: options.graceMs ?? DEFAULTS.graceMs,
    teardownMs: options.teardownMs ?? DEFAULTS.teardownMs,
    crashAttempts: options.crash?.attempts ?? DEFAULTS.crashAttempts,
    restart: {
      max: options.restart?.max ?? DEFAULTS.restartMax,
      withinMs: options.restart?.withinMs ?? DEFAULTS.restartWithinMs,
    },
    startTimeoutMs: options.startTimeoutMs ?? DEFAULTS.startTimeoutMs,
    cache: caches ? resolveCache(options.cache, options.codec) : undefined,
    tasks,
    taskDefaults,
    env: options.env ?? 'inherit',
    perSlot: options.perSlot,
    argv: options.argv ?? [],
    execArgv: options.execArgv,
    inspect: options.inspect ?? false,
    nice: options.nice ?? 0,
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
    health: resolveHealth(options.health, {
      queue: options.queue,
      restartMax: options.restart?.max ?? DEFAULTS.restartMax,
    }),
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

/** The cache of a pool. @throws ERR_OPTION for options that contradict each other */
export function resolveCache(
  { max, maxBytes, ttlMs, weak, store, warm, version }: CacheOptions = {},
  codec: CodecOption = DEFAULTS.codec,
): ResolvedCache {
  if (warm === 'store' && store === undefined) throw optionError('cache.warm', 'needs cache.store.');
  if (store !== undefined && codec !== 'structured') {
    throw optionError(
      'cache.store',
      'needs codec "structured": a stored value of another codec would lose its classes.',
    );
  }
  return {
    max: max ?? DEFAULTS.cacheMax,
    maxBytes: maxBytes ?? DEFAULTS.cacheMaxBytes,
    ttlMs: finiteTtl(ttlMs ?? 0),
    weak: weak ?? false,
    store,
    isWarm: warm === 'store',
    version,
  };
}
