import type { Clock } from '../base/clock.js';
import { Date, process, setImmediate } from '../base/natives.js';
import { random } from '../base/random.js';
import { optionError } from '../contract/check-options.js';
import type { CodecName } from '../contract/codec.js';
import type { ResolvedCache, ResolvedTaskCache } from '../contract/resolved-options.js';
import { CountsByTask, type TaskCounts } from './cache-counts.js';
import { CacheTrace } from './cache-trace.js';
import { Entries, type Selection } from './entries.js';
import { type Entry, fullKey } from './entry.js';
import { type Freshness, freshnessOf, type Lifetime, lifetimeOf, lifeUntil } from './freshness.js';
import { inputKey, tagsOf } from './input-key.js';
import { openStore } from './open-store.js';
import type { Place } from './place.js';
import type { Stored } from './record.js';
import { afterFailure } from './refresh-pause.js';
import { MOST_HOT, SecondLevel } from './second-level.js';
import { type Kept, ValueKeeper } from './value-keeper.js';

const WARNING = { type: 'MillpondWarning', code: 'MILLPOND_CACHE_STORE' };

/** Longest time between turns of the event loop, while a cache reads them. A choice. */
const LONGEST_TURN_MS = 10;
/** Longest time for the results with which a cache begins: `ready()` waits for them. A choice. */
const LONGEST_WARM_UP_MS = 5000;

/** A value in the form in which it is kept. */
export type KeptValue = ReturnType<ValueKeeper['keep']>;

/** A result of the second level. */
export interface Restored {
  readonly freshness: Freshness;
  readonly kept: KeptValue | undefined;
}

/** A place, as far as it is known without a call. */
type Named = Pick<Place, 'task' | 'key' | 'settings'>;

/** What the cache needs of its pool. */
export interface CacheParts {
  /** The pool, as an identity for published messages. */
  readonly pool: object;
  readonly options: ResolvedCache;
  readonly codec: CodecName;
  readonly maxPayloadBytes: number;
  /** Stands for the code of the handlers where no version is given. Called only with a store. */
  versionOfModule(): string;
  /** Whether nothing else holds the results of its tasks, so that they may be frozen. */
  readonly ownsResults: boolean;
  /** Undefined for a task that is not cached. */
  settingsOf(task: string): ResolvedTaskCache | undefined;
  readonly clock: Clock;
}

/** The results of a pool, each at its place and for its time. No caller can change them. */
export class KeptResults {
  readonly trace: CacheTrace;
  /** The second level, if there is one. */
  readonly store: SecondLevel | undefined;
  readonly #parts: CacheParts;
  readonly #keeper: ValueKeeper;
  readonly #counts = new CountsByTask();
  readonly #entries: Entries;
  /** Full keys of results that are being read for the start, and have not been dropped. */
  #awaited: Set<string> | undefined;
  /** Whether a failure of the store was reported to the program. Counts and the channel have all of them. */
  #hasWarned = false;

  constructor(parts: CacheParts) {
    this.#parts = parts;
    this.#keeper = new ValueKeeper(parts.codec, parts.maxPayloadBytes);
    this.trace = new CacheTrace(parts.pool);
    this.store = parts.options.store && this.#openSecond(parts.options.store, parts);
    this.#entries = new Entries(parts.options, this.#counts, ({ task, key }, cause) => {
      this.trace.publish(task, key, 'evicted', cause);
    });
  }

  get counts(): CountsByTask {
    return this.#counts;
  }

  countsOf(task: string): TaskCounts {
    return this.#counts.of(task);
  }

  /**
   * The place of a result.
   * @throws ERR_OPTION for a task that is not cached, an input without a key, or a wrong `key` or `tags`
   */
  placeOf(
    task: string,
    input: unknown,
    own: { ttlMs?: number | undefined; tags?: readonly string[] | undefined } = {},
  ): Place {
    const settings = this.#parts.settingsOf(task);
    if (settings === undefined)
      throw optionError(`tasks.${task}.cache`, 'is not set, so results of that task are not kept.');
    const fromMs = this.trace.nowMs();
    const key = inputKey(settings.path, input, settings);
    const tags = tagsOf(settings.path, input, settings, own.tags);
    const ttlMs = own.ttlMs === Infinity ? 0 : (own.ttlMs ?? settings.ttlMs);
    return { task, key, tags, settings, terms: { ...settings, ttlMs }, keyMs: this.trace.nowMs() - fromMs };
  }

  /** The result at a place, and its use now. @param isUse whether it counts as the most recently used afterwards */
  find({ task, key, settings }: Place, isUse: boolean): { entry: Entry; freshness: Freshness } | undefined {
    const entry = this.#entries.get(task, key, isUse);
    if (entry === undefined) return undefined;
    const chance = settings.refreshAhead ? random() : undefined;
    const freshness = freshnessOf(entry.life, this.#parts.clock.now(), chance);
    if (freshness === 'over') this.#entries.delete(task, key, 'ttl');
    return freshness === 'over' ? undefined : { entry, freshness };
  }

  /** Whether a result may be computed anew now: after failures there is a pause. */
  mayRefresh({ failed }: Entry): boolean {
    return failed === undefined || failed.untilMs <= this.#parts.clock.now();
  }

  /** Notes that the result at a place could not be computed anew. */
  refreshFailed({ task, key }: Place): void {
    const entry = this.#entries.get(task, key, false);
    if (entry !== undefined) entry.failed = afterFailure(entry.failed, this.#parts.clock.now());
  }

  /** Whether a result, and no failure, answers calls of a place now. */
  hasValue({ task, key }: Place): boolean {
    const entry = this.#entries.get(task, key, false);
    if (entry === undefined || entry.kept.how === 'thrown') return false;
    const freshness = freshnessOf(entry.life, this.#parts.clock.now(), undefined);
    return freshness === 'fresh' || freshness === 'stale';
  }

  /** A result in the form in which it is kept; undefined if it has none. */
  encode(place: Named, value: unknown): KeptValue | undefined {
    return this.#parts.ownsResults ? this.#encode(place, value, place.settings.share) : this.encodeCopy(place, value);
  }

  /** The same for a value of the program, which stays as it is. */
  encodeCopy(place: Named, value: unknown): KeptValue | undefined {
    const copy = this.#encode(place, value, 'copy');
    const isShared = copy === undefined || copy.kept.how === 'shared' || place.settings.share === 'copy';
    return isShared ? copy : this.#encode(place, this.#keeper.give(copy.kept), 'frozen');
  }

  /** The value for one caller. @throws the failure that is kept in its place */
  give(kept: Kept): unknown {
    return this.#keeper.give(kept);
  }

  /** @param costMs execution time of the task @param tookMs time from its call to its result */
  keep(place: Place, value: KeptValue, costMs: number, tookMs: number): boolean {
    this.#awaited?.delete(fullKey(place.task, place.key));
    return this.#add(place, value, costMs, lifetimeOf(place.terms, this.#parts.clock.now(), tookMs));
  }

  /** Writes a result to the second level, if there is one. */
  write(place: Place, value: unknown, costMs: number, tookMs: number): void {
    if (this.store === undefined) return;
    const nowMs = this.#parts.clock.now();
    const { freshUntilMs, staleUntilMs, fallbackUntilMs } = lifetimeOf(place.terms, nowMs, tookMs);
    const toEpoch = (ms: number): number => ms - nowMs + Date.now();
    const untilMs = toEpoch(Math.max(staleUntilMs, fallbackUntilMs));
    this.store.keep(place, value, { costMs, tookMs, freshUntilMs: toEpoch(freshUntilMs) }, untilMs);
  }

  /** Takes a result from the second level. @param keeps whether it is to be kept @returns undefined if it is over */
  restore(
    place: Named,
    { value, costMs, tookMs, freshUntilMs, tags }: Stored,
    keeps: boolean | 'if there is room',
  ): Restored | undefined {
    const nowMs = this.#parts.clock.now();
    const life = lifeUntil(nowMs + freshUntilMs - Date.now(), place.settings, tookMs);
    const freshness = freshnessOf(life, nowMs, undefined);
    if (freshness === 'over') return undefined;
    const kept = this.encode(place, value);
    if (kept === undefined || keeps === false) return { freshness, kept };
    // Those that are there already were in greater use.
    if (keeps === true || this.#entries.hasRoomFor(kept.bytes)) this.#add({ ...place, tags }, kept, costMs, life);
    return { freshness, kept };
  }

  /** Brings in the results that the last program used most, as far as there is room and time. */
  async warm(): Promise<void> {
    const { store } = this;
    if (store === undefined || !this.#parts.options.isWarm) return;
    const endMs = this.#parts.clock.now() + LONGEST_WARM_UP_MS;
    const places = (await store.hottest()).flatMap(({ task, key }) => this.#named(task, key));
    const awaited = (this.#awaited = new Set(places.map(({ task, key }) => fullKey(task, key))));
    const restored: Named[] = [];
    let turnMs = this.#parts.clock.now();
    for (const place of places) {
      const stored = await store.peek(place);
      const nowMs = this.#parts.clock.now();
      if (nowMs > endMs || !this.#entries.hasRoom) break;
      // A store that answers at once would hold up the program.
      if (nowMs - turnMs > LONGEST_TURN_MS) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        turnMs = this.#parts.clock.now();
      }
      // Meanwhile a call may have computed it, or the program may have dropped it.
      const isWanted =
        awaited.has(fullKey(place.task, place.key)) && this.#entries.get(place.task, place.key, false) === undefined;
      if (stored === undefined || !isWanted) continue;
      if (this.restore(place, stored, 'if there is room') !== undefined) restored.push(place);
    }
    this.#awaited = undefined;
    // The hottest last: it goes last, too.
    for (const { task, key } of restored.toReversed()) this.#entries.get(task, key, true);
  }

  /** Notes the results that the next program should begin with, and frees the store. */
  async close(): Promise<void> {
    if (this.store === undefined) return;
    this.store.noteHot(this.#entries.hottest(MOST_HOT).flatMap(({ task, key }) => this.#named(task, key)));
    await this.store.close();
  }

  /** Makes copies of a value as it is now; undefined if it cannot be copied. */
  copierOf(value: unknown): (() => unknown) | undefined {
    try {
      const { kept } = this.#keeper.keep(value, 'copy');
      return () => this.#keeper.give(kept);
    } catch {
      // The pool itself refuses such an input, with its place in it, or sends it by a port.
      return undefined;
    }
  }

  keepFailure(place: Place, error: unknown, ttlMs: number): void {
    const terms = { ttlMs, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
    this.keep({ ...place, terms }, this.#keeper.keepFailure(error), 0, 0);
  }

  drop({ task, key }: Place): boolean {
    this.#awaited?.delete(fullKey(task, key));
    return this.#entries.delete(task, key, 'invalidated');
  }

  dropAll(selection: Selection): number {
    return this.#entries.dropAll(selection);
  }

  clear(): void {
    this.#awaited?.clear();
    this.#entries.clear();
  }

  trim(): void {
    this.#entries.trim();
  }

  #named(task: string, key: string): Named[] {
    const settings = this.#parts.settingsOf(task);
    return settings === undefined ? [] : [{ task, key, settings }];
  }

  #add(
    { task, key, tags }: Pick<Place, 'task' | 'key' | 'tags'>,
    { kept, bytes }: KeptValue,
    costMs: number,
    life: Lifetime,
  ): boolean {
    const isKept = this.#entries.set({ task, key, kept, bytes: bytes + key.length, costMs, life, tags });
    if (isKept) this.trace.publish(task, key, 'kept');
    else this.#unkept(task, key, new RangeError(`${bytes} bytes are more than cache.maxBytes allows.`));
    return isKept;
  }

  #openSecond(store: NonNullable<ResolvedCache['store']>, parts: CacheParts): SecondLevel {
    return new SecondLevel({
      store: openStore(store),
      version: parts.options.version ?? parts.versionOfModule(),
      limitBytes: parts.maxPayloadBytes,
      failed: (failure) => {
        if (!this.#hasWarned) process.emitWarning(failure.message, WARNING);
        this.#hasWarned = true;
        this.trace.publish('', '', 'store failed', failure);
      },
      unstored: ({ task, key }, reason) => this.trace.publish(task, key, 'unstored', reason),
    });
  }

  #encode({ task, key }: Pick<Place, 'task' | 'key'>, value: unknown, share: 'copy' | 'frozen'): KeptValue | undefined {
    try {
      return this.#keeper.keep(value, share);
    } catch (error) {
      // The caller gets the value all the same. Counts and the channel say that the next one will not.
      this.#unkept(task, key, error);
      return undefined;
    }
  }

  #unkept(task: string, key: string, error: unknown): void {
    this.#counts.of(task).unkept++;
    this.trace.publish(task, key, 'unkept', error);
  }
}
