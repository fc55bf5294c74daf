import { binRow, type Lane } from '../../shared/lanes.js';
import { h } from '../../shared/node.js';
import { count, digits, ms, share } from '../../shared/numbers.js';
import { clampRange } from '../../shared/scales.js';
import { colour } from '../colours.js';
import { element, fill } from '../dom.js';
import type { Page, PoolData, View } from '../page.js';
import { type Plot, Surface, timeAxis } from '../surface.js';
import { name, table } from '../tables.js';
import { EMPTY_POOL, NO_SPANS, sampleNote } from './parts.js';

const HEIGHT = 130;
const PART = 0.1;

export const tail: View = {
  id: 'tail',
  title: 'End of the run',
  why: [
    'The last 10 % of the time up to the last result. Workers that have run out of tasks wait for the slowest one: long tasks that start last make a long tail.',
    'idle in the tail = workers × time less the time in which they had a try.',
  ],
  mount(host, page) {
    const pool = page.pool;
    if (pool === undefined || pool.table === null)
      return { draw: () => fill(host, pool === undefined ? EMPTY_POOL : NO_SPANS) };
    const box = element(h('div', { class: 'canvas' }));
    const [from, end] = tailOf(pool);
    const busy = busyWorkers(pool.lanes(-1, 0), pool, from, end, 400);
    const before = busyWorkers(pool.lanes(-1, 0), pool, 0, from, 400);
    const lanes = pool.places.length;
    const facts = `${ms(from)} to ${ms(end)}: ${digits(mean(busy))} of ${count(lanes)} workers had a try on average, ${digits(mean(before))} before. Idle in the tail: ${ms((lanes - mean(busy)) * (end - from))} of worker time (${share(lanes > 0 ? 1 - mean(busy) / lanes : 0)}).`;
    fill(
      host,
      element(h('p', {}, facts)),
      box,
      h('p', { class: 'note' }, sampleNote(pool.table)),
      h('h3', {}, 'Last results'),
      lastTable(pool),
    );
    const surface = new Surface(box, 'Workers with a try in the last tenth of the run');
    surface.canvas.addEventListener('dblclick', () => zoomTo(page, from, end));
    return { draw: () => drawSteps(surface, busy, lanes, from, end) };
  },
};

function zoomTo(page: Page, from: number, end: number): void {
  const [low, high] = clampRange(from, end, page.endMs, 0);
  page.setRange(low, high);
}

function tailOf({ table: spans, endMs }: PoolData): [from: number, end: number] {
  let end = 0;
  for (const at of spans?.t[9] ?? []) if (at > end) end = at;
  if (end === 0) end = endMs;
  return [end * (1 - PART), end];
}

/** Number of workers with a try in each of `places` parts of a range. */
function busyWorkers(
  lanes: readonly Lane[],
  { table: spans }: PoolData,
  from: number,
  to: number,
  places: number,
): Float64Array {
  const busy = new Float64Array(places);
  if (spans === null || !(to > from)) return busy;
  const covered = new Float32Array(places);
  for (const { rows } of lanes) {
    covered.fill(0);
    for (const row of rows) {
      const bins = binRow(row, spans, from, to, places);
      for (let i = 0; i < bins.n; i++) {
        for (let x = bins.x[i] ?? 0; x < (bins.x[i] ?? 0) + (bins.width[i] ?? 0); x++)
          covered[x] = Math.min(1, (covered[x] ?? 0) + (bins.cover[i] ?? 0));
      }
    }
    for (let x = 0; x < places; x++) busy[x] = (busy[x] ?? 0) + (covered[x] ?? 0);
  }
  return busy;
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length;
}

function drawSteps(surface: Surface, busy: Float64Array, lanes: number, from: number, to: number): void {
  const ctx = surface.begin(HEIGHT);
  const plot: Plot = { left: 46, right: surface.width - 2, top: 8, bottom: HEIGHT - 22 };
  const height = plot.bottom - plot.top;
  const step = (plot.right - plot.left) / busy.length;
  timeAxis(ctx, plot, [from, to]);
  ctx.fillStyle = colour('c-starved');
  ctx.globalAlpha = 0.18;
  ctx.fillRect(plot.left, plot.top, plot.right - plot.left, height);
  ctx.globalAlpha = 1;
  ctx.fillStyle = colour('c-cpu');
  busy.forEach((each, i) => {
    const h = lanes > 0 ? (each / lanes) * height : 0;
    const x = Math.round(plot.left + i * step);
    ctx.fillRect(x, plot.bottom - h, Math.round(plot.left + (i + 1) * step) - x, h);
  });
  ctx.fillStyle = colour('text-2');
  ctx.textAlign = 'right';
  ctx.fillText(`${lanes}`, plot.left - 6, plot.top + 5);
  ctx.fillText('0', plot.left - 6, plot.bottom - 4);
  ctx.textAlign = 'left';
}

function lastTable(pool: PoolData): HTMLElement {
  const spans = pool.table;
  if (spans === null) return element(NO_SPANS);
  const at = (stamp: number, span: number) => spans.t[stamp]?.[span] ?? NaN;
  const last = Array.from({ length: spans.rows }, (_, span) => span)
    .filter((span) => !Number.isNaN(at(9, span)))
    .sort((a, b) => at(9, b) - at(9, a))
    .slice(0, 10);
  return table(
    [
      {
        title: 'task',
        cell: (span) => name(pool.tasks[pool.taskOf(span)] ?? ''),
        by: (span) => pool.tasks[pool.taskOf(span)] ?? '',
      },
      { title: 'worker', cell: (span) => `w${spans.workerId[span] ?? 0}`, by: (span) => spans.workerId[span] ?? 0 },
      { title: 'submitted', cell: (span) => ms(at(0, span)), by: (span) => at(0, span) },
      { title: 'began', cell: (span) => ms(at(5, span)), by: (span) => at(5, span) },
      { title: 'settled', cell: (span) => ms(at(9, span)), by: (span) => at(9, span) },
      { title: 'execution', cell: (span) => ms(at(6, span) - at(5, span)), by: (span) => at(6, span) - at(5, span) },
    ],
    last,
    'No try came back.',
  );
}
