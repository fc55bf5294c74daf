import { formatCount } from '@millpond/core/internal';
import { formatMs, formatName, formatPath, formatShare } from '../format/units.js';
import type { PoolReport } from '../model/pool-report.js';
import type { ReportData } from '../model/report-data.js';

/** From here on, the part of the time without a name is worth a line. */
const MUCH_UNATTRIBUTED = 0.05;
const LARGE_LITTLE_ERROR = 0.02;
const MOST_LINES = 30;

/** What must be known to judge the numbers, one text each. Empty if there is nothing to say. */
export function qualityWords(report: ReportData): string[] {
  const { quality, muted, run } = report;
  const { clockAnomalies, profilerMs, littleError } = quality;
  const lines = [
    ...quality.dropped
      .filter(({ count }) => count > 0)
      .map(({ what, count, why }) => `${what}: ${formatCount(count)} dropped (${why})`),
    // Frames are read while the write call is still returning, so microseconds are normal.
    ...(clockAnomalies.maxMs > 1
      ? [`stamps out of order: ${tries(clockAnomalies.tries)}, moved by at most ${formatMs(clockAnomalies.maxMs)}`]
      : []),
    ...(quality.unattributedShare > MUCH_UNATTRIBUTED
      ? [`${formatShare(quality.unattributedShare)} of the time could not be attributed`]
      : []),
    ...(littleError !== null && littleError > LARGE_LITTLE_ERROR
      ? [`tasks in flight, rate and latency disagree by ${formatShare(littleError)}: events were lost`]
      : []),
    ...(profilerMs.parent + profilerMs.workers > 0
      ? [
          `the profiler took ${formatMs(profilerMs.parent)} of the main thread and ${formatMs(profilerMs.workers)} of the workers`,
        ]
      : []),
    ...(run.otherCores !== null && run.otherCores >= 0.5
      ? [`other programs used ${run.otherCores.toFixed(1)} of ${formatCount(run.cores)} cores`]
      : []),
    ...report.pools.flatMap((pool) => poolWords(pool).map((text) => ofPool(report, pool, text))),
    ...report.parent.open.map((path) => `section "${formatPath(path)}" of the program was still open`),
    ...muted.map(({ id, count }) => `muted: ${id}, ${formatCount(count)} left out`),
    ...quality.missing.map((what) => `not measured here: ${what}`),
    ...quality.remarks,
  ];
  const more = lines.length - MOST_LINES;
  return more > 0 ? [...lines.slice(0, MOST_LINES), `… and ${formatCount(more)} more, in the JSON report`] : lines;
}

function poolWords({ atEnd, byTask, foldedWorkers, spans }: PoolReport): string[] {
  const lines: string[] = [];
  const incomplete = byTask.reduce((sum, task) => sum + task.incomplete.count, 0);
  if (incomplete > 0) lines.push(`${tries(incomplete)} did not come back: what workers did for them is in no latency`);
  if (atEnd.queued + atEnd.dispatched > 0) {
    lines.push(`tasks not settled: ${formatCount(atEnd.dispatched)} dispatched, ${formatCount(atEnd.queued)} queued`);
  }
  if (spans !== undefined && spans.kept < spans.of) {
    lines.push(
      `single tries: ${formatCount(spans.kept)} of ${formatCount(spans.of)} were kept; pictures come from them, totals do not`,
    );
  }
  const gone = foldedWorkers.workers;
  if (gone > 0) {
    lines.push(
      `workers: ${formatCount(gone)} that exited ${gone === 1 ? 'has' : 'have'} no row; totals count ${gone === 1 ? 'it' : 'them'} all the same`,
    );
  }
  return lines;
}

function ofPool({ pools }: ReportData, pool: PoolReport, text: string): string {
  return pools.length === 1 ? text : `pool "${formatName(pool.name)}": ${text}`;
}

function tries(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'try' : 'tries'}`;
}
