import { formatCount } from '@millpond/core/internal';
import { CAPACITY_LABELS } from '../../format/labels.js';
import { formatMs, formatRate, formatShare } from '../../format/units.js';
import { padTo } from '../../format/width.js';
import { CAPACITY_IDS } from '../../model/ledgers.js';
import type { PoolReport } from '../../model/pool-report.js';
import type { ParentReport } from '../../model/report-data.js';
import { bar, facts, type Page } from './page.js';

/** Parts below this share the last line. */
const LEAST_SHARE = 0.005;
const MOST_BAR = 40;

/** The time of all workers as blocks, largest part first. */
export function capacityLines({ capacity, peakWorkers, loops, wallMs }: PoolReport, page: Page): string[] {
  const { wantedMs, totals } = capacity;
  if (wantedMs <= 0) return [];
  const parts = CAPACITY_IDS.map((id) => ({ label: CAPACITY_LABELS[id], ms: totals[id] }))
    .filter(({ ms }) => ms > 0)
    .sort((a, b) => b.ms - a.ms);
  const shown = parts.filter(({ ms }) => ms / wantedMs >= LEAST_SHARE);
  const rest = parts.slice(shown.length).reduce((sum, { ms }) => sum + ms, 0);
  const rows = rest > 0 ? [...shown, { label: 'all else', ms: rest }] : shown;
  const labels = Math.max(...rows.map(({ label }) => label.length), 0);
  const columns = Math.min(MOST_BAR, Math.max(0, page.width - labels - 23));
  return [
    `  ${formatMs(wantedMs)} of at most ${formatCount(peakWorkers)} ${peakWorkers === 1 ? 'worker' : 'workers'}`,
    ...rows.map(({ label, ms }) =>
      `  ${padTo(label, labels, 'left')}  ${padTo(formatShare(ms / wantedMs), 6, 'right')}  ${padTo(formatMs(ms), 7, 'right')}  ${bar(ms / wantedMs, columns)}`.trimEnd(),
    ),
    ...loopLines(loops, wallMs, page),
  ];
}

/** What the program's loops over `map` took, where that is much. */
function loopLines({ sourceMs, readerMs }: PoolReport['loops'], wallMs: number, page: Page): string[] {
  const told = [
    readerMs >= 0.1 * wallMs ? `the bodies of loops over results took ${formatMs(readerMs)}` : '',
    sourceMs >= 0.1 * wallMs ? `sources of inputs took ${formatMs(sourceMs)}` : '',
  ].filter((text) => text !== '');
  return told.length === 0 ? [] : facts(page, [`in the program, ${told.join(', ')}`], '  ');
}

/** Where the main thread spent its time, and at which rate it would be the limit. */
export function dispatcherLines({ ledger, busyShare }: ParentReport, page: Page): string[] {
  const { wallMs } = ledger;
  if (wallMs <= 0) return [];
  const part = (name: string, ms: number) => (ms / wallMs >= 0.0005 ? `${name} ${formatShare(ms / wallMs)}` : '');
  return facts(
    page,
    [
      `busy ${formatShare(busyShare)}`,
      part('own code', ledger.userMs),
      part('encodes inputs', ledger.encodeMs),
      part('decodes results', ledger.decodeMs),
      part('dispatches', ledger.dispatchMs),
      part('collects garbage', ledger.gcMs),
      part('profiler', ledger.profilerMs),
      part('unattributed', ledger.unattributedMs),
      ledger.loopDelayMaxMs > 0 ? `longest delay ${formatMs(ledger.loopDelayMaxMs)}` : '',
      ledger.ceilingPerSecond > 0 ? `would be the limit at ${formatRate(ledger.ceilingPerSecond)}` : '',
      ledger.workersAtCeiling > 0 ? `or at ${formatCount(Math.floor(ledger.workersAtCeiling))} workers` : '',
    ],
    '  ',
  );
}
