import { h } from '../../shared/node.js';
import { bytes, count, digits, ms, rate, share } from '../../shared/numbers.js';
import { element, fill } from '../dom.js';
import { type Line, LineChart } from '../line-chart.js';
import type { PoolData, View } from '../page.js';
import { table } from '../tables.js';
import { details, EMPTY_POOL } from './parts.js';

export const charts: View = {
  id: 'charts',
  title: 'Curves',
  why: [
    'One value a window; windows have equal lengths, and are joined in pairs while a run lasts. Curves are of the whole pool, whatever the filters say.',
    'Event loop: share of a window in which the loop was not idle. Rates: counts of a window ÷ its length.',
  ],
  mount(host, page) {
    const pool = page.pool;
    if (pool === undefined || pool.report.curves.atMs.length === 0) return { draw: () => fill(host, EMPTY_POOL) };
    const grid = element(h('div', { class: 'charts' }));
    fill(host, grid, details('Table', sums(pool)));
    const made = quantities(pool).map((quantity) => {
      const place = element(h('div', { class: 'chart' }));
      grid.append(place);
      return new LineChart(place, { ...quantity, height: 118, x: pool.report.curves.atMs, page });
    });
    return { draw: () => made.forEach((chart) => chart.draw()) };
  },
};

interface Quantity {
  title: string;
  lines: Line[];
  format(value: number): string;
  least?: number;
}

function quantities({ report: { curves } }: PoolData): Quantity[] {
  const perSecond = (values: readonly (number | null)[]) =>
    values.map((value) => (value === null ? null : (value * 1000) / curves.windowMs));
  const all: Quantity[] = [
    {
      title: 'Tasks that wait, and tasks in workers',
      lines: [
        { label: 'queued', colour: 'line-1', values: curves.queued, area: true },
        { label: 'held by limits', colour: 'line-3', values: curves.blocked },
        { label: 'unsettled', colour: 'line-2', values: curves.unsettled },
      ],
      format: digits,
    },
    {
      title: 'Workers',
      lines: [
        { label: 'up', colour: 'line-2', values: curves.workersUp, steps: true },
        { label: 'busy', colour: 'line-1', values: curves.workersBusy, area: true },
      ],
      format: digits,
    },
    {
      title: 'Tasks a second',
      lines: [
        { label: 'submitted', colour: 'line-2', values: perSecond(curves.arrived) },
        { label: 'settled', colour: 'line-1', values: perSecond(curves.settled) },
        { label: 'failed', colour: 'line-4', values: perSecond(curves.failed) },
      ],
      format: rate,
    },
    {
      title: 'Event loops: share of time active',
      lines: [
        { label: 'main thread', colour: 'line-1', values: curves.parentLoop },
        { label: 'workers', colour: 'line-2', values: curves.workerLoop },
      ],
      format: share,
      least: 1,
    },
    {
      title: 'Longest delay of the main loop',
      lines: [{ label: 'main thread', colour: 'line-1', values: curves.parentDelayMs, area: true }],
      format: ms,
    },
    {
      title: 'Pauses of the collector, per second',
      lines: [
        { label: 'workers', colour: 'line-3', values: perSecond(curves.workerGcMs) },
        { label: 'main thread', colour: 'line-1', values: perSecond(curves.parentGcMs) },
      ],
      format: ms,
    },
    {
      title: 'Memory',
      lines: [
        { label: 'workers rss', colour: 'line-1', values: curves.workerRssBytes },
        { label: 'workers heap', colour: 'line-2', values: curves.workerHeapBytes },
        { label: 'main rss', colour: 'line-3', values: curves.parentRssBytes },
        { label: 'main heap', colour: 'line-5', values: curves.parentHeapBytes },
      ],
      format: bytes,
    },
    {
      title: 'Bytes a second',
      lines: [
        { label: 'inputs', colour: 'line-1', values: perSecond(curves.bytesIn) },
        { label: 'results', colour: 'line-2', values: perSecond(curves.bytesOut) },
      ],
      format: (value) => `${bytes(value)}/s`,
    },
  ];
  // A chart without a single reading would be an empty frame.
  return all.filter(({ lines }) => lines.some(({ values }) => values.some((value) => value !== null)));
}

function sums(pool: PoolData): HTMLElement {
  const { windowMs } = pool.report.curves;
  const rows = quantities(pool).flatMap(({ title, lines, format }) =>
    lines.map(({ label, values }) => {
      const known = values.filter((value) => value !== null);
      const mean = known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
      return {
        title,
        label,
        format,
        mean,
        most: known.reduce((most, value) => Math.max(most, value), 0),
        windows: known.length,
      };
    }),
  );
  return table(
    [
      { title: 'curve', cell: (row) => row.title },
      { title: 'of', cell: (row) => row.label },
      { title: 'mean', cell: (row) => (row.mean === null ? '–' : row.format(row.mean)) },
      { title: 'largest', cell: (row) => (row.mean === null ? '–' : row.format(row.most)) },
      { title: `windows of ${ms(windowMs)}`, cell: (row) => count(row.windows), by: (row) => row.windows },
    ],
    rows,
    'No readings.',
  );
}
