import type { LRUCache } from 'lru-cache';
import type { SharedResult, SharedTask } from '../backend/backend.js';
import type { Clock } from '../base/clock.js';
import { newLru } from '../base/lru.js';
import { shortKey } from '../base/short-key.js';
import { checkTaskName } from '../contract/arguments.js';
import { inspectBriefly } from '../contract/checks.js';
import { PoolError } from '../contract/errors.js';
import type { CacheOptions } from '../contract/options.js';
import type { ResolvedTaskCache } from '../contract/resolve-options.js';
import type { CacheStats } from '../contract/stats.js';
import { type CachedCall, Flight, type Shared } from './flight.js';
import { stableKey } from './stable-key.js';

/**
 * Results of tasks that opted in, by task name and input. Equal calls that overlap share one execution, each within its own
 * limits. Failures are never kept. A cached value is handed out as it is, not copied, so callers must not change it.
 */
export class ResultCache {
  readonly #entries: LRUCache<string, SharedResult>;
  readonly #flights = new Map<string, Flight>();
  readonly #settingsOf: (task: string) => ResolvedTaskCache | undefined;
  readonly #clock: Clock;
  #hits = 0;
  #misses = 0;
  #joined = 0;
  #savedMs = 0;

  /** @internal Made by the pool. */
  constructor(
    options: Required<CacheOptions>,
    settingsOf: (task: string) => ResolvedTaskCache | undefined,
    clock: Clock,
  ) {
    this.#clock = clock;
    this.#entries = newLru({ max: options.max, ttl: Math.ceil(options.ttlMs) });
    this.#settingsOf = settingsOf;
  }

  /**
   * Drops the result of one task for one input; without an input, every result of that task. A call under way ends as usual,
   * but its result is not kept, and later calls do not join it.
   * @throws ERR_OPTION for a wrong task name
   */
  invalidate(task: string, ...input: [] | [unknown]): void {
    checkTaskName(task);
    if (input.length === 1) {
      this.#drop(this.#keyOf(task, input[0]));
      return;
    }
    const prefix = taskPrefix(task);
    for (const key of [...this.#entries.keys(), ...this.#flights.keys()]) if (key.startsWith(prefix)) this.#drop(key);
  }

  /** Drops everything. Counts stay. */
  clear(): void {
    this.#entries.clear();
    this.#flights.clear();
  }

  /** Drops the least recently used half, because memory is short. */
  trim(): void {
    for (let count = this.#entries.size >> 1; count > 0; count--) this.#entries.pop();
  }

  stats(): CacheStats {
    return {
      entries: this.#entries.size,
      hits: this.#hits,
      misses: this.#misses,
      joined: this.#joined,
      savedMs: this.#savedMs,
    };
  }

  /**
   * @internal The result of a call: kept, under way, or computed now. A caller that leaves, by its signal or its limits, does
   * not end the call for the others.
   * @throws TypeError for an input without a stable key, ERR_OPTION when the task's own `key` returns no string
   */
  async get(task: string, input: unknown, call: CachedCall, start: (shared: Shared) => SharedTask): Promise<unknown> {
    call.signal?.throwIfAborted();
    const key = this.#keyOf(task, input);
    const kept = this.#entries.get(key);
    if (kept !== undefined) {
      this.#hits++;
      this.#savedMs += kept.costMs;
      return kept.value;
    }
    const underWay = this.#flights.get(key);
    if (underWay?.serves(call) === true) {
      this.#hits++;
      this.#joined++;
      return underWay.join(call);
    }
    this.#misses++;
    return this.#start(task, key, call, start).join(call);
  }

  #start(task: string, key: string, call: CachedCall, start: (shared: Shared) => SharedTask): Flight {
    /** Whether it was not dropped in the meantime. After a drop, its result is already stale. */
    const forget = (): boolean => this.#flights.get(key) === flight && this.#flights.delete(key);
    const flight: Flight = new Flight(task, call, this.#clock, start, {
      abandoned: () => void forget(),
      ended: (entry) => {
        if (!forget() || entry === undefined) return;
        const ttlMs = this.#settingsOf(task)?.ttlMs;
        this.#entries.set(key, entry, ttlMs === undefined ? {} : { ttl: Math.ceil(ttlMs) });
      },
    });
    // A flight that does not serve this call goes on beside it, and later calls join the earlier one.
    if (!this.#flights.has(key)) this.#flights.set(key, flight);
    return flight;
  }

  #keyOf(task: string, input: unknown): string {
    const own = this.#settingsOf(task)?.key;
    return taskPrefix(task) + (own === undefined ? stableKey(input) : shortKey(checkedKey(own(input), task)));
  }

  #drop(key: string): void {
    this.#entries.delete(key);
    this.#flights.delete(key);
  }
}

/** Refuses other types: they would be made strings, and objects of all contents the same one. */
function checkedKey(key: unknown, task: string): string {
  if (typeof key === 'string') return key;
  const reason = `must return a string; received ${inspectBriefly(key)}.`;
  throw new PoolError('ERR_OPTION', { option: `tasks.${task}.cache.key`, reason });
}

/** The length goes first, so that no task name can reach into the keys of another. */
function taskPrefix(task: string): string {
  return `${task.length}:${task}:`;
}
