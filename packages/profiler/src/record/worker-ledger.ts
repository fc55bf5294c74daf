import type { TaskTrace, WorkerMessage } from '@millpond/core';
import { BusyTime } from './busy-time.js';

// A pool that recycles after every task starts a worker for each task. This number of ended workers keep rows of their own.
const MAX_EXITED_ROWS = 256;

/** One worker within the window. Times on the host clock, in milliseconds. */
export interface WorkerRecord {
  readonly workerId: number;
  /** Time of ready, or the start of the window if it was ready before. */
  readonly readyMs: number;
  /** From spawn to ready; undefined if that was before the window. */
  readonly bootMs: number | undefined;
  exitedMs: number | undefined;
  /** Tries that came back from it. */
  tasks: number;
  failed: number;
  /** Sum over tries; with several at once it exceeds the busy time. */
  executionMs: number;
  readonly busy: BusyTime;
}

/** Sums over ended workers that are no longer listed. */
export interface FoldedWorkers {
  workers: number;
  tasks: number;
  failed: number;
  executionMs: number;
  upMs: number;
  busyMs: number;
}

/**
 * How long each worker was up, and busy. A worker counts from ready to exit; boot time is not part of it.
 *
 * Busy is the union of the handlers' intervals, so tasks that overlap in one worker count once. Only tries that came back are
 * known. A task that runs at the worker's death, or at the end of the window, is not counted.
 */
export class WorkerLedger {
  readonly folded: FoldedWorkers = { workers: 0, tasks: 0, failed: 0, executionMs: 0, upMs: 0, busyMs: 0 };
  /** Most workers up at one time. */
  peak = 0;
  /** When the first worker was up, on the host clock. Infinity before that; −Infinity if one was up at attach. */
  firstReadyMs = Infinity;
  readonly #windowStartMs: number;
  readonly #workers = new Map<number, WorkerRecord>();
  #up = 0;
  #lastFoldedId = 0;

  constructor(windowStartMs: number) {
    this.#windowStartMs = windowStartMs;
  }

  /** Every worker that has a row, in the order in which they became known. */
  get workers(): Iterable<WorkerRecord> {
    return this.#workers.values();
  }

  /** Adds a worker that was ready before the window began. */
  wasReady(workerId: number): void {
    this.#add(workerId, this.#windowStartMs, undefined);
    this.firstReadyMs = -Infinity;
  }

  changed(message: WorkerMessage): void {
    if (message.what === 'ready') {
      if (!this.#workers.has(message.workerId)) this.#add(message.workerId, message.atMs, message.bootMs);
      return;
    }
    const worker = this.#workers.get(message.workerId);
    // A worker that died while starting was never up.
    if (worker === undefined || worker.exitedMs !== undefined) return;
    worker.exitedMs = message.atMs;
    this.#up--;
    this.#foldOldest();
  }

  /** Adds a try that came back from its worker. */
  ran(trace: TaskTrace): void {
    const { workerId, startedAt, endedAt } = trace;
    if (Number.isNaN(startedAt) || Number.isNaN(endedAt)) return;
    let worker = this.#workers.get(workerId);
    if (worker === undefined) {
      if (workerId <= this.#lastFoldedId) return;
      // The worker's start was not seen, so it counts from its first task on.
      worker = this.#add(workerId, trace.receivedAt, undefined);
    }
    worker.tasks++;
    if (trace.outcome !== 'ok') worker.failed++;
    const from = Math.max(startedAt, this.#windowStartMs);
    worker.executionMs += Math.max(0, endedAt - from);
    worker.busy.add(from, endedAt);
  }

  #add(workerId: number, readyMs: number, bootMs: number | undefined): WorkerRecord {
    const worker: WorkerRecord = {
      workerId,
      bootMs,
      readyMs: Math.max(readyMs, this.#windowStartMs),
      exitedMs: undefined,
      tasks: 0,
      failed: 0,
      executionMs: 0,
      busy: new BusyTime(),
    };
    this.#workers.set(workerId, worker);
    this.firstReadyMs = Math.min(this.firstReadyMs, worker.readyMs);
    this.#up++;
    if (this.#up > this.peak) this.peak = this.#up;
    return worker;
  }

  #foldOldest(): void {
    if (this.#workers.size - this.#up <= MAX_EXITED_ROWS) return;
    for (const [id, worker] of this.#workers) {
      if (worker.exitedMs === undefined) continue;
      this.#workers.delete(id);
      this.#lastFoldedId = Math.max(this.#lastFoldedId, id);
      this.folded.workers++;
      this.folded.tasks += worker.tasks;
      this.folded.failed += worker.failed;
      this.folded.executionMs += worker.executionMs;
      this.folded.upMs += Math.max(0, worker.exitedMs - worker.readyMs);
      this.folded.busyMs += worker.busy.totalMs;
      return;
    }
  }
}
