import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  type BatchMessage,
  type CacheMessage,
  CHANNELS,
  type IoMessage,
  type PhaseMessage,
  PoolError,
  type PoolProfiling,
  type PoolStats,
  type ProfileMessage,
  type ProfileTerms,
  type SectionsMessage,
  type TaskMessage,
  type TaskStats,
  type UsageMessage,
  type WorkerMessage,
} from '@millpond/core';
import { isRecord, PROFILING } from '@millpond/core/internal';
import type { Level } from './model/report-data.js';
import { refuse, show } from './options.js';
import { followEvents } from './pool-events.js';
import { NOTHING_ASKED, type PoolStanding } from './pool-facts.js';
import { PoolRecorder } from './record/pool-recorder.js';

/** Parts of a pool that the profiler needs: its identity, which its messages carry, and its `stats()`. */
export interface ProfiledPool {
  stats(): Pick<PoolStats, 'name' | 'kind'> & {
    workerList: readonly Pick<PoolStats['workerList'][number], 'id' | 'slot' | 'state'>[];
    tasks: Pick<PoolStats['tasks'], 'queued' | 'dispatched'>;
    sizing: Pick<PoolStats['sizing'], 'workers' | 'min' | 'max' | 'concurrency'>;
    byTask?: Readonly<Record<string, Pick<TaskStats, 'breaker'>>>;
  };
}

/** A pool under measurement. */
export interface Attachment {
  readonly pool: ProfiledPool;
  readonly recorder: PoolRecorder;
  /** Undefined for a pool that cannot be asked for more than it publishes. */
  readonly profiling: PoolProfiling | undefined;
  /** Tries that circuit breakers had refused before, by task name. */
  readonly refusedBefore: ReadonlyMap<string, number>;
  /** Ends listening to the events of the pool. */
  readonly unfollow: () => void;
}

const READY: readonly string[] = ['idle', 'busy', 'draining', 'stopping'];

/**
 * The attached pools, each with its recorder. Listens on the diagnostics channels from the first attach until
 * `detach`; a message of another pool costs one map look-up.
 */
export class Attachments {
  readonly #all = new Map<object, Attachment>();
  readonly #terms: ProfileTerms | undefined;
  readonly #level: Level;
  readonly #now: () => number;
  readonly #listeners: readonly (readonly [channel: string, listener: (message: unknown) => void])[];

  /** @param terms for workers; undefined at level 'off' */
  constructor(level: Level, terms: ProfileTerms | undefined, now: () => number) {
    this.#level = level;
    this.#terms = terms;
    this.#now = now;
    this.#listeners = [
      [CHANNELS.task, this.#to<TaskMessage>((recorder, { trace }) => recorder.task(trace))],
      [CHANNELS.phase, this.#to<PhaseMessage>((recorder, message) => recorder.phase(message))],
      [CHANNELS.worker, this.#to<WorkerMessage>((recorder, message) => recorder.worker(message))],
      [CHANNELS.usage, this.#to<UsageMessage>((recorder, message) => recorder.used(message))],
      [CHANNELS.sections, this.#to<SectionsMessage>((recorder, message) => recorder.addSections(message))],
      [CHANNELS.io, this.#to<IoMessage>((recorder, message) => recorder.addIo(message))],
      [CHANNELS.cache, this.#to<CacheMessage>((recorder, message) => recorder.looked(message))],
      [CHANNELS.batch, this.#to<BatchMessage>((recorder, message) => recorder.batched(message))],
      [CHANNELS.profile, this.#to<ProfileMessage>((recorder, message) => recorder.profiled(message))],
    ];
  }

  get all(): Iterable<Attachment> {
    return this.#all.values();
  }

  get size(): number {
    return this.#all.size;
  }

  /** @throws ERR_OPTION if it is not a pool, or attached already */
  add(pool: ProfiledPool): void {
    const stats = statsOf(pool);
    if (this.#all.has(pool)) {
      refuse('pool', `must be attached once; "${stats.name}" is attached to this profiler already.`);
    }
    const { kind, workerList, sizing, tasks, byTask } = stats;
    const name = this.#freeName(stats.name);
    const { queued, dispatched } = tasks;
    const recorder = new PoolRecorder(
      {
        ...{ name, kind, wanted: sizing.workers },
        workers: workerList
          .filter(({ state }) => state !== 'exited')
          .map(({ id, slot, state }) => ({ id, slot, isReady: READY.includes(state) })),
        phase: queued > 0 ? 'starved' : dispatched > 0 ? 'notParallel' : 'noWork',
      },
      this.#now(),
      this.#level,
    );
    if (this.#all.size === 0 && this.#terms !== undefined) this.#listen();
    const profiling = this.#terms && openProfiling(pool, this.#terms);
    const unfollow = followEvents(pool, recorder, this.#now);
    this.#all.set(pool, { pool, recorder, profiling, refusedBefore: refusedIn(byTask), unfollow });
  }

  /** Has all workers send what they have measured. A silent one is not waited for. Resolves to the number of silent ones. */
  async collect(withinMs: number): Promise<number> {
    const counts = await Promise.all(
      Array.from(this.#all.values(), async ({ profiling, recorder }) => {
        const silent = (await profiling?.collect(withinMs))?.silent ?? 0;
        recorder.silentWorkers = silent;
        return silent;
      }),
    );
    return counts.reduce((sum, silent) => sum + silent, 0);
  }

  /** Stops listening, and forgets the pools. */
  detach(): void {
    for (const { profiling, unfollow } of this.#all.values()) {
      unfollow();
      profiling?.stop();
    }
    this.#all.clear();
    for (const [channel, listener] of this.#listeners) unsubscribe(channel, listener);
  }

  /** Outputs tell pools apart by their names, so each has one of its own. */
  #freeName(wanted: string): string {
    const taken = new Set(Array.from(this.#all.values(), ({ recorder }) => recorder.pool.name));
    let name = wanted;
    for (let i = 2; taken.has(name); i++) name = `${wanted} (${i})`;
    return name;
  }

  #listen(): void {
    for (const [channel, listener] of this.#listeners) subscribe(channel, listener);
  }

  /** A listener that gives a message to the recorder of its pool. */
  #to<M extends { pool: object }>(take: (recorder: PoolRecorder, message: M) => void): (message: unknown) => void {
    return (message) => {
      const attachment = this.#all.get((message as M).pool);
      if (attachment !== undefined) take(attachment.recorder, message as M);
    };
  }
}

/** Other objects have a method of this name, too: another profiler, a file. */
function statsOf(pool: ProfiledPool): ReturnType<ProfiledPool['stats']> {
  const refusal = { option: 'pool', reason: `must be a Pool; received ${show(pool)}.` };
  if (typeof (pool as Partial<ProfiledPool> | null | undefined)?.stats !== 'function')
    throw new PoolError('ERR_OPTION', refusal);
  let stats: Partial<ReturnType<ProfiledPool['stats']>> | undefined;
  try {
    stats = pool.stats();
  } catch (cause) {
    throw new PoolError('ERR_OPTION', refusal, { cause });
  }
  const isOfPool =
    typeof stats?.name === 'string' &&
    Array.isArray(stats.workerList) &&
    [stats.sizing, stats.tasks].every((part) => isRecord(part));
  if (!isOfPool) throw new PoolError('ERR_OPTION', refusal);
  return stats as ReturnType<ProfiledPool['stats']>;
}

/** The symbol is that of any copy of the package, which no type can say. */
function openProfiling(pool: object, terms: ProfileTerms): PoolProfiling | undefined {
  const open = (pool as Record<symbol, unknown>)[PROFILING];
  return typeof open === 'function' ? (open.call(pool, terms) as PoolProfiling) : undefined;
}

/** Most handlers that a report names as running at its end. */
const MOST_RUNNING = 20;

/** What a pool says of itself now. */
export function standingOf({ pool, profiling, refusedBefore }: Attachment): PoolStanding {
  const { tasks, sizing, byTask } = pool.stats();
  const { workers: wanted, min, max, concurrency } = sizing;
  const costs = profiling?.costs();
  return {
    workers: { min, max, wanted },
    concurrency,
    tasks: { queued: tasks.queued, dispatched: tasks.dispatched },
    asked: profiling?.asked ?? NOTHING_ASKED,
    refused: new Map(
      Array.from(refusedIn(byTask), ([task, refused]) => [task, refused - (refusedBefore.get(task) ?? 0)]),
    ),
    resultsMs: costs?.decodeMs ?? null,
    refusedCalls: costs?.refusedCalls ?? 0,
    loops: { sourceMs: costs?.sourceMs ?? 0, readerMs: costs?.readerMs ?? 0, inputs: costs?.mapInputs ?? 0 },
    hasKeys: costs?.hasKeys ?? false,
    running: profiling?.running(MOST_RUNNING) ?? [],
  };
}

function refusedIn(byTask: ReturnType<ProfiledPool['stats']>['byTask']): Map<string, number> {
  return new Map(
    Object.entries(byTask ?? {}).flatMap(([task, { breaker }]) =>
      breaker === undefined ? [] : [[task, breaker.refused]],
    ),
  );
}
