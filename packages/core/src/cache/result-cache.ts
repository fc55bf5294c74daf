import { shortKey } from '../base/short-key.js';
import { checkTaskName } from '../contract/arguments.js';
import type { CacheItem, CacheSelector } from '../contract/cache-options.js';
import type { CacheStats } from '../contract/cache-stats.js';
import { checkCacheItem, checkCacheItems, checkCacheSelector } from '../contract/check-cache.js';
import { CachedCalls } from './cached-calls.js';
import type { Entry } from './entry.js';
import { type CacheParts, KeptResults } from './kept-results.js';
import { keyTest } from './key-pattern.js';

/** How a pool ends its cache. */
export interface CacheEnd {
  /** Resolves when no call waits for the second level. */
  whenLookedUp(): Promise<void>;
  /** Begins no further execution. A call that waits for the second level may find its result there. */
  refuse(error: Error): void;
  /** Rejects the calls that wait for it, too. */
  end(error: Error): void;
  /** Notes the hottest keys for the next program, and waits for all writes. */
  close(): Promise<void>;
}

/**
 * Results of tasks that opted in, by task name and input. Equal calls that overlap share one execution, each within its own
 * limits. No caller can change what another one gets.
 *
 * Calls use the cache by themselves. These methods are for programs that know more: a value to keep, a change that makes results
 * wrong. None of them counts as a hit or a miss.
 */
export class ResultCache {
  /** @internal Answers the calls of the pool. */
  readonly calls: CachedCalls;
  readonly #results: KeptResults;

  /** @internal Made by the pool. */
  constructor(parts: CacheParts) {
    this.#results = new KeptResults(parts);
    this.calls = new CachedCalls(this.#results, this.#results.store, parts.clock);
  }

  /**
   * A copy of the result that a call would get without an execution; undefined if there is none. `has` tells a kept undefined
   * apart.
   * @throws ERR_OPTION for a task without `cache`, and an input without a key
   */
  get(task: string, input?: unknown): unknown {
    return this.#look(task, input, true);
  }

  /** Like `get`, but leaves the order in which results are evicted. @throws as `get` */
  peek(task: string, input?: unknown): unknown {
    return this.#look(task, input, false);
  }

  /** Whether a call would get a result without an execution. A kept failure is none. @throws as `get` */
  has(task: string, input?: unknown): boolean {
    return this.#find(task, input, false) !== undefined;
  }

  /**
   * Keeps a copy of a value as the result of a task for an input. A call under way ends as usual, but its result is not kept.
   * @returns false for a value that is too large, or cannot be copied. An earlier result is dropped all the same
   * @throws as `get`; ERR_OPTION for wrong options
   */
  set(task: string, input: unknown, value: unknown, options: Pick<CacheItem, 'ttlMs' | 'tags'> = {}): boolean {
    return this.#set({ ...options, task, input, value });
  }

  /**
   * Keeps many values, as `set` does. A store whose `set` returns a promise gets the first thousand of them.
   * @returns the number of values that were kept
   * @throws ERR_OPTION for anything but an iterable; as `set` for a wrong item, and those before it are kept
   */
  load(items: Iterable<CacheItem>): number {
    checkCacheItems(items);
    let kept = 0;
    for (const item of items) if (this.#set(item)) kept++;
    return kept;
  }

  /**
   * Drops the result of a task for an input. A call under way ends as usual, but its result is not kept, and later calls do not
   * join it.
   * @returns whether there was a result
   * @throws as `get`
   */
  delete(task: string, input?: unknown): boolean {
    checkTaskName(task);
    const place = this.#results.placeOf(task, input);
    this.calls.forget(place);
    this.#results.store?.drop(place);
    return this.#results.drop(place);
  }

  /**
   * Drops all selected results, and those of selected calls under way, as `delete` does.
   * @returns the number of dropped results
   * @throws ERR_OPTION for a selector that is wrong or empty
   */
  invalidate(selector: CacheSelector): number {
    const { task, key, tag, match } = checkCacheSelector(selector);
    const selection = {
      task,
      key: key === undefined ? undefined : shortKey(key),
      tag: tag === undefined ? undefined : shortKey(tag),
      fits: keyTest(match),
    };
    this.calls.forgetAll(selection);
    this.#results.store?.dropAll({
      ...selection,
      match: match instanceof RegExp ? [match.source, match.flags] : match,
    });
    return this.#results.dropAll(selection);
  }

  /** Drops everything. Counts stay. */
  clear(): void {
    this.calls.clear();
    this.#results.clear();
    this.#results.store?.clear();
  }

  /** Drops the least recently used half, as when memory is short. */
  trim(): void {
    this.#results.trim();
  }

  stats(): CacheStats {
    return { ...this.#results.counts.stats(), store: this.#results.store && { ...this.#results.store.counts } };
  }

  /** @internal Brings in the results that the last program used most. */
  warm(): Promise<void> {
    return this.#results.warm();
  }

  /** @internal */
  whenLookedUp(): Promise<void> {
    return this.calls.whenLookedUp();
  }

  /** @internal */
  refuse(error: Error): void {
    this.calls.refuse(error);
  }

  /** @internal */
  end(error: Error): void {
    this.calls.end(error);
  }

  /** @internal */
  close(): Promise<void> {
    return this.#results.close();
  }

  #look(task: string, input: unknown, isUse: boolean): unknown {
    const entry = this.#find(task, input, isUse);
    return entry === undefined ? undefined : this.#results.give(entry.kept);
  }

  #find(task: string, input: unknown, isUse: boolean): Entry | undefined {
    checkTaskName(task);
    const found = this.#results.find(this.#results.placeOf(task, input), isUse);
    if (found === undefined || found.freshness === 'fallback' || found.entry.kept.how === 'thrown') return undefined;
    return found.entry;
  }

  #set(item: CacheItem): boolean {
    const { task, input, value, ttlMs, tags } = checkCacheItem(item);
    const place = this.#results.placeOf(task, input, { ttlMs, tags });
    this.calls.forget(place);
    const kept = this.#results.encodeCopy(place, value);
    if (kept === undefined) {
      // The program says that the earlier one no longer holds.
      this.#results.store?.drop(place);
      this.#results.drop(place);
      return false;
    }
    this.#results.write(place, value, 0, 0);
    return this.#results.keep(place, kept, 0, 0);
  }
}
