import type { PoolAsked, TaskAsked } from '../contract/profile-messages.js';
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
    task: (name) => taskAsked(name, types),
  };
}

function taskAsked(name: string, types: TaskTypes): TaskAsked {
  const { settings, batches, limits: taskLimits } = types.of(name);
  const { timeoutMs, retry, limits = [], cache, breaker } = settings;
  const rates = limits.filter(({ perMs }) => perMs !== undefined);
  const atOnce = limits.filter(({ perMs, key }) => perMs === undefined && key === undefined);
  const byKey = limits.filter(({ perMs, key }) => perMs === undefined && key !== undefined);
  return {
    timeoutMs: orNull(timeoutMs),
    retries: retry.attempts,
    rateLimit: rates.length === 0 ? null : rates.map(inWords).join(', '),
    concurrency: atOnce.length === 0 ? null : Math.min(...atOnce.map(({ max }) => max)),
    concurrencyByKey: byKey.length === 0 ? null : Math.min(...byKey.map(({ max }) => max)),
    limits: (taskLimits?.rules ?? []).map((rule, at) => ({
      option: rule.of,
      terms: inWords(rule),
      blockedMs: taskLimits?.blockedMs[at] ?? 0,
    })),
    batchSize: batches?.size ?? null,
    batchMaxWaitMs: batches?.rules.maxWaitMs ?? null,
    batchMaxBytes: batches === undefined ? null : orNull(batches.rules.maxBytes),
    cached: cache !== undefined,
    breaker: breaker !== undefined && !breaker.dryRun,
  };
}

function inWords({ max, unit, perMs, key }: ResolvedLimit): string {
  const perKey = key === undefined ? '' : ' by key';
  return perMs === undefined ? `${max} at once${perKey}` : `${max} ${unit ?? 'calls'} in ${perMs} ms${perKey}`;
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
