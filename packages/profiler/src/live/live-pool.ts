import type { PoolHealth, PoolStats, TaskStats, WorkerStats } from '@millpond/core';
import type { LivePool, LiveTask, LiveWorker, SizingDecision } from './live-state.js';

/** Longest lists that a page shows. */
const MOST_WORKERS = 128;
const MOST_TASKS = 50;

/** A pool as the live page shows it. */
export function livePool(stats: PoolStats, health: PoolHealth | null, decisions: readonly SizingDecision[]): LivePool {
  const names = Object.keys(stats.byTask);
  const byTask = names
    .map((task) => liveTask(task, stats.byTask[task] as TaskStats, stats))
    .sort((a, b) => b.completed + b.failed - (a.completed + a.failed));
  return {
    name: stats.name,
    kind: stats.kind,
    state: stats.state,
    paused: stats.paused,
    health,
    tasks: stats.tasks,
    perSecond: stats.window?.throughput ?? 0,
    utilization: stats.window?.utilization ?? stats.utilization,
    counts: stats.workers,
    sizing: stats.sizing,
    decisions: [...decisions],
    memory: stats.memory ?? null,
    workers: stats.workerList.slice(0, MOST_WORKERS).map(liveWorker),
    byTask: byTask.slice(0, MOST_TASKS),
    cache: liveCache(stats),
    more: {
      workers: Math.max(0, stats.workerList.length - MOST_WORKERS),
      tasks: Math.max(0, names.length - MOST_TASKS),
    },
  };
}

function liveWorker(worker: WorkerStats): LiveWorker {
  const { id, slot, state, tasksDone, running, dispatched, rssBytes, heapUsedBytes, cpu, elu } = worker;
  // In whole seconds, so that a pool at rest has one state, which is not sent again.
  const ageS = Math.floor(worker.ageMs / 1000);
  return { id, slot, state, tasksDone, running, dispatched, ageS, rssBytes, heapBytes: heapUsedBytes, cpu, elu };
}

function liveTask(task: string, stats: TaskStats, pool: PoolStats): LiveTask {
  const { completed, failed, latencyMs, breaker, batch, limitWaitMs } = stats;
  const cache = pool.cache?.byTask[task];
  return {
    task,
    completed,
    failed,
    p50Ms: latencyMs.total.p50,
    p99Ms: latencyMs.total.p99,
    waitP50Ms: latencyMs.wait.p50,
    breaker: breaker ?? null,
    batch: batch ?? null,
    limit:
      limitWaitMs === undefined ? null : { count: limitWaitMs.count, meanMs: limitWaitMs.mean, p99Ms: limitWaitMs.p99 },
    cache: cache === undefined ? null : { hits: cache.hits, misses: cache.misses, hitRate: cache.hitRate },
  };
}

function liveCache({ cache }: PoolStats): LivePool['cache'] {
  if (cache === undefined) return null;
  const { entries, bytes, hits, misses, stale, hitRate, savedMs, evictions } = cache;
  const { max, bytes: tooLarge, ttl, memory, invalidated } = evictions;
  const evicted = max + tooLarge + ttl + memory + invalidated;
  return { entries, bytes, hits, misses, stale, hitRate, savedMs, evicted };
}

/** What changed in the size of a pool between two looks. */
export function sizingChanges(
  before: PoolStats['sizing'] | undefined,
  now: PoolStats['sizing'],
  atMs: number,
): SizingDecision[] {
  if (before === undefined) return [];
  return (['workers', 'concurrency'] as const)
    .filter((what) => before[what] !== now[what])
    .map((what) => ({ atMs, what, from: before[what], to: now[what], reason: now.reason }));
}
