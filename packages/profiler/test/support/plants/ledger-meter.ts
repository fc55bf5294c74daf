import type { CapacityId } from '../../../src/model/ledgers.js';
import { CAPACITY_IDS } from '../../../src/model/ledgers.js';
import type { RunRecord } from '../../../src/replay/run-record.js';
import type { Meter, Simulation } from '../../../src/replay/simulation.js';
import { LOOP } from '../../../src/replay/worker-loops.js';

const BUCKETS = CAPACITY_IDS.length;
const AT = Object.fromEntries(CAPACITY_IDS.map((id, i) => [id, i])) as Record<CapacityId, number>;
const MOST_WINDOWS = 600;

/** Columns of curves that are sums over time, which become means. */
export const SUMS = ['queued', 'held', 'unsettled', 'workersUp', 'workersBusy', 'parentLoop', 'workerLoop', 'gc'] as const;
export type SumColumn = (typeof SUMS)[number];

/** Fills the ledgers and curves of a simulated run while it passes: every moment of every worker goes into one bucket. */
export class LedgerMeter implements Meter {
  /** By worker, the buckets of the capacity ledger. */
  readonly capacity: Float64Array[];
  readonly busyMs: Float64Array;
  /** By row, time ready to compute without a core. */
  readonly runQueueMs: Float64Array;
  readonly main = { intake: 0, dispatch: 0, settle: 0, user: 0, idle: 0 };
  windowMs = 1;
  readonly columns: Record<SumColumn, number[]>;
  /** By window, the longest time without a turn of the main thread. */
  delays: number[] = [];
  usedCoreMs = 0;
  longestDelayMs = 0;
  #userMs = 0;

  constructor(record: RunRecord) {
    this.capacity = record.workers.map(() => new Float64Array(BUCKETS));
    this.busyMs = new Float64Array(record.workers.length);
    this.runQueueMs = new Float64Array(record.rows.count);
    this.columns = Object.fromEntries(SUMS.map((id) => [id, [] as number[]])) as Record<SumColumn, number[]>;
  }

  pass(fromMs: number, toMs: number, simulation: Simulation): void {
    const ms = toMs - fromMs;
    const { cores, loops, line, main } = simulation;
    this.usedCoreMs += ms * cores.active * cores.share;
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
    this.#curve(fromMs, toMs, {
      ...{ queued: line.size, held: simulation.held, unsettled: simulation.unsettled, workersUp: up, workersBusy: busy },
      ...{ parentLoop: main.job === undefined ? 0 : 1, workerLoop: up === 0 ? 0 : active / up, gc: gc / ms },
    });
  }

  /** @returns time of collectors */
  #worker({ loops, cores, line, rows, held, unsettled }: Simulation, worker: number, ms: number): number {
    const buckets = this.capacity[worker]!;
    const row = loops.row[worker] ?? 0;
    const kind = loops.loop[worker];
    const add = (id: CapacityId, spent: number) => (buckets[AT[id]]! += spent);
    if (kind === LOOP.decode) add('decode', ms);
    else if (kind === LOOP.reply) add('encode', ms);
    else if (kind === LOOP.block) add('offCpu', ms);
    else if (kind === LOOP.run) {
      const gc = (rows.gc[row] ?? 0) / Math.max(1e-9, (rows.gc[row] ?? 0) + (rows.cpu[row] ?? 0));
      const on = ms * cores.share;
      add('gc', on * gc);
      add('cpu', on * (1 - gc));
      add('runQueue', ms - on);
      this.runQueueMs[row]! += ms - on;
      return on * gc;
    } else if ((loops.running[worker] ?? 0) > 0) add('loopIdle', ms);
    else if ((loops.load[worker] ?? 0) > 0) add('other', ms);
    else if (loops.isUp[worker] === 0) add('boot', ms);
    else if (line.size > 0) add('starved', ms);
    else if (held > 0 && held === unsettled) add('limited', ms);
    else if (unsettled > 0) add('notParallel', ms);
    else add('noWork', ms);
    return 0;
  }

  #curve(fromMs: number, toMs: number, values: Record<SumColumn, number>): void {
    while (toMs / this.windowMs > MOST_WINDOWS) this.#join();
    for (let at = fromMs; at < toMs; ) {
      const window = Math.floor(at / this.windowMs + 1e-9);
      const end = Math.min(toMs, (window + 1) * this.windowMs);
      for (const id of SUMS) {
        const column = this.columns[id];
        while (column.length <= window) column.push(0);
        column[window]! += values[id] * (end - at);
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
    for (const id of SUMS) this.columns[id] = joined(this.columns[id], (a, b) => a + b);
    this.delays = joined(this.delays, Math.max);
  }
}
