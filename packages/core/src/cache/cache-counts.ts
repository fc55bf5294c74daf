import type { CacheCounts, CacheEvictions, CacheStats } from '../contract/cache-stats.js';

/** Why a result went. */
export type EvictionCause = keyof CacheEvictions;

/** The counts of one task. */
export type TaskCounts = Omit<CacheCounts, 'hitRate'>;

function noCounts(): TaskCounts {
  return {
    entries: 0,
    bytes: 0,
    hits: 0,
    misses: 0,
    coalesced: 0,
    stale: 0,
    refreshes: 0,
    refreshFailures: 0,
    unkept: 0,
    savedMs: 0,
    evictions: { max: 0, bytes: 0, ttl: 0, memory: 0, invalidated: 0 },
  };
}

/** Counts by task. Only names with settings of their own take part, so their number is bounded. */
export class CountsByTask {
  readonly #byTask = new Map<string, TaskCounts>();

  of(task: string): TaskCounts {
    let counts = this.#byTask.get(task);
    if (counts === undefined) this.#byTask.set(task, (counts = noCounts()));
    return counts;
  }

  stats(): Omit<CacheStats, 'store'> {
    const all = noCounts();
    const byTask = Object.create(null) as Record<string, CacheCounts>;
    for (const [task, counts] of this.#byTask) {
      add(all, counts);
      byTask[task] = withRate(counts);
    }
    return { ...withRate(all), byTask };
  }
}

function add(all: TaskCounts, one: TaskCounts): void {
  for (const key of Object.keys(all) as (keyof TaskCounts)[]) {
    if (key === 'evictions') {
      for (const cause of Object.keys(all.evictions) as EvictionCause[]) all.evictions[cause] += one.evictions[cause];
    } else all[key] += one[key];
  }
}

function withRate(counts: TaskCounts): CacheCounts {
  const { hits, misses, evictions } = counts;
  const calls = hits + misses;
  return { ...counts, evictions: { ...evictions }, hitRate: calls === 0 ? 0 : hits / calls };
}
