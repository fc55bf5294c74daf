import { type Buffer, Date, types } from '../base/natives.js';
import type { CacheStoreStats } from '../contract/cache-stats.js';
import type { CacheStore } from '../contract/cache-store.js';
import { type Drop, DropList, dropOfAll, isDropList } from './drop-list.js';
import type { Place } from './place.js';
import { decodeRecord, encodeRecord, isStored, recordKey, type Stored } from './record.js';
import { NO_ANSWER, StoreCalls, type StoreFailure } from './store-calls.js';

/** Hottest keys that are noted for the next start. A choice: they are read one by one. */
export const MOST_HOT = 1000;
/** Characters of the longest pattern that is noted with a drop: the note is written anew for each. A choice. */
const LONGEST_PATTERN = 1000;

export interface SecondLevelParts {
  readonly store: CacheStore;
  /** Stands for the code of all handlers: other code finds none of the results. */
  readonly version: string;
  /** Most bytes of one result. */
  readonly limitBytes: number;
  failed(failure: StoreFailure): void;
  /** Called for a result that is not stored, because it would not be read back. */
  unstored(place: Place, reason: Error): void;
}

/** Names a result in the store. */
type Named = Pick<Place, 'task' | 'key' | 'settings'>;

/** Results in a store, which outlive the program. */
export class SecondLevel {
  readonly counts: CacheStoreStats = { hits: 0, misses: 0, writes: 0, unstored: 0, failures: 0 };
  readonly #parts: SecondLevelParts;
  readonly #calls: StoreCalls;
  readonly #drops = new DropList();
  /** Resolves when the drops of earlier programs are known; undefined afterwards. */
  #reading: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: SecondLevelParts) {
    this.#parts = parts;
    this.#calls = new StoreCalls((failure) => {
      this.counts.failures++;
      parts.failed(failure);
    });
    this.#reading = this.#readDrops();
  }

  /**
   * The result at a place, for a call. Undefined for none, for one that was dropped, and without an answer of the store.
   * @param withinMs longest wait
   */
  find(place: Named, withinMs: number): Stored | undefined | Promise<Stored | undefined> {
    return this.#look(place, withinMs, (stored) => {
      if (stored === undefined) this.counts.misses++;
      else this.counts.hits++;
    });
  }

  /** The same without a call that asks for it. */
  async peek(place: Named): Promise<Stored | undefined> {
    return this.#look(place, Infinity, () => {});
  }

  /** Keeps a result, if it may be read back. @param untilMs time after which it is of no use, in ms since the epoch */
  keep(place: Place, value: unknown, times: Pick<Stored, 'costMs' | 'tookMs' | 'freshUntilMs'>, untilMs: number): void {
    if (this.#closed !== undefined) return;
    const { task, key, tags } = place;
    // At once: the caller may change the value later.
    const record = this.#encode(place, { ...times, task, key, tags, value, storedAtMs: Date.now() });
    if (record === undefined) return;
    const { store } = this.#parts;
    const name = this.#nameOf(place);
    this.counts.writes++;
    this.#calls.write({ operation: 'set', name, bytes: record.length, call: () => store.set(name, record, untilMs) });
  }

  drop(place: Place): void {
    if (this.#closed !== undefined) return;
    const { store } = this.#parts;
    const name = this.#nameOf(place);
    const { task, key } = place;
    const drop = { atMs: Date.now(), task, key, tag: undefined, match: undefined };
    // A record that could not be removed must not be found either.
    const failed = (): void => this.#drops.add(drop);
    this.#calls.write({ operation: 'delete', name, bytes: 0, call: () => store.delete(name), failed });
  }

  dropAll({ task, key, tag, match }: Omit<Drop, 'atMs'>): void {
    if (this.#closed !== undefined) return;
    // Without a long pattern, more is dropped from the store.
    const pattern = typeof match === 'object' ? match[0] : match;
    const isLong = pattern !== undefined && pattern.length > LONGEST_PATTERN;
    this.#drops.add({ atMs: Date.now(), task, key, tag, match: isLong ? undefined : match });
    const name = nameOfDrops();
    this.#calls.write({ operation: 'set', name, bytes: 0, call: () => this.#writeDrops(name) });
  }

  clear(): void {
    if (this.#closed !== undefined) return;
    const { store } = this.#parts;
    // Also for records that are being read, and for a store that fails.
    this.#drops.add(dropOfAll(Date.now()));
    this.#calls.writeAll({ operation: 'clear', name: '', bytes: 0, call: () => store.clear() });
  }

  /** Notes the places whose results the next program should begin with, the hottest first. */
  noteHot(places: readonly Named[]): void {
    if (places.length === 0 || this.#closed !== undefined) return;
    const { store, version } = this.#parts;
    const name = nameOfHot(version);
    const hot = places.slice(0, MOST_HOT).map(({ task, key }) => ({ task, key }));
    const record = encodeRecord(hot, Infinity);
    if (record === undefined) return;
    const call = (): unknown => store.set(name, record, Infinity);
    this.#calls.write({ operation: 'set', name, bytes: record.length, call });
  }

  /** The places whose results the last program used most, the hottest first. */
  async hottest(): Promise<Pick<Stored, 'task' | 'key'>[]> {
    const { store, version } = this.#parts;
    const name = nameOfHot(version);
    const bytes = await this.#calls.read(name, () => store.get(name));
    const noted = types.isUint8Array(bytes) ? decodeRecord(bytes) : undefined;
    return Array.isArray(noted) ? noted.slice(0, MOST_HOT).filter(isNoted) : [];
  }

  /** Waits for all writes, and frees the store. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    const { store } = this.#parts;
    await this.#reading;
    await this.#calls.settled();
    if (store.close !== undefined) await this.#calls.close(() => store.close?.());
  }

  /** @param count called once the store has answered */
  #look(
    place: Named,
    withinMs: number,
    count: (stored: Stored | undefined) => void,
  ): Stored | undefined | Promise<Stored | undefined> {
    if (this.#closed !== undefined) return undefined;
    const { store } = this.#parts;
    const name = this.#nameOf(place);
    const record = this.#calls.read(name, () => store.get(name), withinMs);
    const judge = (answer: unknown): Stored | undefined => {
      if (answer === NO_ANSWER) return undefined;
      const stored = this.#judge(name, answer, place);
      count(stored);
      return stored;
    };
    const reading = this.#reading;
    if (reading === undefined && !(record instanceof Promise)) return judge(record);
    return Promise.resolve(reading)
      .then(() => record)
      .then(judge);
  }

  /** Undefined for anything but the result of that place. */
  #judge(name: string, bytes: unknown, place: Named): Stored | undefined {
    const stored = types.isUint8Array(bytes) ? decodeRecord(bytes) : undefined;
    // A record under another name than its own was put there by other hands.
    if (!isStored(stored) || stored.task !== place.task || stored.key !== place.key) return undefined;
    if (!this.#drops.has(stored)) return stored;
    const { store } = this.#parts;
    this.#calls.write({ operation: 'delete', name, bytes: 0, call: () => store.delete(name) });
    return undefined;
  }

  #encode(place: Place, stored: Stored): Buffer | undefined {
    let reason = new TypeError('It holds a Map, Set, RegExp, error or the like, which is not read from a store.');
    try {
      const record = encodeRecord(stored, this.#parts.limitBytes);
      if (record !== undefined) return record;
    } catch (error) {
      // It cannot be copied, or is too large.
      reason = error as Error;
    }
    this.counts.unstored++;
    this.#parts.unstored(place, reason);
    return undefined;
  }

  /** Learns what earlier programs dropped. If that cannot be known, all that is stored counts as dropped. */
  async #readDrops(): Promise<void> {
    const name = nameOfDrops();
    const bytes = await this.#calls.read(name, () => this.#parts.store.get(name));
    const drops = types.isUint8Array(bytes) ? decodeRecord(bytes) : undefined;
    if (isDropList(drops)) for (const drop of drops) this.#drops.add(drop);
    else if (bytes !== undefined) this.#drops.add(dropOfAll(Date.now()));
    this.#reading = undefined;
  }

  /** Another program may have written its own drops meanwhile: both must last. */
  async #writeDrops(name: string): Promise<void> {
    const { store } = this.#parts;
    const bytes = await store.get(name);
    const theirs = types.isUint8Array(bytes) ? decodeRecord(bytes) : undefined;
    if (isDropList(theirs)) for (const drop of theirs) this.#drops.add(drop);
    const record = encodeRecord(this.#drops.drops, Infinity);
    if (record !== undefined) await store.set(name, record, Infinity);
  }

  #nameOf({ task, key, settings }: Named): string {
    return recordKey('result', this.#parts.version, settings.version, task, key);
  }
}

/** Drops outlive a version: a tag may be dropped while older code runs elsewhere. */
function nameOfDrops(): string {
  return recordKey('drops');
}

function nameOfHot(version: string): string {
  return recordKey('hot', version);
}

function isNoted(place: unknown): place is Pick<Stored, 'task' | 'key'> {
  const { task, key } = (place ?? {}) as Partial<Stored>;
  return typeof task === 'string' && typeof key === 'string';
}
