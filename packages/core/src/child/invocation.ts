import type { ResultTimes } from './record-buffer.js';
import type { RunningTask } from './running-task.js';

/**
 * One call of a handler, and its rows: claimed tasks whose inputs were read. An object serves one call after another. Most calls
 * are over when they return, and the others give it back at their end.
 */
export class Invocation {
  /** Index of its handler. */
  handler = 0;
  /** Number of its rows. */
  rows = 0;
  /** Rows without a result. */
  unsettled = 0;
  /** Whether its handler has returned but the call is not over, */
  isWaiting = false;
  /** and since when; host clock. */
  waitsSince = 0;
  /** Whether its results go to the log. */
  isToLog = false;
  readonly times: ResultTimes = { receivedAt: 0, decodedAt: 0, startedAt: 0, endedAt: 0 };
  /** Wire ids, by row. It never shrinks, so that a call makes no garbage. */
  readonly ids: number[] = [];
  /** By row, where a handler takes lists. */
  inputs: unknown[] = [];
  /** By row, where it takes lists, or the row has extras. */
  tasks: RunningTask[] = [];

  /** Adds a row. @param id its wire id @param isLasting whether its result has to outlive this worker */
  add(id: number, isLasting: boolean): void {
    this.ids[this.rows++] = id;
    this.unsettled++;
    if (isLasting) this.isToLog = true;
  }

  /** Keeps the input and the task of a row for a handler that takes lists. */
  keep(input: unknown, task: RunningTask): void {
    this.inputs.push(input);
    this.tasks.push(task);
  }

  /** Drops its rows, and is ready for the next call. */
  clear(): void {
    // Not by the inputs: their handler may have emptied the list, or may keep it.
    if (this.tasks.length > 0) {
      this.inputs = [];
      this.tasks = [];
    }
    this.rows = this.unsettled = 0;
    this.isToLog = this.isWaiting = false;
  }
}
