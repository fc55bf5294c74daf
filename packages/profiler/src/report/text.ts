import type { PoolKind } from '@millpond/core';
import { formatCount } from '@millpond/core/internal';
import { formatMs, formatName, formatPath, formatRate, formatShare } from '../format/units.js';
import type { PoolReport, ReportData } from '../snapshot/report-data.js';
import { sum } from '../snapshot/sums.js';
import { MAX_ROWS, sectionLines, slowestLines, taskLines, workerLines } from './tables.js';

/** A whole report for the terminal. */
export function renderText(data: ReportData): string {
  const blocks = [
    [...headLines(data), `Main bottleneck: ${data.firstBottleneck.sentence}`],
    ...data.pools.map((pool) => timeLines(data, pool)),
    ...data.pools.map((pool) => titled(of(data, pool, 'Workers'), workerLines(pool))),
    ...data.pools.map((pool) =>
      titled(of(data, pool, 'Sections in workers (share of the execution of their task)'), sectionLines(pool.sections)),
    ),
    titled('Sections in the parent (share of all self time there)', sectionLines(data.parent.sections)),
    ...data.pools.map((pool) => titled(of(data, pool, 'Slowest tries'), slowestLines(pool.slowest ?? []))),
    titled('Notes', notes(data)),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headLines(data: ReportData): string[] {
  const end = [`node ${data.node}`, `level ${data.level}`];
  if (data.pools.length === 0) return [['no pool attached', formatMs(data.wallMs), ...end].join(' · ')];
  return data.pools.map((pool) => [...poolFacts(pool), ...end].join(' · '));
}

function poolFacts(pool: PoolReport): string[] {
  return [
    `pool "${formatName(pool.name)}"`,
    `${pool.kind} × ${pool.peakWorkers}`,
    // Only if it was idle for a good part, the time in use is worth a line of its own.
    formatMs(pool.wallMs) +
      (pool.activeMs > 0 && pool.activeMs < 0.8 * pool.wallMs ? ` (in use for ${formatMs(pool.activeMs)})` : ''),
    `${formatCount(pool.tasks)} ${pool.tasks === 1 ? 'task' : 'tasks'}${pool.retries > 0 ? ` and ${formatCount(pool.retries)} ${pool.retries === 1 ? 'retry' : 'retries'}` : ''}`,
    formatRate(pool.tasksPerSecond),
    `utilization ${formatShare(pool.utilization)}`,
  ];
}

const TIME_TITLE = 'Where the time of a task went';
const TIME_TITLES: Record<PoolKind, string> = {
  process: TIME_TITLE,
  thread: TIME_TITLE,
  inline: `${TIME_TITLE} (in the parent itself)`,
};

function timeLines(data: ReportData, pool: PoolReport): string[] {
  const shown = pool.byTask.slice(0, MAX_ROWS);
  const more = pool.byTask.length - shown.length;
  return [
    ...titled(of(data, pool, TIME_TITLES[pool.kind]), shown.flatMap(taskLines)),
    ...(more > 0
      ? [`  … and ${formatCount(more)} more task ${more === 1 ? 'name' : 'names'}, in the JSON report`]
      : []),
  ];
}

/** Everything that was left out or is uncertain, so that nothing is hidden. */
function notes(data: ReportData): string[] {
  return [
    ...data.pools.flatMap((pool) => poolNotes(pool).map((line) => `  ${of(data, pool, line)}`)),
    ...data.parent.open.map((path) => `  section "${formatPath(path)}" of the parent was still open`),
  ];
}

function poolNotes({ atEnd, byTask, clockDisorder, traces, foldedWorkers }: PoolReport): string[] {
  const lines: string[] = [];
  const incomplete = sum(byTask, (task) => task.incomplete.count);
  if (incomplete > 0) {
    lines.push(
      `tries that did not come back: ${formatCount(incomplete)}; what workers did for them is in no busy time`,
    );
  }
  if (atEnd.queued + atEnd.dispatched > 0) {
    lines.push(`tasks not settled: ${formatCount(atEnd.dispatched)} dispatched, ${formatCount(atEnd.queued)} queued`);
  }
  // Frames are read while the write call is still returning, so microseconds are normal.
  if (clockDisorder.maxMs > 1) {
    lines.push(
      `stamps out of order: ${formatCount(clockDisorder.tries)} ${clockDisorder.tries === 1 ? 'try' : 'tries'}, moved by at most ${formatMs(clockDisorder.maxMs)}`,
    );
  }
  if (traces !== undefined && traces.dropped > 0) {
    lines.push(
      `traces: the latest ${formatCount(traces.kept)} tries were kept, ${formatCount(traces.dropped)} dropped`,
    );
  }
  const gone = foldedWorkers.workers;
  if (gone > 0)
    lines.push(
      `workers: ${formatCount(gone)} that exited ${gone === 1 ? 'has' : 'have'} no row; utilization counts ${gone === 1 ? 'it' : 'them'} all the same`,
    );
  return lines;
}

/** A title with its lines, or nothing if there are none. */
function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

/** Names the pool if there is more than one. */
function of(data: ReportData, pool: PoolReport, title: string): string {
  return data.pools.length === 1 ? title : `pool "${formatName(pool.name)}": ${title}`;
}
