/** Results that went, by cause. */
export interface CacheEvictions {
  /** There were more than `max`. */
  max: number;
  /** There were more than `maxBytes`. */
  bytes: number;
  /** Their time was over. Counted when a call finds them, or when they make room. */
  ttl: number;
  /** Memory was short. */
  memory: number;
  /** The program dropped them. */
  invalidated: number;
}

/** Calls and results of the cache. */
export interface CacheCounts {
  /** Results kept now, failures included. */
  entries: number;
  /** Bytes of them, with their keys. */
  bytes: number;
  /** Calls that needed no execution of their own. They got a result, or the failure of an execution that they shared. */
  hits: number;
  /** Calls that began an execution. */
  misses: number;
  /** Part of hits: calls that joined an equal one under way. */
  coalesced: number;
  /** Calls that got a result after its `ttlMs`: hits, and misses whose execution failed (`staleIfErrorMs`). */
  stale: number;
  /** Executions that no call waited for: after `ttlMs`, or ahead of it. They are no misses. */
  refreshes: number;
  /** Part of refreshes: the execution failed. */
  refreshFailures: number;
  /** Results that could not be kept: too large, or of an object that cannot be copied. */
  unkept: number;
  /** Execution time that hits saved, in milliseconds. A call that shared an execution saved its time, too. */
  savedMs: number;
  /** hits ÷ (hits + misses); 0 before the first call. */
  hitRate: number;
  evictions: CacheEvictions;
}

/** Calls of the second level of the cache. */
export interface CacheStoreStats {
  /** Calls of tasks that found a result there. One after its `ttlMs` counts, too. */
  hits: number;
  /** Calls of tasks for which the store had nothing. Those that it did not answer in time do not count. */
  misses: number;
  writes: number;
  /** Results that were not written: too large, or not to be read back from a store (Map, Set, RegExp, errors). */
  unstored: number;
  /** Calls of the store that failed, took longer than a second, or were too many at once. */
  failures: number;
}

export interface CacheStats extends CacheCounts {
  /** Undefined without `cache.store`. */
  store: CacheStoreStats | undefined;
  /** The same by task name. The object has no prototype, so it holds only names whose results were cached. */
  byTask: { readonly [task: string]: CacheCounts };
}
