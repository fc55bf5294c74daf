import { AsyncLocalStorage } from 'node:async_hooks';
import { hostNowMs } from '../../base/clock.js';
import type { IoDelta } from '../../contract/profile-messages.js';
import { InFlight, type OpenOperation } from './in-flight.js';
import { type IoRow, IoRows, type Operation, OUTSIDE } from './io-rows.js';
import type { IoSink, TaskStore } from './io-sink.js';
import { Listening } from './listening.js';
import { watchCaches } from './watch-caches.js';
import { watchHttp } from './watch-http.js';
import { watchSqlite } from './watch-sqlite.js';
import { restoreTasks, watchTraced } from './watch-traced.js';
import { watchUndici } from './watch-undici.js';

/** Channel under which operations without an end are counted. */
const NO_END = '(no end)';

/** What calls a handler with its input and context. */
type Caller<H, C> = (handler: H, input: unknown, context: C) => unknown;

export interface WatchOptions {
  /** Whether several tasks may run at the same time. */
  isConcurrent?: () => boolean;
  /** Whether other code than this worker's runs in this thread: only what tasks of this worker do is watched. */
  isShared?: boolean;
}

/** What was watched since the last look. */
export interface WatchedIo {
  io: IoDelta[];
  /** Messages that were not understood, by channel. */
  unknown: [channel: string, count: number][];
  /** Operations without a place of their own. */
  folded: number;
}

/**
 * Watches the clients of servers and databases that handlers use, by the channels on which these publish. It belongs to a profiler:
 * without one, it listens nowhere, and clients build no messages.
 *
 * Clients say what they do, not for which task. With one task at a time, it is that task's. With several, each handler is called
 * with its name in an AsyncLocalStorage, which follows its async calls.
 */
export class IoWatch {
  readonly #currentTask: () => string;
  readonly #isConcurrent: () => boolean;
  readonly #isShared: boolean;
  #running: RunningWatch | undefined;

  /** @param currentTask name of the task that runs; '' if there is none */
  constructor(currentTask: () => string, { isConcurrent = () => false, isShared = false }: WatchOptions = {}) {
    this.#currentTask = currentTask;
    this.#isConcurrent = isConcurrent;
    this.#isShared = isShared;
  }

  start(): void {
    if (this.#running !== undefined) return;
    this.#running = new RunningWatch(this.#currentTask, !this.#isShared);
    if (this.#isShared) this.#running.tellTasksApart();
  }

  /**
   * What calls the handlers of this task: with its name in the storage, where tasks run at the same time.
   * @param call what calls them otherwise
   */
  callerOf<H, C>(task: string, call: Caller<H, C>): Caller<H, C> {
    const running = this.#running;
    // At each call: the pool may have raised the concurrency.
    if (running?.store === undefined && this.#isConcurrent()) running?.tellTasksApart();
    const store = running?.store;
    if (store === undefined) return call;
    // Readers of CPU profiles know its name. What it calls is the program's, and all else of this file is not.
    const callsHandler: Caller<H, C> = (handler, input, context) => store.run(task, call, handler, input, context);
    return callsHandler;
  }

  /** Sums since the last call. */
  take(): WatchedIo {
    const running = this.#running;
    if (running === undefined) return { io: [], unknown: [], folded: 0 };
    return running.take();
  }

  stop(): void {
    this.#running?.stop();
    this.#running = undefined;
  }
}

class RunningWatch implements IoSink {
  readonly listening = new Listening();
  readonly #currentTask: () => string;
  readonly #rows = new IoRows();
  readonly #flight = new InFlight(hostNowMs);
  /** Tells tasks apart that run at the same time; undefined while one runs at a time. */
  store: TaskStore | undefined;
  #undoRestore: (() => void) | undefined;
  readonly #seesOutside: boolean;
  #hasEnded = false;

  /** @param seesOutside whether operations outside of tasks count */
  constructor(currentTask: () => string, seesOutside: boolean) {
    this.#currentTask = currentTask;
    this.#seesOutside = seesOutside;
    watchUndici(this);
    watchHttp(this);
    watchTraced(this);
    watchCaches(this);
    watchSqlite(this);
  }

  tellTasksApart(): void {
    if (this.store !== undefined) return;
    this.store = new AsyncLocalStorage();
    this.#undoRestore = restoreTasks(this, this.store);
  }

  begin(key: object, operation: Operation): OpenOperation | undefined {
    if (this.#hasEnded) return undefined;
    const row = this.row(operation);
    return row && this.#flight.begin(key, row);
  }

  get(key: object): OpenOperation | undefined {
    return this.#flight.get(key);
  }

  end(key: object): void {
    this.#flight.end(key);
  }

  row(operation: Operation): IoRow | undefined {
    const task = this.#task();
    return task === OUTSIDE && !this.#seesOutside ? undefined : this.#rows.get(task, operation);
  }

  take(): WatchedIo {
    const lost = this.#flight.takeLost();
    if (lost > 0) this.listening.note(NO_END, lost);
    return {
      io: this.#rows.take(hostNowMs()),
      unknown: this.listening.takeUnknown(),
      folded: this.#rows.takeFolded(),
    };
  }

  stop(): void {
    this.#hasEnded = true;
    this.listening.stop();
    this.#undoRestore?.();
    // On Node 20 a storage makes each await slower, as long as it is in use.
    this.store?.disable();
    this.store = undefined;
  }

  #task(): string {
    const task = this.store === undefined ? this.#currentTask() : this.store.getStore();
    return task === undefined || task === '' ? OUTSIDE : task;
  }
}
