import { type Capacity, CAPACITY_IDS } from '../model/ledgers.js';
import type { PoolReport } from '../model/pool-report.js';
import type { WorkerReport } from '../model/worker-report.js';
import { noCapacity, workerCapacity } from '../record/worker-capacity.js';
import type { WorkerLedger } from '../record/worker-ledger.js';
import type { WorkerRecord } from '../record/worker-record.js';
import { heapFloor } from './heap-floor.js';
import { share, sum } from './sums.js';

/** Tries from which on the speed of a worker can be compared. */
const ENOUGH_TRIES = 20;

type Part = Pick<PoolReport, 'workers' | 'foldedWorkers' | 'utilization' | 'peakWorkers' | 'capacity'>;

/** Workers as plain data, and the capacity of all of them together. @param meansMs mean execution of each task name in all workers */
export function workerReports(ledger: WorkerLedger, endMs: number, meansMs: ReadonlyMap<string, number>): Part {
  const records = [...ledger.workers];
  const workers = records.map((worker) => workerReport(worker, endMs, meansMs)).sort((a, b) => a.workerId - b.workerId);
  const { folded } = ledger;
  const upMs = folded.upMs + sum(workers, (worker) => worker.upMs);
  const busyMs = folded.busyMs + sum(workers, (worker) => worker.busyMs);
  const { executionByEnd: foldedEnds, ...foldedWorkers } = folded;
  const totals = addCapacities([folded.capacity, ...workers.map(({ capacity }) => capacity)]);
  totals.down = ledger.downMs(endMs);
  const sumOfAll = sum(CAPACITY_IDS, (id) => totals[id]);
  const bootMs = folded.capacity.boot + sum(records, (record) => record.times(endMs).bootMs);
  const wantedMs = upMs + bootMs + totals.down;
  // Tries overlap where several run in one worker. Each then counts for its part of the time.
  const executionMs =
    folded.executionMs + sum(records, (record) => sum(Object.values(record.executionByEnd), (ms) => ms));
  const scale = share(busyMs, executionMs);
  const ends = { ...foldedEnds };
  for (const record of records) {
    for (const end of Object.keys(ends) as (keyof typeof ends)[]) ends[end] += record.executionByEnd[end];
  }
  for (const end of Object.keys(ends) as (keyof typeof ends)[]) ends[end] *= scale;
  return {
    workers,
    foldedWorkers: { ...foldedWorkers, capacity: { ...folded.capacity } },
    utilization: share(busyMs, upMs),
    peakWorkers: ledger.peak,
    capacity: { wantedMs, upMs, totals, executionByEnd: ends, residueMs: Math.abs(sumOfAll - wantedMs) },
  };
}

function addCapacities(all: readonly Capacity[]): Capacity {
  const together = noCapacity();
  for (const each of all) for (const id of CAPACITY_IDS) together[id] += each[id];
  return together;
}

/** Execution of its tries ÷ what they would take in a worker like all. Null with too few of them. */
function relativeTime({ byTask, tasks }: WorkerRecord, meansMs: ReadonlyMap<string, number>): number | null {
  if (tasks < ENOUGH_TRIES) return null;
  const known = [...byTask.entries()].filter(([task]) => meansMs.has(task));
  const usualMs = sum(known, ([task, { count }]) => count * (meansMs.get(task) ?? 0));
  return usualMs > 0 ? sum(known, ([, { totalMs }]) => totalMs) / usualMs : null;
}

function workerReport(worker: WorkerRecord, endMs: number, meansMs: ReadonlyMap<string, number>): WorkerReport {
  const times = worker.times(endMs);
  const { usage } = worker;
  return {
    workerId: worker.workerId,
    slot: worker.slot,
    tasks: worker.tasks,
    failed: worker.failed,
    upMs: times.upMs,
    busyMs: times.handlingMs,
    utilization: share(times.handlingMs, times.upMs),
    executionMs: worker.executionMs,
    bootMs: worker.bootMs ?? null,
    exited: worker.exitedMs !== undefined,
    why: worker.why,
    capacity: workerCapacity(times),
    relativeTime: relativeTime(worker, meansMs),
    byTask: Array.from(worker.byTask.entries(), ([task, { count, totalMs, medianMs }]) => ({
      task,
      count,
      totalMs,
      medianMs,
    })),
    gcMs: usage?.gcMs ?? 0,
    gcCount: usage?.gcCount ?? 0,
    gcWorstSecondMs: worker.gcWorstSecondMs,
    loopDelayMaxMs: worker.loopDelayMaxMs,
    allocatedBytes: usage?.allocatedBytes ?? 0,
    heapPeakBytes: usage === undefined ? null : worker.peaks.heapBytes,
    heapLimitBytes: usage?.heapLimitBytes ?? null,
    rssPeakBytes: usage === undefined ? null : worker.peaks.rssBytes,
    cpuMs: usage?.cpuMs ?? null,
    processCpuMs: usage?.processCpuMs ?? null,
    heapFloor: heapFloor(worker.floors),
    firstTasksMs: [...worker.firstTasksMs],
  };
}
