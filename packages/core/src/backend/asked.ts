import { process } from '../base/natives.js';
import type { LimitAsked, PoolAsked, TaskAsked } from '../contract/profile-messages.js';
import type { ResolvedLimit } from '../contract/resolve-limits.js';
import type { ResolvedOptions } from '../contract/resolved-options.js';
import type { TaskTypes } from '../task/task-types.js';

/** Options of a pool as a profiler compares them with what was used. @param cores that the program may use */
export function askedOf(options: ResolvedOptions, types: TaskTypes, cores: number): PoolAsked {
  const { given, concurrency, prefetch, queueMax, codec, recycle, memory } = options;
  return {
    given,
    concurrencyMax: concurrency.max,
    prefetch,
    queueMax: orNull(queueMax),
    codec: typeof codec === 'string' ? codec : 'module',
    recycleAfterTasks: recycle.afterTasks ?? null,
    memoryLimitBytes: memory.limitBytes ?? null,
    perWorkerBytes: memory.perWorkerBytes ?? null,
    cores,
    nativeThreads: nativeThreadsOf(options),
    task: (name) => taskAsked(name, types),
  };
}

/** libuv reads the variable once in each process. It has 4 threads by default, and at most 1,024. */
function nativeThreadsOf({ kind, env }: ResolvedOptions): number {
  const inherited = kind === 'process' && env === 'clean' ? undefined : process.env['UV_THREADPOOL_SIZE'];
  const given = (kind === 'process' && typeof env === 'object' ? env['UV_THREADPOOL_SIZE'] : undefined) ?? inherited;
  const size = Math.trunc(Number(given));
  return given === undefined || !(size > 0) ? 4 : Math.min(1024, size);
}

function taskAsked(name: string, types: TaskTypes): TaskAsked {
  const { settings, batches, limits } = types.of(name);
  const { timeoutMs, retry, cache, breaker } = settings;
  const asked = (limits?.rules ?? []).map((rule, at) => limitAsked(rule, limits?.blockedMs[at] ?? 0));
  const atOnce = asked.filter(({ option }) => option === 'concurrency').map(({ max }) => max);
  return {
    timeoutMs: orNull(timeoutMs),
    retries: retry.attempts,
    concurrency: atOnce.length === 0 ? null : Math.min(...atOnce),
    limits: asked,
    batchSize: batches?.size ?? null,
    batchMaxWaitMs: batches?.rules.maxWaitMs ?? null,
    batchMaxBytes: batches === undefined ? null : orNull(batches.rules.maxBytes),
    cached: cache !== undefined,
    breaker: breaker !== undefined && !breaker.dryRun,
    fallback: breaker?.fallback !== undefined,
  };
}

function limitAsked({ of, max, perMs, unit, key }: ResolvedLimit, blockedMs: number): LimitAsked {
  return { option: of, max, perMs: perMs ?? null, unit: unit ?? 'calls', isByKey: key !== undefined, blockedMs };
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
