import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CHANNELS, type PoolStats, type SectionsMessage, type TaskMessage, type WorkerMessage } from '@millpond/core';
import type { Level } from './options.js';
import { refuse, show } from './options.js';
import { PoolRecorder } from './record/pool-recorder.js';

/** Parts of a pool that the profiler needs: its identity, which its messages carry, and its `stats()`. */
export interface ProfiledPool {
  stats(): Pick<PoolStats, 'name' | 'kind'> & {
    workerList: readonly Pick<PoolStats['workerList'][number], 'id' | 'state'>[];
    tasks: Pick<PoolStats['tasks'], 'queued' | 'dispatched'>;
  };
}

const UP: readonly string[] = ['idle', 'busy', 'draining', 'stopping'];

/**
 * The attached pools, each with its recorder. Listens on the diagnostics channels from the first attach until
 * `detach`; a message of another pool costs one map look-up.
 */
export class Attachments {
  readonly recorders = new Map<ProfiledPool, PoolRecorder>();
  readonly #level: Level;
  readonly #now: () => number;

  constructor(level: Level, now: () => number) {
    this.#level = level;
    this.#now = now;
  }

  /** @throws ERR_OPTION if it is not a pool, or attached already */
  add(pool: ProfiledPool): void {
    if (typeof (pool as Partial<ProfiledPool> | null | undefined)?.stats !== 'function') {
      refuse('pool', `must be a Pool; received ${show(pool)}.`);
    }
    const { name, kind, workerList } = pool.stats();
    if (this.recorders.has(pool)) {
      refuse('pool', `must be attached once; "${name}" is attached to this profiler already.`);
    }
    const readyWorkers = workerList.filter((worker) => UP.includes(worker.state)).map((worker) => worker.id);
    if (this.recorders.size === 0) this.#listen();
    this.recorders.set(pool, new PoolRecorder({ name, kind, readyWorkers }, this.#now(), this.#level));
  }

  /** Stops listening and forgets the pools. */
  detach(): void {
    this.recorders.clear();
    unsubscribe(CHANNELS.task, this.#onTask);
    unsubscribe(CHANNELS.sections, this.#onSections);
    unsubscribe(CHANNELS.worker, this.#onWorker);
  }

  #listen(): void {
    subscribe(CHANNELS.task, this.#onTask);
    subscribe(CHANNELS.sections, this.#onSections);
    subscribe(CHANNELS.worker, this.#onWorker);
  }

  readonly #onTask = (message: unknown): void => {
    const { pool, trace } = message as TaskMessage;
    this.#recorderOf(pool)?.task(trace);
  };

  readonly #onSections = (message: unknown): void => {
    const { pool, sections } = message as SectionsMessage;
    this.#recorderOf(pool)?.addSections(sections);
  };

  readonly #onWorker = (message: unknown): void => {
    this.#recorderOf((message as WorkerMessage).pool)?.worker(message as WorkerMessage);
  };

  #recorderOf(pool: object): PoolRecorder | undefined {
    return this.recorders.get(pool as ProfiledPool);
  }
}
