import type { Cores } from './cores.js';
import type { Line } from './line.js';
import type { Rows } from './rows.js';
import type { RunRecord } from './run-record.js';
import { Successors } from './successors.js';
import { IntQueue } from './time-heap.js';

/** What a worker's thread does. */
export const LOOP = { idle: 0, decode: 1, run: 2, reply: 3, block: 4 } as const;

/** What the simulation does when a worker comes so far. */
export interface LoopEvents {
  blockUntil(worker: number, ms: number): void;
  waitUntil(row: number, ms: number): void;
  handled(row: number, worker: number): void;
  replied(row: number): void;
  stamp(row: number, stamp: number): void;
}

/**
 * All workers: each has one thread with places for several tasks. A task is decoded, computes, blocks, waits, and its result is
 * encoded. Only waits of several tasks overlap.
 */
export class WorkerLoops {
  /** Whether it takes tasks, tasks in it, handlers begun in it, and what its thread does for which row. */
  readonly isUp: Uint8Array;
  readonly load: Int32Array;
  readonly running: Int32Array;
  readonly loop: Uint8Array;
  readonly row: Int32Array;
  /** Handlers at work by task name. */
  readonly atWork: Int32Array;
  /** Free places of all workers, prefetch included. */
  places = 0;
  readonly #record: RunRecord;
  readonly #rows: Rows;
  readonly #cores: Cores;
  readonly #on: LoopEvents;
  readonly #ready: IntQueue[];
  readonly #backlog: IntQueue[];
  readonly #left: Int32Array;
  readonly #bootedAt: Float64Array;
  readonly #successors: Successors;
  readonly #computing: Float64Array;
  readonly #factor: Float64Array;
  readonly #places: number;
  readonly #inUse: Int32Array;
  readonly #waiting: IntQueue[];
  /** 1 while a row holds a place of its resource. */
  readonly #holds: Uint8Array;

  constructor(record: RunRecord, cores: Cores, on: LoopEvents) {
    const workers = record.workers.length;
    this.#record = record;
    this.#rows = record.rows;
    this.#cores = cores;
    this.#on = on;
    this.isUp = new Uint8Array(workers);
    this.load = new Int32Array(workers);
    this.running = new Int32Array(workers);
    this.loop = new Uint8Array(workers);
    this.row = new Int32Array(workers).fill(-1);
    this.atWork = new Int32Array(record.names.length);
    this.#ready = record.workers.map(() => new IntQueue());
    this.#backlog = record.workers.map(() => new IntQueue());
    this.#successors = new Successors(record);
    this.#left = new Int32Array(workers).fill(record.recycle?.afterTasks ?? -1);
    this.#bootedAt = new Float64Array(workers);
    this.#computing = new Float64Array(record.rows.count);
    this.#factor = new Float64Array(record.rows.count).fill(1);
    this.#places = Math.max(1, record.concurrency) + Math.max(0, record.prefetch);
    this.#inUse = new Int32Array(record.names.length);
    this.#waiting = record.names.map(() => new IntQueue());
    this.#holds = new Uint8Array(record.rows.count);
  }

  /** The worker with the fewest tasks and a free place; −1 if there is none. */
  emptiest(): number {
    let best = -1;
    let least = this.#places;
    for (let worker = 0; worker < this.load.length && least > 0; worker++) {
      if (this.isUp[worker] === 0 || (this.load[worker] as number) >= least) continue;
      best = worker;
      least = this.load[worker] as number;
    }
    return best;
  }

  /** The same among the workers for which a row waits. */
  emptiestOf(line: Line, hasCommon: boolean): number {
    let best = -1;
    for (let worker = 0; worker < this.load.length; worker++) {
      const load = this.load[worker] as number;
      if (this.isUp[worker] === 0 || load >= this.#places || (best >= 0 && load >= (this.load[best] as number)))
        continue;
      if (hasCommon || line.hasFor(worker)) best = worker;
    }
    return best;
  }

  /** A task is on its way to it. */
  take(worker: number, nowMs: number): void {
    this.load[worker]!++;
    this.places--;
    const left = this.#left[worker] as number;
    if (left < 0) return;
    this.#left[worker] = left - 1;
    // Its successor starts while the last task runs.
    if (left === 1) {
      this.#down(worker);
      this.#bootedAt[worker] = this.#successors.begin(nowMs);
    }
  }

  /** A task has settled. Returns when the successor of an old worker is ready, if this was its last task. */
  leave(worker: number): number | undefined {
    this.load[worker]!--;
    if (this.isUp[worker] === 1) this.places++;
    const isOld = this.#left[worker] === 0 && this.load[worker] === 0 && this.isUp[worker] === 0;
    return isOld ? this.#bootedAt[worker] : undefined;
  }

  ready(worker: number): void {
    if (this.isUp[worker] === 1) return;
    this.isUp[worker] = 1;
    this.#left[worker] = this.#record.recycle?.afterTasks ?? -1;
    this.places += Math.max(0, this.#places - (this.load[worker] as number));
  }

  /** Its worker died. @returns the rows in it that had not begun */
  die(worker: number): number[] {
    this.#down(worker);
    const lost: number[] = [];
    const backlog = this.#backlog[worker] as IntQueue;
    for (let row = backlog.shift(); row >= 0; row = backlog.shift()) lost.push(row);
    this.load[worker]! -= lost.length;
    return lost;
  }

  arrive(row: number, worker: number): void {
    (this.#ready[worker] as IntQueue).push(row * 4 + LOOP.decode);
    this.#turn(worker);
  }

  /** The thread has done its work: that of the slice in hand. */
  finish(worker: number): void {
    this.#end(worker);
    this.#turn(worker);
  }

  /** Native threads have computed for a row. */
  nativeDone(row: number, worker: number): void {
    this.#wait(row, worker);
    this.#turn(worker);
  }

  unblock(worker: number): void {
    const row = this.row[worker] as number;
    this.loop[worker] = LOOP.idle;
    this.#leaveLoop(row, worker);
    this.#turn(worker);
  }

  /** A wait is over, or the part of it that held a resource. */
  waited(row: number, worker: number): void {
    const name = this.#rows.name[row] as number;
    if (this.#holds[row] === 1) {
      this.#holds[row] = 0;
      this.#inUse[name]!--;
      const next = (this.#waiting[name] as IntQueue).shift();
      if (next >= 0) this.#hold(next, name);
      const rest = this.#waitOf(row) * (1 - this.#holdShare(name));
      if (rest > 0) return this.#on.waitUntil(row, rest);
    }
    this.#handled(row, worker);
    this.#turn(worker);
  }

  #turn(worker: number): void {
    while (this.loop[worker] === LOOP.idle) {
      const item = (this.#ready[worker] as IntQueue).shift();
      if (item < 0) return;
      const row = item >> 2;
      const kind = item & 3;
      this.loop[worker] = kind;
      this.row[worker] = row;
      const ms = this.#sliceOf(row, kind, worker);
      if (ms > 0) this.#cores.start(worker + 1, ms);
      else this.#end(worker);
    }
  }

  #sliceOf(row: number, kind: number, worker: number): number {
    const rows = this.#rows;
    if (kind === LOOP.decode) {
      this.#on.stamp(row, 3);
      return rows.decode[row] as number;
    }
    if (kind === LOOP.reply) return rows.reply[row] as number;
    if (this.#computing[row] === 0) this.#begin(row, worker);
    return Math.min(this.#computing[row] as number, this.#record.sliceMs);
  }

  #begin(row: number, worker: number): void {
    const name = this.#rows.name[row] as number;
    this.#on.stamp(row, 5);
    this.atWork[name]!++;
    const { contention = 0 } = this.#record.byName[name] ?? {};
    const crowd = contention === 0 ? 1 : Math.exp(contention * ((this.atWork[name] as number) - 1));
    this.#factor[row] = crowd * (this.#record.workers[worker]?.slowdown ?? 1);
    const helperMs = this.#rows.helper[row] as number;
    // Nothing waits for it: it only takes a core.
    if (helperMs > 0) this.#cores.start(1 + this.load.length + this.#rows.count + row, helperMs);
    this.#computing[row] = ((this.#rows.cpu[row] as number) + (this.#rows.gc[row] as number)) * this.#factor[row];
  }

  #end(worker: number): void {
    const row = this.row[worker] as number;
    const kind = this.loop[worker] as number;
    this.loop[worker] = LOOP.idle;
    if (kind === LOOP.decode) {
      this.#on.stamp(row, 4);
      if ((this.running[worker] as number) < this.#record.concurrency) this.#run(row, worker);
      else (this.#backlog[worker] as IntQueue).push(row);
    } else if (kind === LOOP.run) {
      const left = (this.#computing[row] as number) - this.#record.sliceMs;
      if (left > 0) {
        this.#computing[row] = left;
        (this.#ready[worker] as IntQueue).push(row * 4 + LOOP.run);
        return;
      }
      const blockMs = (this.#rows.block[row] as number) * (this.#factor[row] as number);
      if (blockMs > 0) {
        this.loop[worker] = LOOP.block;
        this.#on.blockUntil(worker, blockMs);
      } else this.#leaveLoop(row, worker);
    } else {
      this.#on.stamp(row, 7);
      this.#on.replied(row);
    }
  }

  #run(row: number, worker: number): void {
    this.running[worker]!++;
    (this.#ready[worker] as IntQueue).push(row * 4 + LOOP.run);
  }

  /** The handler awaits: first native threads, then whatever needs no core. */
  #leaveLoop(row: number, worker: number): void {
    const nativeMs = (this.#rows.native[row] as number) * (this.#factor[row] as number);
    if (nativeMs > 0) this.#cores.start(1 + this.load.length + row, nativeMs);
    else this.#wait(row, worker);
  }

  #wait(row: number, worker: number): void {
    const name = this.#rows.name[row] as number;
    if (this.#waitOf(row) <= 0) return this.#handled(row, worker);
    const { budget = Infinity } = this.#record.byName[name] ?? {};
    if (budget === Infinity) this.#on.waitUntil(row, this.#waitOf(row));
    else if ((this.#inUse[name] as number) < budget) this.#hold(row, name);
    else (this.#waiting[name] as IntQueue).push(row);
  }

  #hold(row: number, name: number): void {
    this.#inUse[name]!++;
    this.#holds[row] = 1;
    this.#on.waitUntil(row, this.#waitOf(row) * this.#holdShare(name));
  }

  #holdShare(name: number): number {
    return this.#record.byName[name]?.holdShare ?? 1;
  }

  #waitOf(row: number): number {
    return (this.#rows.wait[row] as number) * (this.#factor[row] as number);
  }

  #handled(row: number, worker: number): void {
    this.#on.stamp(row, 6);
    this.running[worker]!--;
    this.atWork[this.#rows.name[row] as number]!--;
    (this.#ready[worker] as IntQueue).push(row * 4 + LOOP.reply);
    this.#on.handled(row, worker);
    const next = (this.#backlog[worker] as IntQueue).shift();
    if (next >= 0) this.#run(next, worker);
  }

  #down(worker: number): void {
    if (this.isUp[worker] === 0) return;
    this.isUp[worker] = 0;
    this.places -= Math.max(0, this.#places - (this.load[worker] as number));
  }
}
