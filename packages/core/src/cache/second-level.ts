import { type Buffer, types } from '../base/natives.js';
import type { CacheStoreStats } from '../contract/cache-stats.js';
import type { CacheStore } from '../contract/cache-store.js';
import { inspectBriefly } from '../contract/checks.js';
import { type Drop, DropList, dropOfAll, isDropList } from './drop-list.js';
import type { Place } from './place.js';
import { decodeRecord, encodeRecord, isStored, recordKey, type Stored } from './record.js';
import { Stamps } from './stamps.js';
import { NO_ANSWER, StoreCalls, type StoreFailure, type StoreWrite, type WriteFailure } from './store-calls.js';

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
  readonly #stamps = new Stamps();
  /** Resolves when the drops of earlier programs are known; undefined afterwards. */
  #reading: Promise<void> | undefined;
  /** What was stored until then counts as dropped for this program, because it could not read what was dropped. */
  #distrustedUntilMs = -Infinity;
  /** Whether a write of the drops waits, which will take along all that there are then. */
  #isNoting = false;
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
    const record = this.#encode(place, { ...times, task, key, tags, value, storedAtMs: this.#stamps.next() });
    if (record === undefined) return;
    const { store } = this.#parts;
    const name = this.#nameOf(place);
    this.counts.writes++;
    const failed = (how: WriteFailure): void => {
      if (how === 'failed') void this.#removeEarlier(name, { task, key });
    };
    const call = (): unknown => store.set(name, record, untilMs);
    this.#calls.write({ operation: 'set', name, bytes: record.length, call, failed });
  }

  drop(place: Place): void {
    if (this.#closed === undefined) this.#remove(this.#nameOf(place), place);
  }

  dropAll({ task, key, tag, match }: Omit<Drop, 'atMs'>): void {
    if (this.#closed !== undefined) return;
    // Without a long pattern, more is dropped from the store.
    const pattern = typeof match === 'object' ? match[0] : match;
    const isLong = pattern !== undefined && pattern.length > LONGEST_PATTERN;
    this.#drops.add({ atMs: this.#stamps.nextOfDrop(), task, key, tag, match: isLong ? undefined : match });
    this.#noteDrops();
  }

  clear(): void {
    if (this.#closed !== undefined) return;
    const { store } = this.#parts;
    // Also for records that are being read, and for a store that fails.
    this.#drops.add(dropOfAll(this.#stamps.nextOfDrop()));
    const failed = (): void => this.#noteDrops();
    this.#calls.writeAll({ operation: 'clear', name: '', bytes: 0, call: () => store.clear(), failed });
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
    const noted = this.#decode(bytes);
    return Array.isArray(noted) ? noted.slice(0, MOST_HOT).filter(isNoted) : [];
  }

  /** Waits for all writes, and frees the store. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    const { store } = this.#parts;
    await this.#reading;
    // Once more: another program may have read the list before the last write of it, and written it after that.
    if (this.#drops.hasOwn) this.#calls.write(this.#noteOfDrops());
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
    const stored = this.#decode(bytes);
    // A record under another name than its own was put there by other hands.
    if (!isStored(stored) || stored.task !== place.task || stored.key !== place.key) return undefined;
    this.#stamps.meet(stored.storedAtMs);
    if (stored.storedAtMs <= this.#distrustedUntilMs) return undefined;
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

  /** Removes the record of a place. */
  #remove(name: string, { task, key }: Pick<Place, 'task' | 'key'>): void {
    const { store } = this.#parts;
    const drop = { atMs: this.#stamps.nextOfDrop(), task, key, tag: undefined, match: undefined };
    // A record that could not be removed must not be found either, nor by the next program.
    const failed = (): void => {
      this.#drops.add(drop);
      this.#noteDrops();
    };
    this.#calls.write({ operation: 'delete', name, bytes: 0, call: () => store.delete(name), failed });
  }

  /** Removes a record whose successor could not be written: it must not come back. A store that takes no writes may have none. */
  async #removeEarlier(name: string, place: Pick<Place, 'task' | 'key'>): Promise<void> {
    const earlier = await this.#calls.read(name, () => this.#parts.store.get(name));
    if (types.isUint8Array(earlier) && this.#closed === undefined) this.#remove(name, place);
  }

  /** Learns what earlier programs dropped. If that cannot be known, all that is stored counts as dropped. */
  async #readDrops(): Promise<void> {
    const name = nameOfDrops();
    const bytes = await this.#calls.read(name, () => this.#parts.store.get(name));
    if (!this.#take(bytes)) this.#distrustedUntilMs = this.#stamps.nextOfDrop();
    this.#reading = undefined;
  }

  /** Takes drops of other programs. @returns whether the answer of the store says what they are */
  #take(answer: unknown): boolean {
    // Many stores answer null for nothing.
    if (answer === undefined || answer === null) return true;
    const drops = this.#decode(answer);
    if (!isDropList(drops)) return false;
    for (const drop of drops) {
      this.#stamps.meet(drop.atMs);
      this.#drops.add(drop, false);
    }
    return true;
  }

  /** Writes the drops to the store. One write takes along all that are made before it begins. */
  #noteDrops(): void {
    if (this.#isNoting) return;
    this.#isNoting = true;
    this.#calls.write(this.#noteOfDrops());
  }

  #noteOfDrops(): StoreWrite {
    const name = nameOfDrops();
    const over = (): void => void (this.#isNoting = false);
    const call = (): unknown => {
      over();
      return this.#writeDrops(name);
    };
    return { operation: 'set', name, bytes: 0, call, failed: over };
  }

  /** Another program may have written its own drops meanwhile: both must last. */
  async #writeDrops(name: string): Promise<void> {
    const { store } = this.#parts;
    if (!this.#take(await store.get(name))) this.#drops.add(dropOfAll(this.#stamps.nextOfDrop()));
    const record = encodeRecord(this.#drops.drops, Infinity);
    if (record !== undefined) await store.set(name, record, Infinity);
  }

  /** What bytes of the store hold; undefined for anything else. */
  #decode(answer: unknown): unknown {
    if (types.isUint8Array(answer)) return decodeRecord(answer);
    if (answer === undefined || answer === null || answer === NO_ANSWER) return undefined;
    this.#calls.refuse('get', `It gave ${inspectBriefly(answer)}, and not a Uint8Array or undefined.`);
    return undefined;
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
