import { Cores } from './cores.js';
import { Line } from './line.js';
import { type MainJob, MainThread } from './main-thread.js';
import { ENDS, type Rows } from './rows.js';
import type { RunRecord } from './run-record.js';
import { Submitter } from './submitter.js';
import { TimeHeap } from './time-heap.js';
import { WorkerLoops } from './worker-loops.js';

/** What happens at a time of its own. The number of a row, worker or stretch follows in the higher bits. */
const SUBMIT = 0;
const RELEASE = 1;
const ARRIVE = 2;
const BLOCKED = 3;
const WAITED = 4;
const RETURN = 5;
const READY = 6;
const USER = 7;

/** Sees all time that passes, for ledgers. */
export interface Meter {
  pass(fromMs: number, toMs: number, simulation: Simulation): void;
}

/** What came of a simulated run. */
export interface Played {
  /** First submit and last settling. */
  startMs: number;
  endMs: number;
  /** From submit to settled, by row; NaN for rows that never settled. */
  latencyMs: Float64Array;
  settled: number;
}

/** Lets a run happen: a discrete-event simulation of a pool. It takes O(n log n) for n tries. */
export class Simulation {
  nowMs = 0;
  readonly record: RunRecord;
  readonly rows: Rows;
  readonly cores: Cores;
  readonly line: Line;
  readonly main: MainThread;
  readonly loops: WorkerLoops;
  /** Rows that limits or a filling batch keep back, and rows that have not settled. */
  held = 0;
  unsettled = 0;
  settled = 0;
  /** Stamps t0 to t9 of each row, if they are wanted. */
  readonly stamps: Float64Array | undefined;
  /** Worker of each row. */
  readonly worker: Int32Array;
  readonly #latency: Float64Array;
  readonly #timers: TimeHeap;
  readonly #meter: Meter | undefined;
  readonly #submitter: Submitter;
  #startMs = Infinity;
  #endMs = 0;

  constructor(record: RunRecord, { meter, stamps = false }: { meter?: Meter; stamps?: boolean } = {}) {
    const { rows } = record;
    this.record = record;
    this.rows = rows;
    this.#meter = meter;
    this.stamps = stamps ? new Float64Array(rows.count * 10).fill(NaN) : undefined;
    this.worker = new Int32Array(rows.count).fill(-1);
    this.#latency = new Float64Array(rows.count).fill(NaN);
    this.#timers = new TimeHeap(rows.count + record.workers.length + record.user.length);
    this.cores = new Cores(record.cores, record.switching, record.workers.length);
    this.line = new Line(record);
    this.main = new MainThread(record, this.cores, (job, index) => this.#mainDone(job, index));
    this.loops = new WorkerLoops(record, this.cores, {
      blockUntil: (worker, ms) => this.#timers.push(this.nowMs + ms, worker * 8 + BLOCKED),
      waitUntil: (row, ms) => this.#timers.push(this.nowMs + ms, row * 8 + WAITED),
      handled: (row, worker) => this.#handled(row, worker),
      replied: (row) => this.#timers.push(this.nowMs + (rows.wayOut[row] as number), row * 8 + RETURN),
      stamp: (row, stamp) => this.stampAt(row, stamp),
    });
    this.#submitter = new Submitter(record, (row, atMs) => this.#timers.push(atMs, row * 8 + SUBMIT));
  }

  run(): Played {
    const { record, cores } = this;
    record.workers.forEach(({ readyMs }, worker) => this.#timers.push(readyMs, worker * 8 + READY));
    record.user.forEach(({ atMs }, index) => this.#timers.push(atMs, index * 8 + USER));
    this.#submitter.begin();
    while (this.settled < this.rows.count) {
      const timerAt = this.#timers.firstAt;
      const workAt = cores.nextAt(this.nowMs);
      const at = Math.min(timerAt, workAt);
      // Rows without a worker that could take them would wait for ever.
      if (at === Infinity) break;
      if (at > this.nowMs) {
        this.#meter?.pass(this.nowMs, at, this);
        cores.advance(at - this.nowMs);
        this.nowMs = at;
      }
      if (workAt <= timerAt) this.#workDone(cores.finish());
      else this.#timer(this.#timers.pop());
      this.#assign();
    }
    const startMs = this.#startMs === Infinity ? 0 : this.#startMs;
    return { startMs, endMs: Math.max(startMs, this.#endMs), latencyMs: this.#latency, settled: this.settled };
  }

  stampAt(row: number, stamp: number): void {
    if (this.stamps !== undefined) this.stamps[row * 10 + stamp] = this.nowMs;
  }

  #workDone(thread: number): void {
    if (thread === 0) this.main.finish();
    else if (thread <= this.record.workers.length) this.loops.finish(thread - 1);
    else this.#nativeDone(thread - 1 - this.record.workers.length);
  }

  #nativeDone(row: number): void {
    // Helpers have the numbers beyond all rows.
    if (row >= this.rows.count) return;
    this.loops.nativeDone(row, this.worker[row] as number);
  }

  #timer(thing: number): void {
    const index = thing >> 3;
    switch (thing & 7) {
      case SUBMIT:
        this.unsettled++;
        if (this.nowMs < this.#startMs) this.#startMs = this.nowMs;
        this.#latency[index] = this.nowMs;
        this.stampAt(index, 0);
        return this.main.add('intake', index);
      case RELEASE:
        this.held--;
        return this.line.add(index);
      case ARRIVE:
        return this.loops.arrive(index, this.worker[index] as number);
      case BLOCKED:
        return this.loops.unblock(index);
      case WAITED:
        return this.loops.waited(index, this.worker[index] as number);
      case RETURN:
        return this.main.add('settle', index);
      case READY:
        this.loops.ready(index);
        return;
      default:
        return this.main.add('user', index);
    }
  }

  #mainDone(job: MainJob, index: number): void {
    const { rows } = this;
    if (job === 'intake') {
      const dueMs = (this.#latency[index] as number) + (rows.hold[index] as number);
      if (dueMs <= this.nowMs) return this.line.add(index);
      this.held++;
      this.#timers.push(dueMs, index * 8 + RELEASE);
    } else if (job === 'dispatch') {
      this.stampAt(index, 2);
      this.#timers.push(this.nowMs + (rows.wayIn[index] as number), index * 8 + ARRIVE);
    } else if (job === 'settle') this.#settle(index);
  }

  #handled(row: number, worker: number): void {
    if (this.rows.ends[row] !== ENDS.crash) return;
    // A dead worker gives back what it had not begun, and its successor has to start.
    for (const lost of this.loops.die(worker)) {
      this.line.atWork[this.rows.name[lost] as number]!--;
      this.line.add(lost);
    }
    this.#timers.push(this.nowMs + this.record.rebootMs, worker * 8 + READY);
  }

  #settle(row: number): void {
    const worker = this.worker[row] as number;
    this.stampAt(row, 9);
    this.settled++;
    this.unsettled--;
    this.#endMs = this.nowMs;
    this.#latency[row] = this.nowMs - (this.#latency[row] as number);
    this.line.atWork[this.rows.name[row] as number]!--;
    const bootedAt = this.loops.leave(worker);
    if (bootedAt !== undefined) this.#timers.push(Math.max(this.nowMs, bootedAt), worker * 8 + READY);
    this.#submitter.settled(row, this.nowMs);
  }

  /** An assignment pass: the worker with the fewest tasks takes the next row, as long as there are both. */
  #assign(): void {
    const { line, loops } = this;
    while (line.size > 0 && loops.places > 0) {
      const hasCommon = line.hasCommon;
      if (!hasCommon && !line.hasHomes) return;
      const worker = hasCommon && !line.hasHomes ? loops.emptiest() : loops.emptiestOf(line, hasCommon);
      if (worker < 0) return;
      const row = line.take(worker);
      if (row < 0) return;
      this.worker[row] = worker;
      loops.take(worker, this.nowMs);
      this.main.add('dispatch', row);
    }
  }
}
