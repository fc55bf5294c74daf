import { formatCount } from '@millpond/core/internal';
import { columns, table } from '../../format/table.js';
import { formatBytes, formatMs, formatName, formatNumber, formatShare } from '../../format/units.js';
import type { PoolReport } from '../../model/pool-report.js';
import type { Page } from './page.js';
import { MAX_ROWS, withMore } from './task-tables.js';

const IO = columns(
  ['for', 'operation', 'task', 'count', 'mean', 'p99', 'total', 'share', 'at once', 'errors', 'in', 'out'],
  3,
);
const RESOURCES = columns(['resource', 'task', 'budget', 'peak', 'wait', 'p99', 'use', 'made', 'to make'], 2);
const CACHES = columns([
  'task',
  'lookups',
  'hits',
  'share',
  'stale',
  'joined',
  'evicted',
  'a miss',
  'a look-up',
  'repeated',
]);
const BATCHES = columns(['task', 'batches', 'items', 'size', 'filled', 'wait', 'p99', 'limit', 'left by'], 1);
const DEATHS = columns(['worker', 'why', 'in section', 'at', 'lost'], 3);

/** Waits of handlers by peer and operation, most time first. */
export function ioLines({ io }: PoolReport, page: Page): string[] {
  const shown = [...io].sort((a, b) => b.totalMs - a.totalMs).slice(0, MAX_ROWS);
  const rows = shown.map((each) => [
    formatName(`${each.kind} ${each.peer}`.trim()),
    formatName(each.what === 'use' ? each.operation : `${each.what} ${each.operation}`.trim()),
    formatName(each.task),
    formatCount(each.count),
    formatMs(each.meanMs),
    formatMs(each.p99Ms),
    formatMs(each.totalMs),
    formatShare(each.share),
    formatNumber(each.meanConcurrency),
    formatCount(each.errors),
    formatBytes(each.bytesIn),
    formatBytes(each.bytesOut),
  ]);
  return withMore(IO, rows, io.length, page);
}

export function resourceLines({ resources }: PoolReport, page: Page): string[] {
  const rows = resources
    .slice(0, MAX_ROWS)
    .map((each) => [
      formatName(each.name),
      formatName(each.task),
      formatCount(each.budget),
      formatCount(each.peakInUse),
      formatMs(each.acquire.meanMs),
      formatMs(each.acquire.p99Ms),
      formatMs(each.usage.meanMs),
      formatCount(each.created),
      formatMs(each.createMs),
    ]);
  return withMore(RESOURCES, rows, resources.length, page);
}

export function cacheLines({ cache }: PoolReport, page: Page): string[] {
  const rows = cache
    .slice(0, MAX_ROWS)
    .map((each) => [
      formatName(each.task),
      formatCount(each.lookups),
      formatCount(each.hits),
      formatShare(each.lookups > 0 ? each.hits / each.lookups : 0),
      formatCount(each.stale),
      formatCount(each.coalesced),
      formatCount(each.evicted),
      formatMs(each.missMs),
      formatMs(each.lookupMs),
      each.repeatedMs === null ? '–' : formatMs(each.repeatedMs),
    ]);
  return withMore(CACHES, rows, cache.length, page);
}

export function batchLines({ batches }: PoolReport, page: Page): string[] {
  const rows = batches.slice(0, MAX_ROWS).map((each) => [
    formatName(each.task),
    formatCount(each.batches),
    formatCount(each.items),
    formatCount(each.size),
    formatShare(each.fillShare),
    formatMs(each.waitMs.meanMs),
    formatMs(each.waitMs.p99Ms),
    formatMs(each.maxWaitMs),
    formatName(
      Object.entries(each.byReason)
        .sort(([, a], [, b]) => b - a)
        .slice(0, 2)
        .map(([why, count]) => `${why} ${formatCount(count)}`)
        .join(', '),
    ),
  ]);
  return withMore(BATCHES, rows, batches.length, page);
}

export function deathLines({ deaths }: PoolReport, page: Page): string[] {
  const rows = deaths
    .slice(0, MAX_ROWS)
    .map((death) => [
      String(death.workerId),
      formatName(death.why),
      formatName(death.section),
      formatMs(death.atMs),
      formatMs(death.lostMs),
    ]);
  if (rows.length === 0) return [];
  const more = deaths.length - rows.length;
  return [
    ...table(DEATHS, rows, '  ', page.width),
    ...(more > 0 ? [`  … and ${formatCount(more)} more, in the JSON report`] : []),
  ];
}
