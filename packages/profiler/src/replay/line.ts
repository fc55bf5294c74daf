import { handlerMs } from './rows.js';
import type { RunRecord } from './run-record.js';
import { IntQueue } from './time-heap.js';

/**
 * Rows that wait for a worker. As in the pool: each task name keeps its order, and names share the workers by execution time. Rows with
 * a home wait for it. A name with as many tasks at work as its limit allows waits, too.
 */
export class Line {
  /** Rows that wait. */
  size = 0;
  /** Tasks at work by name. */
  readonly atWork: Int32Array;
  readonly #record: RunRecord;
  readonly #byName: IntQueue[];
  readonly #homes: IntQueue[];
  #withHome = 0;
  /** Execution that each name has had. */
  readonly #served: Float64Array;
  #servedNow = 0;

  constructor(record: RunRecord) {
    this.#record = record;
    this.#byName = record.names.map(() => new IntQueue());
    this.#homes = record.workers.map(() => new IntQueue());
    this.atWork = new Int32Array(record.names.length);
    this.#served = new Float64Array(record.names.length);
  }

  add(row: number): void {
    const { rows } = this.#record;
    const name = rows.name[row] as number;
    const home = rows.home[row] as number;
    this.size++;
    if (home >= 0 && home < this.#homes.length) {
      this.#withHome++;
      (this.#homes[home] as IntQueue).push(row);
      return;
    }
    const queue = this.#byName[name] as IntQueue;
    // A name that comes anew does not catch up on the time in which it had no task.
    if (queue.size === 0) this.#served[name] = Math.max(this.#served[name] as number, this.#servedNow);
    queue.push(row);
  }

  /** Whether any worker may take a row. */
  get hasCommon(): boolean {
    return this.#bestName() >= 0;
  }

  hasFor(worker: number): boolean {
    return this.#withHome > 0 && (this.#homes[worker] as IntQueue).size > 0;
  }

  get hasHomes(): boolean {
    return this.#withHome > 0;
  }

  /** Takes a row for this worker; −1 if there is none. */
  take(worker: number): number {
    if (this.hasFor(worker)) {
      this.#withHome--;
      this.size--;
      const row = (this.#homes[worker] as IntQueue).shift();
      this.atWork[this.#record.rows.name[row] as number]!++;
      return row;
    }
    const name = this.#bestName();
    if (name < 0) return -1;
    const row = (this.#byName[name] as IntQueue).shift();
    this.#servedNow = this.#served[name] as number;
    this.#served[name] = this.#servedNow + handlerMs(this.#record.rows, row);
    this.atWork[name]!++;
    this.size--;
    return row;
  }

  #bestName(): number {
    const { byName } = this.#record;
    let best = -1;
    for (let name = 0; name < this.#byName.length; name++) {
      if ((this.#byName[name] as IntQueue).size === 0) continue;
      if ((this.atWork[name] as number) >= (byName[name]?.limit ?? Infinity)) continue;
      if (best < 0 || (this.#served[name] as number) < (this.#served[best] as number)) best = name;
    }
    return best;
  }
}
