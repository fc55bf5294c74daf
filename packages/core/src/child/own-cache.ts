import { types } from '../base/natives.js';
import type { WorkerCache, WorkerCacheOptions } from '../contract/worker-cache.js';
import type { PressureLevel } from '../contract/worker-module.js';

const DEFAULTS: Required<WorkerCacheOptions> = { max: 1000, maxBytes: 64 * 2 ** 20 };
/** Stands for a value whose size only its owner could know. A choice. */
const ANY_BYTES = 1024;

interface Kept {
  readonly value: unknown;
  readonly bytes: number;
}

/**
 * The cache of one worker. A Map keeps the order in which its keys were set, so the first is the least recently used. The package
 * of the parent's cache would be 25 KB more for each worker to load.
 */
export class OwnCache implements WorkerCache {
  readonly #kept = new Map<string, Kept>();
  #max = DEFAULTS.max;
  #maxBytes = DEFAULTS.maxBytes;
  #bytes = 0;

  /** Sets its size, before it is used. @throws TypeError naming the worker module's option that is wrong */
  limit(options: WorkerCacheOptions = {}): void {
    for (const [name, value] of Object.entries(options)) {
      if (!Object.hasOwn(DEFAULTS, name))
        throw new TypeError(`The cache of defineWorker() has no option "${name}", only max and maxBytes.`);
      if (value === undefined || (Number.isInteger(value) && (value as number) >= 1)) continue;
      throw new TypeError(
        `The cache of defineWorker() needs ${name} to be an integer of at least 1, not ${String(value)}.`,
      );
    }
    this.#max = options.max ?? DEFAULTS.max;
    this.#maxBytes = options.maxBytes ?? DEFAULTS.maxBytes;
  }

  get size(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): unknown {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    // To the end of the order.
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.value;
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  set(key: string, value: unknown, bytes = sizeOf(value)): boolean {
    if (typeof key !== 'string') throw new TypeError(`A key of ctx.cache must be a string, not ${typeof key}.`);
    if (typeof bytes !== 'number' || !(bytes >= 0))
      throw new TypeError('The bytes of a value in ctx.cache must be a number of 0 or more.');
    this.delete(key);
    // Whole numbers: sums and differences of others would drift.
    const all = Math.ceil(bytes) + 2 * key.length;
    if (all > this.#maxBytes) return false;
    while (this.#kept.size >= this.#max || this.#bytes + all > this.#maxBytes) this.#dropOldest();
    this.#kept.set(key, { value, bytes: all });
    this.#bytes += all;
    return true;
  }

  delete(key: string): boolean {
    const kept = this.#kept.get(key);
    if (kept === undefined) return false;
    this.#bytes -= kept.bytes;
    return this.#kept.delete(key);
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  /** Makes room, because memory is short. */
  relieve(level: PressureLevel): void {
    if (level !== 'elevated') this.clear();
    else for (let count = this.#kept.size - (this.#kept.size >> 1); count > 0; count--) this.#dropOldest();
  }

  #dropOldest(): void {
    for (const key of this.#kept.keys()) {
      this.delete(key);
      return;
    }
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 2 * value.length;
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) ? value.byteLength : ANY_BYTES;
}
