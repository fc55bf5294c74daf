import type { IoReport } from '../model/io.js';
import type { TaskReport } from '../model/task-report.js';
import type { IoLedger } from '../record/io-ledger.js';
import { durationStats } from './durations.js';
import { share } from './sums.js';

/** Waits for something outside as plain data, the longest in sum first. */
export function ioReports(ledger: IoLedger, byTask: readonly TaskReport[]): IoReport[] {
  const executionMs = new Map(byTask.map(({ task, segments }) => [task, segments.execution.totalMs]));
  return Array.from(ledger.rows, ({ durations, openMs, ...row }) => {
    const stats = durationStats(durations);
    return {
      ...row,
      ...stats,
      openMs,
      meanConcurrency: share(stats.totalMs, openMs),
      share: share(stats.totalMs, executionMs.get(row.task) ?? 0),
    };
  }).sort((a, b) => b.totalMs - a.totalMs);
}
