import { formatCount, plural } from '@millpond/core/internal';
import { formatMs, formatName, formatRate, formatShare } from '../../format/units.js';
import type { PoolReport } from '../../model/pool-report.js';
import type { ReportData } from '../../model/report-data.js';
import { facts, type Page } from './page.js';

/** One line for each pool: what it is, what it did, and how far the measurements reach. */
export function headLines(report: ReportData, page: Page): string[] {
  const { run, quality, pools } = report;
  const end = [`node ${run.node}`, `level ${run.level}`];
  if (pools.length === 0) return facts(page, ['no pool attached', formatMs(run.wallMs), ...end]);
  const dropped = quality.dropped.reduce((sum, { count }) => sum + count, 0);
  const worth = [`dropped ${formatCount(dropped)}`, `unattributed ${formatShare(quality.unattributedShare)}`];
  return pools.flatMap((pool) => facts(page, [...poolFacts(pool), ...end, ...worth]));
}

/** Also the head of other outputs. */
export function poolFacts(pool: PoolReport): string[] {
  // Only if it was idle for a good part, the time in use is worth a word of its own.
  const wasIdle = pool.activeMs > 0 && pool.activeMs < 0.8 * pool.wallMs;
  const retries = `${formatCount(pool.retries)} ${pool.retries === 1 ? 'retry' : 'retries'}`;
  return [
    `pool "${formatName(pool.name)}"`,
    `${pool.kind} × ${pool.peakWorkers}`,
    formatMs(pool.wallMs) + (wasIdle ? ` (in use for ${formatMs(pool.activeMs)})` : ''),
    pool.tasks === 1 ? plural(1, 'task') : `${formatCount(pool.tasks)} tasks`,
    pool.retries > 0 ? retries : '',
    formatRate(pool.tasksPerSecond),
    `utilization ${formatShare(pool.utilization)}`,
  ].filter((fact) => fact !== '');
}
