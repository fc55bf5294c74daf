import type { SharedResult, SharedTask } from '../backend/backend.js';
import type { Clock } from '../base/clock.js';
import { isPoolError } from '../contract/errors.js';
import { rejection, settle } from './answers.js';
import type { Selection } from './entries.js';
import { type Entry, fullKey } from './entry.js';
import { type Answer, type CachedCall, Flight, type Shared } from './flight.js';
import { type Freshness, mayAnswer } from './freshness.js';
import { keepsFailure } from './input-key.js';
import type { KeptResults, KeptValue, Restored } from './kept-results.js';
import { LookedUp, NOT_BEGUN } from './looked-up.js';
import type { Place } from './place.js';
import type { Stored } from './record.js';
import type { SecondLevel } from './second-level.js';

/** Begins the execution of a call. @param input the call's own, or a copy of it */
export type Start = (input: unknown, shared: Shared) => SharedTask;

/** Makes copies of an input as it was. */
type Copier = () => unknown;

/** A result that an execution gave, or the store. */
interface FoundResult extends SharedResult {
  /** How it is kept, if the store gave it. */
  readonly restored?: Restored;
  /** Computes it anew, if it is stale. */
  readonly refresh?: () => void;
}

interface UnderWay {
  readonly flight: Flight;
  readonly place: Place;
  /** Its look into the store, if there is one. */
  readonly lookup: LookedUp | undefined;
}

/** Answers calls of cached tasks: from what is kept, by a call under way, or by an execution. */
export class CachedCalls {
  readonly #results: KeptResults;
  readonly #store: SecondLevel | undefined;
  readonly #clock: Clock;
  readonly #underWay = new Map<string, UnderWay>();
  /** Looks into the store that have not ended. */
  readonly #lookups = new Set<LookedUp>();
  #refusal: Error | undefined;

  constructor(results: KeptResults, store: SecondLevel | undefined, clock: Clock) {
    this.#results = results;
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * The result of a call. A caller that leaves, by its signal or its limits, does not end the execution for the others.
   * @throws as KeptResults.placeOf
   */
  async answer(task: string, input: unknown, call: CachedCall, start: Start): Promise<unknown> {
    call.signal?.throwIfAborted();
    const results = this.#results;
    const place = results.placeOf(task, input, call);
    const found = call.refresh ? undefined : results.find(place, true);
    if (found !== undefined && mayAnswer(found.freshness, !call.movesInput)) {
      if (found.freshness !== 'fresh' && results.mayRefresh(found.entry)) this.#refresh(place, input, call, start);
      return this.#hit(found.entry, found.freshness, place.keyMs);
    }
    const underWay = this.#underWay.get(fullKey(task, place.key));
    if (underWay?.flight.serves(call) === true && !mayBeOld(underWay, call)) {
      const counts = results.countsOf(task);
      counts.hits++;
      counts.coalesced++;
      results.trace.publish(task, place.key, 'coalesced', undefined, place.keyMs);
      return results.trace.follow(task, place.key, underWay.flight.join(call));
    }
    return this.#begin(place, input, call, start, false).join(call);
  }

  /** Lets the execution of a place end without keeping its result, and without further callers. */
  forget({ task, key }: Place): void {
    this.#underWay.delete(fullKey(task, key));
  }

  /** Does the same for all selected places. */
  forgetAll({ task, key, tag, fits }: Selection): void {
    for (const [full, { place }] of this.#underWay) {
      if (task !== undefined && place.task !== task) continue;
      if (key !== undefined && place.key !== key) continue;
      if ((tag === undefined || place.tags.includes(tag)) && fits(place.key)) this.#underWay.delete(full);
    }
  }

  clear(): void {
    this.#underWay.clear();
  }

  /** Resolves when no call waits for the store any more: each has its result, or its execution has begun. */
  async whenLookedUp(): Promise<void> {
    // A store that ends the pool is being asked now, and its look is noted in this very step.
    await Promise.resolve();
    while (this.#lookups.size > 0) await Promise.all(Array.from(this.#lookups, ({ begun }) => begun));
  }

  /** Begins no further execution: the pool runs nothing more. A call that waits for the store may find its result there. */
  refuse(refusal: Error): void {
    this.#refusal = refusal;
  }

  /** Rejects the calls that wait for the store, too. */
  end(refusal: Error): void {
    this.refuse(refusal);
    for (const lookup of this.#lookups) lookup.refuse(refusal);
  }

  #hit({ task, key, costMs, kept }: Entry, freshness: Freshness, keyMs: number): unknown {
    const counts = this.#results.countsOf(task);
    counts.hits++;
    counts.savedMs += costMs;
    if (freshness === 'stale') counts.stale++;
    this.#results.trace.publish(task, key, freshness === 'stale' ? 'stale' : 'hit', undefined, keyMs);
    return this.#results.give(kept);
  }

  /** Computes a result anew, for later calls. */
  #refresh(place: Place, input: unknown, call: CachedCall, start: Start): void {
    if (call.movesInput || this.#refusal !== undefined) return;
    if (this.#underWay.has(fullKey(place.task, place.key))) return;
    this.#results.countsOf(place.task).refreshes++;
    this.#results.trace.publish(place.task, place.key, 'refresh');
    const timeless = { ...call, limits: { ...call.limits, deadlineMs: Infinity } };
    this.#begin(place, input, timeless, start, true);
  }

  /** @param isDetached whether the execution goes on without any caller */
  #begin(place: Place, input: unknown, call: CachedCall, start: Start, isDetached: boolean): Flight {
    const full = fullKey(place.task, place.key);
    const startedAtMs = this.#clock.now();
    /** Whether it was not dropped in the meantime. After a drop, its result is already stale. */
    const isWanted = (): boolean => this.#underWay.get(full)?.flight === flight;
    const forget = (): boolean => isWanted() && this.#underWay.delete(full);
    const superseded = (): void => void forget();
    let lookup: LookedUp | undefined;
    const execute = (shared: Shared): SharedTask => {
      if (isDetached) return this.#start(start, input, { ...shared, superseded, deadline: undefined });
      const task = this.#findOrRun(place, input, call, start, { ...shared, superseded }, isWanted);
      if (task instanceof LookedUp) lookup = task;
      return task;
    };
    const flight: Flight = new Flight(
      place.task,
      call,
      this.#clock,
      execute,
      {
        abandoned: () => void forget(),
        completed: (result) => this.#completed(place, result, forget(), this.#clock.now() - startedAtMs),
        failed: (error) => {
          const wasWanted = forget();
          if (isDetached) this.#refreshFailed(place, wasWanted);
          return this.#failed(place, error, wasWanted);
        },
        over: (error) => this.#fallback(place) ?? rejection(error),
      },
      isDetached,
    );
    // A flight that does not serve this call goes on beside it, and later calls join the earlier one. But a call that wants a
    // new result takes the place of a look for an old one.
    const before = this.#underWay.get(full);
    if (before === undefined || mayBeOld(before, call)) this.#underWay.set(full, { flight, place, lookup });
    return flight;
  }

  /** Looks in the store first. Meanwhile the caller may change its input, so the task gets a copy. */
  #findOrRun(
    place: Place,
    input: unknown,
    call: CachedCall,
    start: Start,
    shared: Shared,
    isWanted: () => boolean,
  ): SharedTask {
    const run = (own: unknown): SharedTask => {
      this.#results.countsOf(place.task).misses++;
      this.#results.trace.publish(place.task, place.key, 'miss', undefined, place.keyMs);
      return this.#start(start, own, shared);
    };
    if (this.#store === undefined || call.refresh || call.movesInput) return run(input);
    const { deadlineMs, queueUntilMs } = call.limits;
    const stored = this.#store.find(place, Math.min(deadlineMs, queueUntilMs) - this.#clock.now());
    const refresh = (copyOf: Copier | undefined) => (): void => {
      if (copyOf !== undefined) this.#refresh(place, copyOf(), call, start);
    };
    if (!(stored instanceof Promise)) {
      // The flight begins right now: nothing can have dropped its result.
      const found = this.#found(place, stored, true, () => refresh(this.#results.copierOf(input)));
      return found === undefined ? run(input) : new LookedUp(Promise.resolve(found), shared.signal, () => run(input));
    }
    const copy = this.#results.copierOf(input);
    // What cannot be copied cannot wait. Its result is then computed, whatever the store has.
    if (copy === undefined) return run(input);
    const found = stored.then((each) => this.#found(place, each, isWanted(), () => refresh(copy)));
    const lookup = new LookedUp(found, shared.signal, () => {
      if (this.#refusal !== undefined) throw this.#refusal;
      return run(copy());
    });
    this.#lookups.add(lookup);
    void lookup.begun.then(() => this.#lookups.delete(lookup));
    return lookup;
  }

  /** Calls join an execution that was refused, too: with staleIfErrorMs they get the old result. */
  #start(start: Start, input: unknown, shared: Shared): SharedTask {
    try {
      // A function of the program, such as the task's `key`, may have ended the pool.
      if (this.#refusal !== undefined) throw this.#refusal;
      return start(input, shared);
    } catch (error) {
      return { result: Promise.reject(error), look: () => NOT_BEGUN, loosen() {} };
    }
  }

  /** The stored result of a place, if it may answer. An older one is kept: it may stand in for a failure. */
  #found(
    place: Place,
    stored: Stored | undefined,
    isWanted: boolean,
    refresh: () => () => void,
  ): FoundResult | undefined {
    const restored = stored && this.#results.restore(place, stored, isWanted);
    if (stored === undefined || restored === undefined || restored.freshness === 'fallback') return undefined;
    const isStale = restored.freshness === 'stale';
    const counts = this.#results.countsOf(place.task);
    counts.hits++;
    counts.savedMs += stored.costMs;
    if (isStale) counts.stale++;
    this.#results.trace.publish(place.task, place.key, 'stored', undefined, place.keyMs);
    const found = { value: stored.value, costMs: stored.costMs, restored };
    return isStale ? { ...found, refresh: refresh() } : found;
  }

  /** @param isWanted whether the result is to be kept */
  #completed(place: Place, found: FoundResult, isWanted: boolean, tookMs: number): Answer {
    const { value, costMs, restored, refresh } = found;
    const kept = restored === undefined ? this.#keep(place, found, isWanted, tookMs) : restored.kept;
    if (isWanted) refresh?.();
    const counts = this.#results.countsOf(place.task);
    let isGiven = false;
    return (caller) => {
      // The first caller gets the result itself, unless all get one object. So does each if it cannot be copied.
      const isCopy = kept !== undefined && (isGiven || kept.kept.how === 'shared');
      if (isCopy) settle(caller, () => this.#results.give(kept.kept));
      else caller.resolve(value);
      if (isGiven) counts.savedMs += costMs;
      isGiven = true;
    };
  }

  #keep(place: Place, { value, costMs }: SharedResult, isWanted: boolean, tookMs: number): KeptValue | undefined {
    // The store first: the encoding may freeze the value.
    if (isWanted) this.#results.write(place, value, costMs, tookMs);
    const kept = this.#results.encode(place, value);
    if (isWanted && kept !== undefined) this.#results.keep(place, kept, costMs, tookMs);
    return kept;
  }

  #refreshFailed(place: Place, isWanted: boolean): void {
    this.#results.countsOf(place.task).refreshFailures++;
    if (isWanted) this.#results.refreshFailed(place);
  }

  #failed(place: Place, error: unknown, isWanted: boolean): Answer {
    const fallback = this.#fallback(place);
    if (fallback !== undefined) return fallback;
    // Only failures of the handler: another try may come through where the pool has refused or ended this one. An old result
    // that still answers is worth more.
    if (!isWanted || isPoolError(error) || this.#results.hasValue(place)) return rejection(error);
    const { settings } = place;
    try {
      if (keepsFailure(settings.path, error, settings))
        this.#results.keepFailure(place, error, settings.failures?.ttlMs ?? 0);
      return rejection(error);
    } catch (cause) {
      const text = 'failures.on could not say whether the error of a task is to be kept.';
      return rejection(new AggregateError([error, cause], text));
    }
  }

  /** The old result in place of a failure, while it may stand in. */
  #fallback(place: Place): Answer | undefined {
    const entry = place.settings.staleIfErrorMs > 0 ? this.#results.find(place, false)?.entry : undefined;
    if (entry === undefined || entry.kept.how === 'thrown') return undefined;
    return (caller) => {
      this.#results.countsOf(place.task).stale++;
      settle(caller, () => this.#results.give(entry.kept));
    };
  }
}

/** Whether an execution may give an old result of the store to a call that wants a new one. */
function mayBeOld({ lookup }: UnderWay, { refresh }: CachedCall): boolean {
  return refresh && lookup?.isLooking === true;
}
