import type { TaskTrace, WorkerMessage, WorkerUsage } from '@millpond/core';
import { type Capacity, CAPACITY_IDS, type ExecutionEnd } from '../model/ledgers.js';
import type { IdleClock } from './idle-clock.js';
import { noCapacity, workerCapacity } from './worker-capacity.js';
import { noEnds, WorkerRecord } from './worker-record.js';

// A pool that recycles after every task starts a worker for each task. This number of ended workers keep rows of their own.
const MAX_EXITED_ROWS = 256;

/** Sums over ended workers that are no longer listed. */
export interface FoldedWorkers {
  workers: number;
  tasks: number;
  failed: number;
  executionMs: number;
  upMs: number;
  busyMs: number;
  capacity: Capacity;
  executionByEnd: Record<ExecutionEnd, number>;
}

/** Listeners of a ledger of workers. */
export interface WorkerLedgerEvents {
  /** A stretch of time in which one more worker had a handler running. */
  handled(fromMs: number, toMs: number): void;
  /** Another number of workers is up. */
  up(workers: number, atMs: number): void;
}

/**
 * Where the time of each worker went. Busy is the union of the handlers' intervals, so tasks that overlap in one worker count once. A
 * task that runs at the end of the window is not known yet.
 */
export class WorkerLedger {
  readonly folded: FoldedWorkers = {
    ...{ workers: 0, tasks: 0, failed: 0, executionMs: 0, upMs: 0, busyMs: 0 },
    capacity: noCapacity(),
    executionByEnd: noEnds(),
  };
  /** Most workers up at one time. */
  peak = 0;
  /** When the first worker was up, on the host clock. Infinity before that; −Infinity if one was up at attach. */
  firstReadyMs = Infinity;
  readonly #windowStartMs: number;
  readonly #clock: IdleClock;
  readonly #events: WorkerLedgerEvents;
  readonly #workers = new Map<number, WorkerRecord>();
  #up = 0;
  #exited = 0;
  #lastFoldedId = 0;
  #wanted: number;
  #downMs = 0;
  #downAtMs: number;

  constructor(windowStartMs: number, wanted: number, clock: IdleClock, events: WorkerLedgerEvents) {
    this.#windowStartMs = windowStartMs;
    this.#wanted = wanted;
    this.#downAtMs = windowStartMs;
    this.#clock = clock;
    this.#events = events;
  }

  /** Every worker that has a row, in the order in which they became known. */
  get workers(): Iterable<WorkerRecord> {
    return this.#workers.values();
  }

  find(workerId: number): WorkerRecord | undefined {
    return this.#workers.get(workerId);
  }

  /** Adds a worker that was there before the window began. */
  wasThere(workerId: number, slot: number, isReady: boolean): void {
    const worker = this.#add(workerId, slot, this.#windowStartMs);
    if (!isReady) return;
    this.#isUp(worker, this.#windowStartMs);
    this.firstReadyMs = -Infinity;
  }

  /** Notes another number of wanted workers. */
  wants(wanted: number, atMs: number): void {
    this.#countDown(atMs);
    this.#wanted = wanted;
  }

  changed(message: WorkerMessage): void {
    const { workerId, slot, atMs, bootMs, what } = message;
    this.#countDown(atMs);
    const known = this.#workers.get(workerId);
    if (what === 'started') {
      if (known === undefined) this.#add(workerId, slot, atMs);
      return;
    }
    if (what === 'ready') {
      const worker = known ?? this.#add(workerId, slot, Math.max(this.#windowStartMs, atMs - bootMs));
      if (worker.readyMs !== undefined) return;
      worker.bootMs = bootMs;
      this.#isUp(worker, Math.max(atMs, this.#windowStartMs));
      return;
    }
    if (known === undefined || known.exitedMs !== undefined) return;
    known.exitedMs = Math.max(atMs, known.readyMs ?? atMs);
    known.why = message.why;
    known.isFault = message.isFault;
    this.#exited++;
    if (known.readyMs !== undefined) {
      this.#events.up(--this.#up, atMs);
    }
    this.#foldOldest();
  }

  used(workerId: number, usage: WorkerUsage): void {
    this.#workers.get(workerId)?.used(usage);
  }

  /** Adds a try whose handler was called. */
  ran(trace: TaskTrace): void {
    const { workerId, startedAt } = trace;
    if (Number.isNaN(startedAt)) return;
    let worker = this.#workers.get(workerId);
    if (worker === undefined) {
      if (workerId <= this.#lastFoldedId) return;
      // The worker's start was not seen, so it counts from its first task on.
      const from = Math.max(this.#windowStartMs, trace.receivedAt || startedAt);
      worker = this.#add(workerId, 0, from);
      this.#isUp(worker, from);
    }
    worker.ran(trace, worker.readyMs ?? this.#windowStartMs);
  }

  /** Time in which a wanted worker was not there, up to `endMs`. */
  downMs(endMs: number): number {
    this.#countDown(endMs);
    return this.#downMs;
  }

  #countDown(atMs: number): void {
    const present = this.#workers.size - this.#exited;
    this.#downMs += Math.max(0, atMs - this.#downAtMs) * Math.max(0, this.#wanted - present);
    this.#downAtMs = Math.max(this.#downAtMs, atMs);
  }

  #add(workerId: number, slot: number, startedMs: number): WorkerRecord {
    const worker = new WorkerRecord(workerId, slot, startedMs, this.#clock, (from, to) =>
      this.#events.handled(from, to),
    );
    this.#workers.set(workerId, worker);
    return worker;
  }

  #isUp(worker: WorkerRecord, atMs: number): void {
    worker.readyMs = atMs;
    this.firstReadyMs = Math.min(this.firstReadyMs, atMs);
    if (++this.#up > this.peak) this.peak = this.#up;
    this.#events.up(this.#up, atMs);
  }

  #foldOldest(): void {
    if (this.#exited <= MAX_EXITED_ROWS) return;
    for (const [id, worker] of this.#workers) {
      if (worker.exitedMs === undefined) continue;
      this.#workers.delete(id);
      this.#exited--;
      this.#lastFoldedId = Math.max(this.#lastFoldedId, id);
      this.#fold(worker, worker.exitedMs);
      return;
    }
  }

  #fold(worker: WorkerRecord, exitedMs: number): void {
    const { folded } = this;
    const times = worker.times(exitedMs);
    const capacity = workerCapacity(times);
    folded.workers++;
    folded.tasks += worker.tasks;
    folded.failed += worker.failed;
    folded.executionMs += worker.executionMs;
    folded.upMs += times.upMs;
    folded.busyMs += times.handlingMs;
    for (const id of CAPACITY_IDS) folded.capacity[id] += capacity[id];
    for (const end of Object.keys(folded.executionByEnd) as ExecutionEnd[]) {
      folded.executionByEnd[end] += worker.executionByEnd[end];
    }
  }
}
