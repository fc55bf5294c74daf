import type { CapacityId } from '../../../src/model/ledgers.js';
import { CAPACITY_IDS } from '../../../src/model/ledgers.js';
import type { RunRecord } from '../../../src/replay/run-record.js';
import type { Meter, Simulation } from '../../../src/replay/simulation.js';
import { LOOP } from '../../../src/replay/worker-loops.js';

const BUCKETS = CAPACITY_IDS.length;
const AT = Object.fromEntries(CAPACITY_IDS.map((id, i) => [id, i])) as Record<CapacityId, number>;
const MOST_WINDOWS = 600;

/** Columns of curves that are sums over time, which become means. */
export const SUMS = [
  'queued',
  'held',
  'unsettled',
  'workersUp',
  'workersBusy',
  'parentLoop',
  'workerLoop',
  'gc',
] as const;
export type SumColumn = (typeof SUMS)[number];

/** Fills the ledgers and curves of a simulated run while it passes: every moment of every worker goes into one bucket. */
export class LedgerMeter implements Meter {
  /** By worker, the buckets of the capacity ledger. */
  readonly capacity: Float64Array[];
  readonly busyMs: Float64Array;
  /** By row, time ready to compute without a core. */
  readonly runQueueMs: Float64Array;
  /** By row, time of its handler on a core, with what is lost there. */
  readonly onCoreMs: Float64Array;
  readonly main = { intake: 0, dispatch: 0, settle: 0, user: 0, idle: 0 };
  windowMs = 1;
  readonly columns: Record<SumColumn, number[]>;
  /** By window, the longest time without a turn of the main thread. */
  delays: number[] = [];
  longestDelayMs = 0;
  #userMs = 0;
  readonly #values = new Float64Array(SUMS.length);
  readonly #lists: number[][];

  constructor(record: RunRecord) {
    this.capacity = record.workers.map(() => new Float64Array(BUCKETS));
    this.busyMs = new Float64Array(record.workers.length);
    this.runQueueMs = new Float64Array(record.rows.count);
    this.onCoreMs = new Float64Array(record.rows.count);
    this.columns = Object.fromEntries(SUMS.map((id) => [id, [] as number[]])) as Record<SumColumn, number[]>;
    this.#lists = SUMS.map((id) => this.columns[id]);
  }

  pass(fromMs: number, toMs: number, simulation: Simulation): void {
    const ms = toMs - fromMs;
    const { loops, line, main } = simulation;
    this.main[main.job ?? 'idle'] += ms;
    this.#userMs = main.job === 'user' ? this.#userMs + ms : 0;
    let [up, busy, active, gc] = [0, 0, 0, 0];
    for (let worker = 0; worker < loops.load.length; worker++) {
      const spent = this.#worker(simulation, worker, ms);
      if (loops.isUp[worker] === 1 || (loops.load[worker] ?? 0) > 0) up++;
      if ((loops.running[worker] ?? 0) > 0) {
        busy++;
        this.busyMs[worker]! += ms;
      }
      if (loops.loop[worker] !== LOOP.idle) active++;
      gc += spent;
    }
    // In the order of SUMS. One array for all moments: there are many.
    const values = this.#values;
    values[0] = line.size;
    values[1] = simulation.held;
    values[2] = simulation.unsettled;
    values[3] = up;
    values[4] = busy;
    values[5] = main.job === undefined ? 0 : 1;
    values[6] = up === 0 ? 0 : active / up;
    values[7] = gc / ms;
    this.#curve(fromMs, toMs, values);
  }

  /** @returns time of collectors */
  #worker({ loops, cores, line, rows, held, unsettled }: Simulation, worker: number, ms: number): number {
    const buckets = this.capacity[worker]!;
    const row = loops.row[worker] ?? 0;
    const kind = loops.loop[worker];
    let id: CapacityId;
    if (kind === LOOP.decode) id = 'decode';
    else if (kind === LOOP.reply) id = 'encode';
    else if (kind === LOOP.block) id = 'offCpu';
    else if (kind === LOOP.run) {
      const gc = (rows.gc[row] ?? 0) / Math.max(1e-9, (rows.gc[row] ?? 0) + (rows.cpu[row] ?? 0));
      const on = ms * cores.share;
      buckets[AT.gc]! += on * gc;
      buckets[AT.cpu]! += on * (1 - gc);
      buckets[AT.runQueue]! += ms - on;
      this.runQueueMs[row]! += ms - on;
      this.onCoreMs[row]! += on;
      return on * gc;
    } else if ((loops.running[worker] ?? 0) > 0) id = 'loopIdle';
    else if ((loops.load[worker] ?? 0) > 0) id = 'other';
    else if (loops.isUp[worker] === 0) id = 'boot';
    else if (line.size > 0) id = 'starved';
    else if (held > 0 && held === unsettled) id = 'limited';
    else if (unsettled > 0) id = 'notParallel';
    else id = 'noWork';
    buckets[AT[id]]! += ms;
    return 0;
  }

  #curve(fromMs: number, toMs: number, values: Float64Array): void {
    while (toMs / this.windowMs > MOST_WINDOWS) this.#join();
    for (let at = fromMs; at < toMs;) {
      const window = Math.floor(at / this.windowMs + 1e-9);
      const end = Math.min(toMs, (window + 1) * this.windowMs);
      for (let i = 0; i < values.length; i++) {
        const column = this.#lists[i]!;
        while (column.length <= window) column.push(0);
        column[window]! += values[i]! * (end - at);
      }
      while (this.delays.length <= window) this.delays.push(0);
      at = Math.max(end, at + 1e-9);
    }
    const last = this.delays.length - 1;
    this.delays[last] = Math.max(this.delays[last] ?? 0, this.#userMs);
    this.longestDelayMs = Math.max(this.longestDelayMs, this.#userMs);
  }

  #join(): void {
    this.windowMs *= 2;
    const joined = (values: number[], join: (a: number, b: number) => number) =>
      Array.from({ length: Math.ceil(values.length / 2) }, (_, i) => join(values[2 * i] ?? 0, values[2 * i + 1] ?? 0));
    for (const [i, id] of SUMS.entries()) this.#lists[i] = this.columns[id] = joined(this.columns[id], (a, b) => a + b);
    this.delays = joined(this.delays, Math.max);
  }
}
