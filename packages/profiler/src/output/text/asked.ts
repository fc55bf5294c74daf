import { formatCount } from '@millpond/core/internal';
import { formatBytes, formatNumber } from '../../format/units.js';
import type { PoolReport } from '../../model/pool-report.js';
import { facts, type Page } from './page.js';

/** Limits and numbers that were asked for, against what was used. */
export function askedLines({ asked, tasks }: PoolReport, page: Page): string[] {
  if (tasks === 0) return [];
  const { workers, concurrency, heap, memory, cores, queue } = asked;
  const range =
    workers.min === workers.max
      ? formatCount(workers.max)
      : `${formatCount(workers.min)} to ${formatCount(workers.max)}`;
  return facts(
    page,
    [
      `workers ${range}, busy ${formatNumber(workers.meanBusy)}`,
      `concurrency ${formatNumber(concurrency.now)}, running ${formatNumber(concurrency.meanRunning)}`,
      `prefetch ${asked.prefetch.value}`,
      coresText(cores),
      bounded('heap of a worker', heap.limitBytes, heap.peakBytes),
      bounded('memory', memory.limitBytes, memory.peakBytes),
      queue.peak > 0
        ? `queue ${queue.max === null ? 'without limit' : formatCount(queue.max)}, peak ${formatCount(queue.peak)}`
        : '',
      queue.refused > 0
        ? `${formatCount(queue.refused)} ${queue.refused === 1 ? 'call' : 'calls'} refused, as it was full`
        : '',
    ],
    '  ',
  );
}

function coresText({ available, meanUsed, meanNative }: PoolReport['asked']['cores']): string {
  if (meanUsed === null) return '';
  const native = (meanNative ?? 0) < 0.1 ? '' : ` and ${formatNumber(meanNative ?? 0)} by native threads`;
  return `cores ${formatCount(available)}, used ${formatNumber(meanUsed)}${native}`;
}

function bounded(what: string, limit: number | null, peak: number | null): string {
  if (peak === null) return '';
  return limit === null
    ? `${what} peak ${formatBytes(peak)}`
    : `${what} ${formatBytes(limit)}, peak ${formatBytes(peak)}`;
}
