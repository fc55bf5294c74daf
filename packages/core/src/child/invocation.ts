import type { ResultTimes } from './record-buffer.js';
import type { RunningTask } from './running-task.js';

/**
 * One call of a handler, and the rows that it is called with: tasks that were claimed and whose inputs were read. It serves one
 * call after another, since most are over when they return.
 */
export class Invocation {
  /** Index of its handler. */
  handler = 0;
  /** How many rows it has. */
  rows = 0;
  /** Rows without a result. */
  unsettled = 0;
  /** Whether it is under way though its handler has returned, */
  isWaiting = false;
  /** and since when; host clock. */
  waitsSince = 0;
  /** Whether the log is to have the results. */
  isToLog = false;
  readonly times: ResultTimes = { receivedAt: 0, decodedAt: 0, startedAt: 0, endedAt: 0 };
  readonly #ids: number[] = [];
  readonly #inputs: unknown[] = [];
  readonly #tasks: (RunningTask | undefined)[] = [];

  /** Takes a row in. @param id its wire id */
  add(id: number, input: unknown, task: RunningTask): void {
    const row = this.rows++;
    this.#ids[row] = id;
    this.#inputs[row] = input;
    this.#tasks[row] = task;
    this.unsettled++;
  }

  id(row: number): number {
    return this.#ids[row] as number;
  }

  task(row: number): RunningTask {
    return this.#tasks[row] as RunningTask;
  }

  input(row: number): unknown {
    return this.#inputs[row];
  }

  inputs(): unknown[] {
    return this.#inputs.slice(0, this.rows);
  }

  tasks(): RunningTask[] {
    return this.#tasks.slice(0, this.rows) as RunningTask[];
  }

  /** Lets go of what its rows hold. Its lists keep their length, so that the next call makes no garbage. */
  clear(): void {
    for (let row = 0; row < this.rows; row++) this.#inputs[row] = this.#tasks[row] = undefined;
    this.rows = 0;
    this.unsettled = 0;
    this.isToLog = this.isWaiting = false;
  }
}
