import { formatCount } from '@millpond/core/internal';
import { formatOutcomes } from '../format/outcomes.js';
import { columns, table } from '../format/table.js';
import { formatMs, formatName, formatPath, formatShare } from '../format/units.js';
import type { DurationStats, PoolReport, SectionReport, SlowTry, TaskReport } from '../snapshot/report-data.js';

/** Most rows of one table; the JSON report has all. */
export const MAX_ROWS = 20;

const TASK_COLUMNS = columns(['', 'mean', 'p50', 'p90', 'p99', 'max', 'share']);
const WORKER_COLUMNS = columns(['', 'tasks', 'failed', 'up', 'busy', 'utilization', 'boot']);
const SECTION_COLUMNS = columns([
  'section',
  'count',
  'total',
  'self',
  'share',
  'mean',
  'min',
  'max',
  'p50',
  'p90',
  'p99',
]);
const WORKER_SECTION_COLUMNS = columns(
  ['section', 'task', 'count', 'total', 'self', 'share', 'mean', 'min', 'max', 'p50', 'p90', 'p99'],
  2,
);
const SLOWEST_COLUMNS = columns(['task', 'id', 'worker', 'latency', 'queue', 'way in', 'execution', 'way out']);

/** One task name: its outcomes, then its latency split into segments. */
export function taskLines(task: TaskReport): string[] {
  const { segments, incomplete } = task;
  const title = `  "${formatName(task.task)}": ${formatCount(task.tries)} ${task.tries === 1 ? 'try' : 'tries'}, ${formatOutcomes(task.outcomes)}`;
  const rows = [
    segmentRow('queue wait', segments.queueWait),
    ...(task.limitWait.totalMs > 0 ? [segmentRow('  for limits', task.limitWait)] : []),
    segmentRow('way in', task.wayIn),
    segmentRow('  encode', segments.encode),
    segmentRow('  transport', segments.transportIn),
    segmentRow('  decode', segments.decode),
    segmentRow('  wait in worker', segments.workerWait),
    segmentRow('execution', segments.execution),
    segmentRow('way out', task.wayOut),
    segmentRow('  wait, encode', segments.reply),
    segmentRow('  transport', segments.transportOut),
    segmentRow('  decode, settle', segments.settle),
    segmentRow('latency', { ...task.latency, share: task.latency.totalMs > 0 ? 1 : 0 }),
  ];
  const apart = incomplete.count === 0 ? [] : [`    apart: ${incompleteLine(task)}`];
  return [title, ...(task.latency.count > 0 ? table(TASK_COLUMNS, rows, '    ') : []), ...apart];
}

export function workerLines(pool: PoolReport): string[] {
  const shown = pool.workers.slice(0, MAX_ROWS);
  if (shown.length === 0) return [];
  const rows = shown.map((worker) => [
    `worker ${worker.workerId}${worker.exited ? ' (exited)' : ''}`,
    formatCount(worker.tasks),
    formatCount(worker.failed),
    formatMs(worker.upMs),
    formatMs(worker.busyMs),
    formatShare(worker.utilization),
    worker.bootMs === null ? 'before' : formatMs(worker.bootMs),
  ]);
  return [...table(WORKER_COLUMNS, rows), ...more(pool.workers.length)];
}

export function sectionLines(sections: readonly (SectionReport & { task?: string })[]): string[] {
  const shown = sections.slice(0, MAX_ROWS);
  if (shown.length === 0) return [];
  const inWorkers = shown[0]?.task !== undefined;
  const rows = shown.map((section) => [
    formatPath(section.path),
    ...(section.task === undefined ? [] : [formatName(section.task)]),
    formatCount(section.count),
    formatMs(section.totalMs),
    formatMs(section.selfMs),
    formatShare(section.share),
    ...[section.meanMs, section.minMs, section.maxMs, section.p50Ms, section.p90Ms, section.p99Ms].map(formatMs),
  ]);
  return [...table(inWorkers ? WORKER_SECTION_COLUMNS : SECTION_COLUMNS, rows), ...more(sections.length)];
}

export function slowestLines(slowest: readonly SlowTry[]): string[] {
  if (slowest.length === 0) return [];
  const rows = slowest.map(({ task, taskId, workerId, latencyMs, segments }) => [
    formatName(task),
    String(taskId),
    String(workerId),
    formatMs(latencyMs),
    formatMs(segments.queueWait),
    formatMs(segments.encode + segments.transportIn + segments.decode + segments.workerWait),
    formatMs(segments.execution),
    formatMs(segments.reply + segments.transportOut + segments.settle),
  ]);
  return table(SLOWEST_COLUMNS, rows);
}

function segmentRow(label: string, stats: DurationStats & { share: number }): string[] {
  const times = [stats.meanMs, stats.p50Ms, stats.p90Ms, stats.p99Ms, stats.maxMs];
  return [label, ...times.map(formatMs), formatShare(stats.share)];
}

function incompleteLine({ incomplete }: TaskReport): string {
  const spent = Object.values(incomplete.segments).reduce((total, segment) => total + segment.totalMs, 0);
  const queued = incomplete.segments.queueWait.totalMs;
  return (
    `${formatCount(incomplete.count)} that did not come back (${formatOutcomes(incomplete.outcomes)}); ` +
    `known of them: ${formatMs(queued)} in the queue, ${formatMs(spent - queued)} on the way`
  );
}

function more(count: number): string[] {
  return count > MAX_ROWS ? [`  … and ${formatCount(count - MAX_ROWS)} more, in the JSON report`] : [];
}
