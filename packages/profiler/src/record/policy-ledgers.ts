import type { BatchMessage, CacheMessage } from '@millpond/core';
import { Histogram } from '@millpond/core/internal';

/** Keys of which the look-ups are counted: one in 16, by a hash, up to this number. */
const MOST_KEYS = 4096;
const ONE_IN = 16;

/** What the cache did for one task name. */
export class CacheLedger {
  readonly counts = { hit: 0, stale: 0, stored: 0, coalesced: 0, miss: 0, evicted: 0 };
  /** Time that keys of calls took, ms. */
  keyMs = 0;
  /** Waits of calls for equal ones. */
  readonly waits = new Histogram();
  /** Look-ups of sampled keys. */
  readonly #keys = new Map<string, number>();

  add({ what, key, keyMs, waitedMs }: CacheMessage): void {
    if (what === 'answered') return this.waits.record(waitedMs);
    this.keyMs += keyMs;
    if (what in this.counts) this.counts[what as keyof typeof this.counts]++;
    if (what === 'evicted' || !isSampled(key)) return;
    const known = this.#keys.get(key);
    if (known !== undefined || this.#keys.size < MOST_KEYS) this.#keys.set(key, (known ?? 0) + 1);
  }

  /** Up to two sampled keys that were looked up once. */
  lonelyKeys(): string[] {
    const lonely: string[] = [];
    for (const [key, count] of this.#keys) {
      if (count === 1 && lonely.push(key.slice(0, 80)) === 2) break;
    }
    return lonely;
  }
}

/** What batches one task name had. */
export class BatchLedger {
  batches = 0;
  items = 0;
  readonly waits = new Histogram();
  readonly byReason: Record<string, number> = {};

  add({ items, waitedMs, why }: BatchMessage): void {
    this.batches++;
    this.items += items;
    this.waits.record(waitedMs);
    this.byReason[why] = (this.byReason[why] ?? 0) + 1;
  }
}

/** FNV-1a: cheap, and even enough for one key in 16. */
function isSampled(key: string): boolean {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % ONE_IN === 0;
}
