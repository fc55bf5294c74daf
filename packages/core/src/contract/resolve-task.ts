import type { TaskCacheOptions } from './cache-options.js';
import type { RunOptions } from './call-options.js';
import { resolveGivenBatch } from './resolve-batch.js';
import { resolveBreaker } from './resolve-breaker.js';
import { resolveHedge } from './resolve-hedge.js';
import { resolveLimits } from './resolve-limits.js';
import { resolveShaping } from './resolve-shaping.js';
import type { ResolvedRetry, ResolvedTaskCache, TaskSettings } from './resolved-options.js';
import type { RetryOptions, TaskOptions } from './task-options.js';

const DEFAULTS = {
  timeoutMs: Infinity,
  queueTimeoutMs: Infinity,
  priority: 0,
  retryBaseMs: 100,
  retryMaxMs: 5000,
  maxRetryAfterMs: 60_000,
} as const;

/** Settings of a task for which neither its pool nor its name gives any. */
export const BUILT_IN_TASK: TaskSettings = {
  timeoutMs: DEFAULTS.timeoutMs,
  queueTimeoutMs: DEFAULTS.queueTimeoutMs,
  retry: resolveRetry(0),
  cache: undefined,
  shaping: undefined,
  priority: DEFAULTS.priority,
  idempotent: false,
  exclusive: false,
  slowMs: Infinity,
  breaker: undefined,
  hedge: undefined,
  batch: undefined,
  limits: undefined,
};

/** Options as users pass them; undefined means not given. */
type Given<T> = { readonly [K in keyof T]: T[K] | undefined };

/**
 * The settings of one task: its own where given, else those of `base`.
 * @param path of its options, for errors
 * @throws ERR_OPTION for options that do not fit together
 */
export function resolveTask(
  own: Given<TaskOptions<never>>,
  base: TaskSettings,
  poolTtlMs = 0,
  path = 'tasks',
): TaskSettings {
  return Object.freeze({
    timeoutMs: own.timeoutMs ?? base.timeoutMs,
    queueTimeoutMs: own.queueTimeoutMs ?? base.queueTimeoutMs,
    retry: own.retry === undefined ? base.retry : resolveRetry(own.retry),
    cache: own.cache === undefined ? base.cache : resolveTaskCache(own.cache, poolTtlMs, `${path}.cache`),
    shaping: (own.throttle ?? own.debounce) === undefined ? base.shaping : resolveShaping(own),
    priority: own.priority ?? base.priority,
    idempotent: own.idempotent ?? base.idempotent,
    exclusive: own.exclusive ?? base.exclusive,
    slowMs: own.slowMs ?? base.slowMs,
    breaker: own.breaker === undefined ? base.breaker : resolveBreaker(own.breaker),
    hedge: own.hedge === undefined ? base.hedge : resolveHedge(own.hedge),
    batch: own.batch === undefined ? base.batch : resolveGivenBatch(own.batch),
    limits: isLimited(own) ? resolveLimits(own, path, base.limits) : base.limits,
  });
}

function isLimited({ rateLimit, concurrency, concurrencyByKey }: Given<TaskOptions<never>>): boolean {
  return (rateLimit ?? concurrency ?? concurrencyByKey) !== undefined;
}

/** The settings of one call: the task's, overridden by the call's own. */
export function overrideSettings(base: TaskSettings, own: RunOptions): TaskSettings {
  return {
    timeoutMs: own.timeoutMs ?? base.timeoutMs,
    queueTimeoutMs: own.queueTimeoutMs ?? base.queueTimeoutMs,
    retry: own.retry === undefined ? base.retry : resolveRetry(own.retry),
    cache: own.cache === false ? undefined : base.cache,
    shaping: base.shaping,
    priority: own.priority ?? base.priority,
    idempotent: own.idempotent ?? base.idempotent,
    exclusive: own.exclusive ?? base.exclusive,
    slowMs: base.slowMs,
    breaker: base.breaker,
    hedge: base.hedge,
    batch: base.batch,
    limits: base.limits,
  };
}

function resolveRetry(retry: number | RetryOptions): ResolvedRetry {
  const given: RetryOptions = typeof retry === 'number' ? { attempts: retry } : retry;
  return Object.freeze({
    attempts: given.attempts ?? 0,
    on: given.on,
    baseMs: given.backoff?.baseMs ?? DEFAULTS.retryBaseMs,
    maxMs: given.backoff?.maxMs ?? DEFAULTS.retryMaxMs,
    maxRetryAfterMs: given.maxRetryAfterMs ?? DEFAULTS.maxRetryAfterMs,
    budget: given.budget,
  });
}

function resolveTaskCache(
  cache: boolean | TaskCacheOptions,
  poolTtlMs: number,
  path: string,
): ResolvedTaskCache | undefined {
  if (cache === false) return undefined;
  const given: TaskCacheOptions = cache === true ? {} : cache;
  const { failures, tags } = given;
  return Object.freeze({
    path,
    key: given.key as ResolvedTaskCache['key'],
    ttlMs: finiteTtl(given.ttlMs ?? poolTtlMs),
    staleWhileRevalidateMs: given.staleWhileRevalidateMs ?? 0,
    staleIfErrorMs: given.staleIfErrorMs ?? 0,
    refreshAhead: given.refreshAhead ?? false,
    // A time that is undefined is not given, and must not stand for one without end.
    failures: failures?.ttlMs === undefined ? undefined : { ttlMs: finiteTtl(failures.ttlMs), on: failures.on },
    tags: (tags ?? []) as ResolvedTaskCache['tags'],
    share: given.share ?? 'copy',
    version: given.version ?? '',
  });
}

/** 0 means no end, too. */
export function finiteTtl(ttlMs: number): number {
  return ttlMs === Infinity ? 0 : ttlMs;
}
