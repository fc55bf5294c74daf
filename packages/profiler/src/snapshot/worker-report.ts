import type { WorkerLedger, WorkerRecord } from '../record/worker-ledger.js';
import type { PoolReport, WorkerReport } from './report-data.js';
import { share, sum } from './sums.js';

/** Workers as plain data, and the utilization of all of them together. */
export function workerReports(
  ledger: WorkerLedger,
  endMs: number,
): Pick<PoolReport, 'workers' | 'foldedWorkers' | 'utilization' | 'peakWorkers'> {
  const workers = Array.from(ledger.workers, (worker) => workerReport(worker, endMs)).sort(
    (a, b) => a.workerId - b.workerId,
  );
  const upMs = ledger.folded.upMs + sum(workers, (worker) => worker.upMs);
  const busyMs = ledger.folded.busyMs + sum(workers, (worker) => worker.busyMs);
  return { workers, foldedWorkers: { ...ledger.folded }, utilization: share(busyMs, upMs), peakWorkers: ledger.peak };
}

function workerReport(worker: WorkerRecord, endMs: number): WorkerReport {
  const upMs = Math.max(0, (worker.exitedMs ?? endMs) - worker.readyMs);
  // A result just after the window's end must not make a worker busier than it was up.
  const busyMs = Math.min(worker.busy.totalMs, upMs);
  return {
    workerId: worker.workerId,
    tasks: worker.tasks,
    failed: worker.failed,
    upMs,
    busyMs,
    utilization: share(busyMs, upMs),
    executionMs: worker.executionMs,
    bootMs: worker.bootMs ?? null,
    exited: worker.exitedMs !== undefined,
  };
}
