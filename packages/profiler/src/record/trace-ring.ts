import type { TaskTrace, TraceOutcome } from '@millpond/core';
import { BoundedNames } from '@millpond/core/internal';
import { readStamps, SEGMENT_IDS } from './segments.js';

const STAMPS = SEGMENT_IDS.length + 1;
const FIRST_ROOM = 1024;
const OUTCOMES: readonly TraceOutcome[] = ['ok', 'error', 'cancelled', 'timeout', 'crash'];

/** One kept try. Stamps on the host clock in milliseconds, t0 to t9; NaN for stamps that the try did not reach. */
export interface KeptTrace {
  taskId: number;
  task: string;
  attempt: number;
  workerId: number;
  outcome: TraceOutcome;
  stamps: Float64Array;
}

/**
 * The latest traces, in columns: 97 bytes each and no objects for the garbage collector. Grows by doubling up to
 * `capacity`; then the oldest is overwritten and counted as dropped.
 */
export class TraceRing {
  readonly #capacity: number;
  readonly #names = new NameTable();
  #columns: Columns;
  #written = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#columns = makeColumns(Math.min(FIRST_ROOM, capacity));
  }

  get size(): number {
    return Math.min(this.#written, this.#columns.room);
  }

  /** Traces that were overwritten. */
  get dropped(): number {
    return this.#written - this.size;
  }

  add(trace: TaskTrace): void {
    if (this.#written === this.#columns.room && this.#written < this.#capacity) {
      this.#columns = grown(this.#columns, Math.min(this.#written * 2, this.#capacity));
    }
    const columns = this.#columns;
    const at = this.#written++ % columns.room;
    readStamps(trace, columns.stamps, at * STAMPS);
    columns.taskIds[at] = trace.taskId;
    columns.workerIds[at] = trace.workerId;
    columns.attempts[at] = trace.attempt;
    columns.names[at] = this.#names.idOf(trace.task);
    columns.outcomes[at] = OUTCOMES.indexOf(trace.outcome);
  }

  /** The kept traces, oldest first. */
  *traces(): Iterable<KeptTrace> {
    const { room, stamps, taskIds, workerIds, attempts, names, outcomes } = this.#columns;
    for (let n = this.#written - this.size; n < this.#written; n++) {
      const at = n % room;
      yield {
        taskId: taskIds[at] ?? 0,
        task: this.#names.nameOf(names[at] ?? 0),
        attempt: attempts[at] ?? 0,
        workerId: workerIds[at] ?? 0,
        outcome: OUTCOMES[outcomes[at] ?? 0] ?? 'ok',
        stamps: stamps.slice(at * STAMPS, (at + 1) * STAMPS),
      };
    }
  }
}

interface Columns {
  readonly room: number;
  readonly stamps: Float64Array;
  readonly taskIds: Float64Array;
  readonly workerIds: Uint32Array;
  readonly attempts: Uint16Array;
  readonly names: Uint16Array;
  readonly outcomes: Uint8Array;
}

function makeColumns(room: number): Columns {
  return {
    room,
    stamps: new Float64Array(room * STAMPS),
    taskIds: new Float64Array(room),
    workerIds: new Uint32Array(room),
    attempts: new Uint16Array(room),
    names: new Uint16Array(room),
    outcomes: new Uint8Array(room),
  };
}

function grown(from: Columns, room: number): Columns {
  const to = makeColumns(room);
  to.stamps.set(from.stamps);
  to.taskIds.set(from.taskIds);
  to.workerIds.set(from.workerIds);
  to.attempts.set(from.attempts);
  to.names.set(from.names);
  to.outcomes.set(from.outcomes);
  return to;
}

/** Most task names with a number of their own; a column has 16 bits. */
const MOST_NAMES = 1000;

/** Task names as small integers. */
class NameTable {
  readonly #names: string[] = [];
  readonly #ids = new BoundedNames(MOST_NAMES, (name) => this.#names.push(name) - 1);

  idOf(name: string): number {
    return this.#ids.get(name);
  }

  nameOf(id: number): string {
    return this.#names[id] ?? '';
  }
}
