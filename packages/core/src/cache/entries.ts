import type { LRUCache } from 'lru-cache';
import { newLru } from '../base/lru.js';
import type { ResolvedCache } from '../contract/resolved-options.js';
import type { CountsByTask, EvictionCause } from './cache-counts.js';
import { type Entry, fullKey } from './entry.js';
import { TagIndex } from './tag-index.js';
import { WeakResults } from './weak-results.js';

/** Selects results to drop. */
export interface Selection {
  readonly task: string | undefined;
  readonly key: string | undefined;
  readonly tag: string | undefined;
  readonly fits: (key: string) => boolean;
}

/** Characters of the longest key, see base/short-key.ts. */
const LONGEST_KEY = 256;
/** Memory of an entry besides its value and the characters of its key. */
const ENTRY_BYTES = 400;

/**
 * The results that are kept, within bounds of number and size. It alone adds and removes them, so counts and tags agree with what
 * is there.
 */
export class Entries {
  readonly #lru: LRUCache<string, Entry>;
  readonly #tags = new TagIndex();
  readonly #counts: CountsByTask;
  readonly #max: number;
  readonly #maxBytes: number;
  readonly #gone: (entry: Entry, cause: EvictionCause) => void;
  readonly #weak: WeakResults | undefined;
  /** Why entries go now; undefined while one takes the place of its predecessor. */
  #cause: EvictionCause | undefined;

  /** @param gone called for each result that goes, with the reason */
  constructor(
    { max, maxBytes, weak }: ResolvedCache,
    counts: CountsByTask,
    gone: (entry: Entry, cause: EvictionCause) => void,
  ) {
    this.#counts = counts;
    this.#gone = gone;
    this.#max = max;
    this.#maxBytes = maxBytes;
    this.#weak = weak ? new WeakResults() : undefined;
    this.#lru = newLru({ max, maxSize: maxBytes, dispose: (entry, key) => this.#left(key, entry) });
  }

  /** The result of a key. @param isUse whether it counts as the most recently used afterwards */
  get(task: string, key: string, isUse: boolean): Entry | undefined {
    const full = fullKey(task, key);
    const entry = isUse ? this.#lru.get(full) : this.#lru.peek(full);
    if (entry !== undefined || this.#weak === undefined) return entry;
    const weak = this.#weak.get(full);
    if (weak !== undefined && isUse) this.set(weak);
    return weak;
  }

  /** Keeps a result. @returns whether it is small enough */
  set(entry: Entry): boolean {
    const full = fullKey(entry.task, entry.key);
    this.#remove(full, undefined);
    const bytes = sizeOf(entry);
    if (bytes > this.#maxBytes) return false;
    if (this.#lru.size >= this.#max) this.#evict('max');
    while (this.#lru.calculatedSize + bytes > this.#maxBytes) this.#evict('bytes');
    this.#lru.set(full, entry, { size: bytes });
    this.#tags.add(full, entry.tags);
    const counts = this.#counts.of(entry.task);
    counts.entries++;
    counts.bytes += bytes;
    return true;
  }

  delete(task: string, key: string, cause: EvictionCause): boolean {
    return this.#remove(fullKey(task, key), cause);
  }

  /** Drops all selected results. @returns their number */
  dropAll(selection: Selection): number {
    let dropped = 0;
    for (const full of this.#selected(selection)) if (this.#remove(full, 'invalidated')) dropped++;
    return dropped;
  }

  clear(): void {
    this.#cause = 'invalidated';
    this.#lru.clear();
    this.#weak?.clear();
  }

  /** Whether another small result would evict none. */
  get hasRoom(): boolean {
    return this.hasRoomFor(0);
  }

  /** The same for a result of this size. */
  hasRoomFor(bytes: number): boolean {
    return this.#lru.size < this.#max && this.#lru.calculatedSize + ENTRY_BYTES + LONGEST_KEY + bytes <= this.#maxBytes;
  }

  /** The most recently used results, the latest first. */
  hottest(most: number): Entry[] {
    const hottest: Entry[] = [];
    for (const entry of this.#lru.values()) if (hottest.push(entry) === most) break;
    return hottest;
  }

  /** Drops the least recently used half, because memory is short. */
  trim(): void {
    // A single result may be as large as all others.
    for (let count = this.#lru.size - (this.#lru.size >> 1); count > 0; count--) this.#evict('memory');
  }

  #evict(cause: EvictionCause): void {
    this.#cause = cause;
    this.#lru.pop();
  }

  #remove(full: string, cause: EvictionCause | undefined): boolean {
    this.#cause = cause;
    const wasWeak = this.#weak?.delete(full) ?? false;
    return this.#lru.delete(full) || wasWeak;
  }

  #left(full: string, entry: Entry): void {
    const cause = this.#cause;
    const counts = this.#counts.of(entry.task);
    counts.entries--;
    counts.bytes -= sizeOf(entry);
    this.#tags.remove(full, entry.tags);
    if (cause === undefined) return;
    counts.evictions[cause]++;
    if (cause === 'max' || cause === 'bytes' || cause === 'memory') this.#weak?.add(full, entry);
    this.#gone(entry, cause);
  }

  #selected({ task, key, tag, fits }: Selection): string[] {
    if (task !== undefined && key !== undefined && tag === undefined) return fits(key) ? [fullKey(task, key)] : [];
    const is = (entry: Omit<Entry, 'kept'>): boolean =>
      (task === undefined || entry.task === task) && (key === undefined || entry.key === key) && fits(entry.key);
    const weak = (this.#weak?.all() ?? []).filter(([, entry]) => tag === undefined || entry.tags.includes(tag));
    const strong = tag === undefined ? [...this.#lru.entries()] : this.#tagged(tag);
    return [...strong, ...weak].filter(([, entry]) => is(entry)).map(([full]) => full);
  }

  #tagged(tag: string): [string, Entry][] {
    return this.#tags.keysOf(tag).flatMap((full): [string, Entry][] => {
      const entry = this.#lru.peek(full);
      return entry === undefined ? [] : [[full, entry]];
    });
  }
}

function sizeOf({ bytes }: Entry): number {
  return bytes + ENTRY_BYTES;
}
