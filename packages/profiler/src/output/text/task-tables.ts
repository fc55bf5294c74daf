import { formatCount } from '@millpond/core/internal';
import { columns, table } from '../../format/table.js';
import { formatBytes, formatMs, formatName, formatNumber, formatShare } from '../../format/units.js';
import type { PoolReport } from '../../model/pool-report.js';
import type { Page } from './page.js';

/** Most rows of one table; the JSON report has all. */
export const MAX_ROWS = 20;
const MAX_SLOWEST = 5;

const TASKS = columns(['task', 'tries', 'failed', 'mean', 'p50', 'p99', 'handler', 'of all', 'slowdown', 'in', 'out']);
const WORKERS = columns(['worker', 'tasks', 'failed', 'up', 'busy', 'share', 'relative', 'start', 'gc', 'memory']);
const SLOWEST = columns(['task', 'id', 'worker', 'latency', 'queue', 'way in', 'handler', 'way out']);

export function taskLines({ byTask }: PoolReport, page: Page): string[] {
  const whole = byTask.reduce((sum, { segments }) => sum + segments.execution.totalMs, 0);
  const rows = byTask
    .slice(0, MAX_ROWS)
    .map(({ task, tries, outcomes, latency, segments, slowdown, bytesIn, bytesOut }) => [
      formatName(task),
      formatCount(tries),
      formatCount(outcomes.error + outcomes.timeout + outcomes.crash),
      formatMs(latency.meanMs),
      formatMs(latency.p50Ms),
      formatMs(latency.p99Ms),
      formatMs(segments.execution.meanMs),
      formatShare(whole > 0 ? segments.execution.totalMs / whole : 0),
      `× ${formatNumber(slowdown)}`,
      formatBytes(bytesIn.mean),
      formatBytes(bytesOut.mean),
    ]);
  return withMore(TASKS, rows, byTask.length, page);
}

export function workerLines({ workers }: PoolReport, page: Page): string[] {
  const rows = workers
    .slice(0, MAX_ROWS)
    .map((worker) => [
      `${worker.workerId}${worker.exited ? ' (exited)' : ''}`,
      formatCount(worker.tasks),
      formatCount(worker.failed),
      formatMs(worker.upMs),
      formatMs(worker.busyMs),
      formatShare(worker.utilization),
      worker.relativeTime === null ? '–' : `× ${formatNumber(worker.relativeTime)}`,
      worker.bootMs === null ? 'before' : formatMs(worker.bootMs),
      formatMs(worker.gcMs),
      worker.rssPeakBytes === null ? '–' : formatBytes(worker.rssPeakBytes),
    ]);
  return withMore(WORKERS, rows, workers.length, page);
}

export function slowestLines({ slowest }: PoolReport, page: Page): string[] {
  if (slowest.length === 0) return [];
  const rows = slowest
    .slice(0, MAX_SLOWEST)
    .map(({ task, taskId, workerId, latencyMs, segments }) => [
      formatName(task),
      String(taskId),
      String(workerId),
      formatMs(latencyMs),
      formatMs(segments.queueWait),
      formatMs(segments.encode + segments.transportIn + segments.decode + segments.workerWait),
      formatMs(segments.execution),
      formatMs(segments.reply + segments.transportOut + segments.settle),
    ]);
  return table(SLOWEST, rows, '  ', page.width);
}

/** A table, and how many rows it leaves out. */
export function withMore(
  of: Parameters<typeof table>[0],
  rows: readonly string[][],
  count: number,
  page: Page,
): string[] {
  if (rows.length === 0) return [];
  const more = count - rows.length;
  return [
    ...table(of, rows, '  ', page.width),
    ...(more > 0 ? [`  … and ${formatCount(more)} more, in the JSON report`] : []),
  ];
}
