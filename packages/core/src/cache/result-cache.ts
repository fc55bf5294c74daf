import type { LRUCache } from 'lru-cache';
import { newLru } from '../base/lru.js';
import { inspectBriefly } from '../contract/checks.js';
import { PoolError } from '../contract/errors.js';
import { checkTaskName } from '../contract/arguments.js';
import type { CacheOptions } from '../contract/options.js';
import type { ResolvedTaskCache } from '../contract/resolve-options.js';
import type { CacheStats } from '../contract/stats.js';
import { stableKey } from './stable-key.js';

interface Entry {
  value: unknown;
  /** What it took to compute, ms. */
  costMs: number;
}

/** One execution that any number of equal calls wait for. */
interface Flight {
  result: Promise<unknown>;
  waiting: number;
  /** Ends the execution when the last of them is gone. */
  readonly controller: AbortController;
}

/**
 * Results of tasks that opted in, by task name and input. Equal calls that overlap share one execution. Failures are
 * never kept. A cached value is handed out as it is, not copied: callers must not change it.
 */
export class ResultCache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #flights = new Map<string, Flight>();
  readonly #settingsOf: (task: string) => ResolvedTaskCache | undefined;
  #hits = 0;
  #misses = 0;
  #joined = 0;
  #savedMs = 0;

  /** @internal Made by the pool. */
  constructor(options: Required<CacheOptions>, settingsOf: (task: string) => ResolvedTaskCache | undefined) {
    this.#entries = newLru({ max: options.max, ttl: Math.ceil(options.ttlMs) });
    this.#settingsOf = settingsOf;
  }

  /**
   * Drops the result of one task for one input; without an input, every result of that task. A call that is under way
   * ends as it would, but its result is not kept and later calls do not join it.
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

  /** Drops the half that was used least recently: memory is short. */
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
   * @internal The result of a call: kept, under way, or computed now. A caller that goes away by its signal does not
   * take the others with it.
   * @throws TypeError for an input without a stable key, ERR_OPTION when the task's own `key` returns no string
   */
  async get(
    task: string,
    input: unknown,
    signal: AbortSignal | undefined,
    compute: (signal: AbortSignal) => Promise<Entry>,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    const key = this.#keyOf(task, input);
    const kept = this.#entries.get(key);
    if (kept !== undefined) {
      this.#hits++;
      this.#savedMs += kept.costMs;
      return kept.value;
    }
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      this.#misses++;
      flight = this.#start(task, key, compute);
    } else {
      this.#hits++;
      this.#joined++;
    }
    flight.waiting++;
    return signal === undefined ? flight.result : this.#leaveOnAbort(flight, key, signal);
  }

  #start(task: string, key: string, compute: (signal: AbortSignal) => Promise<Entry>): Flight {
    const controller = new AbortController();
    const flight: Flight = { result: Promise.resolve(), waiting: 0, controller };
    flight.result = compute(controller.signal).then(
      (entry) => {
        // Dropped in the meantime means that this result is stale already.
        if (this.#flights.get(key) === flight) {
          this.#flights.delete(key);
          const ttlMs = this.#settingsOf(task)?.ttlMs;
          this.#entries.set(key, entry, ttlMs === undefined ? {} : { ttl: Math.ceil(ttlMs) });
        }
        return entry.value;
      },
      (error: unknown) => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
        throw error;
      },
    );
    // Every caller may have left by its signal; the rejection is theirs then.
    flight.result.catch(() => {});
    this.#flights.set(key, flight);
    return flight;
  }

  #leaveOnAbort(flight: Flight, key: string, signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason as Error);
        if (--flight.waiting > 0) return;
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
        flight.controller.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      flight.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  #keyOf(task: string, input: unknown): string {
    const own = this.#settingsOf(task)?.key;
    return taskPrefix(task) + (own === undefined ? stableKey(input) : checkedKey(own(input), task));
  }

  #drop(key: string): void {
    this.#entries.delete(key);
    this.#flights.delete(key);
  }
}

/** Anything but a string would be made one, and objects of all contents the same one. */
function checkedKey(key: unknown, task: string): string {
  if (typeof key === 'string') return key;
  const reason = `must return a string; received ${inspectBriefly(key)}.`;
  throw new PoolError('ERR_OPTION', { option: `tasks.${task}.cache.key`, reason });
}

/** Its length goes first, so that no task name can reach into another's keys. */
function taskPrefix(task: string): string {
  return `${task.length}:${task}:`;
}
