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
  /** Wire ids, by row. No shorter than it once had to be, so that a call makes no garbage. */
  readonly ids: number[] = [];
  /** By row, where a handler takes lists. */
  inputs: unknown[] = [];
  tasks: RunningTask[] = [];

  /** Takes a row in. @param id its wire id @param isLasting whether its result has to outlive this worker */
  add(id: number, isLasting: boolean): void {
    this.ids[this.rows++] = id;
    this.unsettled++;
    if (isLasting) this.isToLog = true;
  }

  /** Keeps what a handler gets in lists. */
  keep(input: unknown, task: RunningTask): void {
    this.inputs.push(input);
    this.tasks.push(task);
  }

  /** Lets go of its rows. */
  clear(): void {
    if (this.rows > 1 || this.inputs.length > 0) {
      this.inputs = [];
      this.tasks = [];
    }
    this.rows = this.unsettled = 0;
    this.isToLog = this.isWaiting = false;
  }
}

/** Invocations that serve no call, for the next ones. */
export class SpareInvocations {
  /** The one that was over last: where calls are over when they return, there is no other. */
  #last: Invocation | undefined;
  readonly #others: Invocation[] = [];

  take(): Invocation {
    const call = this.#last ?? this.#others.pop() ?? new Invocation();
    this.#last = undefined;
    return call;
  }

  /** A call is over, or was none. */
  give(call: Invocation): void {
    call.clear();
    if (this.#last !== undefined) this.#others.push(this.#last);
    this.#last = call;
  }
}
