import { hostNowMs } from '../base/clock.js';
import type { Backlog } from './backlog.js';
import { batchWaitMs, longTaskMs } from './batch-wait.js';
import type { ResultTimes } from './record-buffer.js';
import type { ResultWriter } from './result-writer.js';
import type { WorkerScope } from './running-task.js';

/** Most results in one frame, so that the parent can work on the first while the rest are computed. */
const MOST_RESULTS = 256;

export interface ResultBatchParts {
  results: ResultWriter;
  progress: Pick<WorkerScope['progress'], 'end'>;
  backlog: Backlog;
  /** The log has no room for a result, so it does not tell any more which task of a run has begun. */
  lacksRoom(): void;
  /** Results are about to leave. */
  beforeSend(): void;
  /** They have left. */
  sent(): void;
}

/** The results that leave this worker together: each is added as soon as it is there, and one of them has all leave. */
export class ResultBatch {
  readonly #parts: ResultBatchParts;
  readonly #results: ResultWriter;
  readonly #progress: ResultBatchParts['progress'];
  readonly #backlog: Backlog;
  /** When the first of them was there. */
  #since = 0;
  /** When all leave. */
  #dueAt = 0;
  /** A task of this length has all leave. */
  #longMs = 0;

  constructor(parts: ResultBatchParts) {
    this.#parts = parts;
    this.#results = parts.results;
    this.#progress = parts.progress;
    this.#backlog = parts.backlog;
  }

  get isEmpty(): boolean {
    return this.#results.size === 0;
  }

  /** Adds a result, and has all leave if that is due. @param isToLog whether the log is to have it */
  add(id: number, status: number, value: unknown, isToLog: boolean, times: ResultTimes): void {
    const results = this.#results;
    const hasReported = this.#progress.end(id);
    const { endedAt } = times;
    if (results.size === 0) {
      this.#since = endedAt;
      this.#plan(0);
    }
    const isLogged = results.add(id, status, value, isToLog, times, hasReported);
    // What the log does not have tells the parent nothing of how far a run has come, and outlives this worker only once it has left.
    const hasNoRoom = isToLog && !isLogged;
    if (hasNoRoom) this.#parts.lacksRoom();
    if (
      endedAt > this.#dueAt ||
      endedAt - times.startedAt > this.#longMs ||
      (hasNoRoom && results.hasLog) ||
      hasReported ||
      results.size >= MOST_RESULTS
    )
      this.send();
  }

  /** More work has come, so they may wait for longer. */
  noteWork(nowMs: number): void {
    if (this.#results.size > 0) this.#plan(nowMs - this.#since);
  }

  /** Has all leave if they have waited long enough. */
  sendIfDue(): void {
    if (hostNowMs() > this.#dueAt) this.send();
  }

  /** Has results leave that are not in the log. */
  sendLoose(): void {
    if (this.#results.isAnyLoose && this.#results.hasLog) this.send();
  }

  send(): void {
    if (this.#results.size === 0) return;
    this.#parts.beforeSend();
    this.#results.send();
    this.#parts.sent();
  }

  /** Whether a record in the log costs no system call. */
  get hasMemoryLog(): boolean {
    return this.#results.hasMemoryLog;
  }

  #plan(ageMs: number): void {
    const { leftMs, hasMore } = this.#backlog;
    const waitMs = batchWaitMs(ageMs, leftMs, hasMore);
    this.#dueAt = this.#since + waitMs;
    this.#longMs = longTaskMs(waitMs, hasMore);
  }
}
