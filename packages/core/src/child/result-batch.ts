import { hostNowMs } from '../base/clock.js';
import { STATUS } from '../wire/record.js';
import type { Backlog } from './backlog.js';
import { batchWaitMs, longTaskMs } from './batch-wait.js';
import type { ResultTimes } from './record-buffer.js';
import type { ResultWriter } from './result-writer.js';
import type { WorkerScope } from './running-task.js';

/**
 * Most results in one frame, so that the parent can work on the first while the rest are computed. It is half of what is
 * prefetched at most. A frame costs 50 µs, 0.2 µs for each of 256 results. At half that doubles; at double, the worker would
 * wait for its refill.
 */
const MOST_RESULTS = 256;

export interface ResultBatchParts {
  results: ResultWriter;
  progress: Pick<WorkerScope['progress'], 'end'>;
  flows: Pick<WorkerScope['flows'], 'end'>;
  usage: Pick<WorkerScope['usage'], 'end'>;
  sections: Pick<WorkerScope['sections'], 'end'>;
  backlog: Backlog;
  /** Called when the log has no room for a result. It then no longer shows which task of a run has begun. */
  lacksRoom(): void;
  /** Called before results leave. */
  beforeSend(): void;
  /** Called after they have left. */
  sent(): void;
}

/** The results that leave this worker together. Each is added at once, and one of them makes all leave. */
export class ResultBatch {
  readonly #parts: ResultBatchParts;
  readonly #results: ResultWriter;
  readonly #progress: ResultBatchParts['progress'];
  readonly #flows: ResultBatchParts['flows'];
  readonly #usage: ResultBatchParts['usage'];
  readonly #sections: ResultBatchParts['sections'];
  readonly #backlog: Backlog;
  /** Time of the first of them. */
  #since = 0;
  /** Time when all leave. */
  #dueAt = 0;
  /** Length of a task after which all leave. */
  #longMs = 0;
  #hasEnded = false;

  constructor(parts: ResultBatchParts) {
    this.#parts = parts;
    this.#results = parts.results;
    this.#progress = parts.progress;
    this.#flows = parts.flows;
    this.#usage = parts.usage;
    this.#sections = parts.sections;
    this.#backlog = parts.backlog;
  }

  get isEmpty(): boolean {
    return this.#results.size === 0;
  }

  /** Adds a result, and sends all if that is due. @param isToLog whether it goes to the log */
  add(id: number, status: number, value: unknown, isToLog: boolean, times: ResultTimes): void {
    if (this.#hasEnded) return;
    const results = this.#results;
    // Not `||`: each has to end.
    const hasFlown = this.#flows.end(id);
    const hasUsed = this.#usage.end(id);
    const hasReported = this.#progress.end(id) || hasFlown || hasUsed;
    this.#sections.end(id, status !== STATUS.ok);
    const { endedAt } = times;
    if (results.size === 0) {
      this.#since = endedAt;
      this.#plan(0);
    }
    const isLogged = results.add(id, status, value, isToLog, times, hasReported);
    // Results outside of the log do not show the parent how far a run has come. They outlive this worker only once they have left.
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

  /** Notes that more work has come, so that results may wait for longer. */
  noteWork(nowMs: number): void {
    if (this.#results.size > 0) this.#plan(nowMs - this.#since);
  }

  /** Sends all results if they have waited long enough. */
  sendIfDue(): void {
    if (hostNowMs() > this.#dueAt) this.send();
  }

  /** Sends results if some are not in the log. */
  sendLoose(): void {
    if (this.#results.isAnyLoose && this.#results.hasLog) this.send();
  }

  /** Ends it: the parent is gone, or has given up this worker. */
  end(): void {
    this.#hasEnded = true;
  }

  send(): void {
    if (this.#results.size === 0 || this.#hasEnded) return;
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
