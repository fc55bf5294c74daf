import type { HeatGrid } from '../../shared/heat-bins.js';
import { h } from '../../shared/node.js';
import { count, ms } from '../../shared/numbers.js';
import { logTicks } from '../../shared/scales.js';
import { brush } from '../brush.js';
import { colour } from '../colours.js';
import { element, fill } from '../dom.js';
import type { Page, PoolData, View } from '../page.js';
import { type Plot, Surface, timeAxis } from '../surface.js';
import { name, table } from '../tables.js';
import { tooltip } from '../tooltip.js';
import { details, EMPTY_POOL, NO_SPANS, sampleNote, shownTasks } from './parts.js';

const HEIGHT = 150;

export const heatmap: View = {
  id: 'heatmap',
  title: 'Latency over time',
  why: [
    'Each cell counts tries of a window whose latency lies in a row; rows are equal steps of the logarithm. Darker is more, on a scale of square roots.',
    'Counts come from the whole run where the report has them, and otherwise from the kept tries, each with the number that it stands for.',
  ],
  mount(host, page) {
    const pool = page.pool;
    if (pool === undefined) return { draw: () => fill(host, EMPTY_POOL) };
    let maps: { task: number; draw(): void }[] = [];
    return {
      draw() {
        const wanted = shownTasks(pool, page.store.state.task, 4).filter((task) => pool.grid(task) !== undefined);
        if (wanted.length === 0) return fill(host, NO_SPANS);
        if (wanted.join() !== maps.map(({ task }) => task).join()) {
          const halves = element(h('div', { class: 'halves' }));
          maps = wanted.map((task) => oneMap(halves, page, pool, task));
          const isExact = wanted.every((task) => pool.report.heatmaps.some((map) => map.task === pool.tasks[task]));
          const note = isExact || pool.table === null ? 'Counts of all tries.' : sampleNote(pool.table);
          fill(host, halves, h('p', { class: 'note' }, note), details('Table', rowsTable(pool, wanted)));
        }
        maps.forEach((map) => map.draw());
      },
    };
  },
};

function oneMap(halves: HTMLElement, page: Page, pool: PoolData, task: number) {
  const figure = element(h('figure', { class: 'half' }, h('figcaption', {}, name(pool.tasks[task] ?? ''))));
  const box = element(h('div', { class: 'canvas' }));
  figure.append(box);
  halves.append(figure);
  const surface = new Surface(box, `Latency of ${pool.tasks[task] ?? ''} over time`);
  const grid = pool.grid(task) as HeatGrid;
  let plot: Plot = { left: 58, right: 0, top: 4, bottom: HEIGHT - 22 };
  brush(
    surface.canvas,
    page,
    () => plot,
    () => page.range,
  );
  surface.canvas.addEventListener('pointerleave', () => tooltip(null));
  surface.canvas.addEventListener('pointermove', (event) => {
    const bounds = surface.canvas.getBoundingClientRect();
    const cell = cellAt(grid, plot, page.range, event.clientX - bounds.left, event.clientY - bounds.top);
    if (cell === undefined || event.buttons !== 0) return tooltip(null);
    tooltip(event, `${count(cell.count)} tries of ${ms(cell.low)} to ${ms(cell.high)}, at ${ms(cell.at)}`);
  });
  return {
    task,
    draw() {
      const ctx = surface.begin(HEIGHT);
      plot = { ...plot, right: surface.width - 2 };
      timeAxis(ctx, plot, page.range);
      drawCells(ctx, grid, plot, page.range);
    },
  };
}

function extent({ bounds }: HeatGrid): [low: number, high: number] {
  const high = bounds.at(-1) ?? 1;
  return [Math.max(bounds.find((bound) => bound > 0) ?? 0.001, high / 1e9), high];
}

function drawCells(
  ctx: CanvasRenderingContext2D,
  grid: HeatGrid,
  plot: Plot,
  [from, to]: readonly [number, number],
): void {
  const [low, high] = extent(grid);
  const rows = grid.bounds.length - 1;
  const y = (latency: number) =>
    plot.bottom - (Math.log(Math.max(low, latency) / low) / Math.log(high / low)) * (plot.bottom - plot.top);
  const x = (at: number) => plot.left + ((at - from) / (to - from)) * (plot.right - plot.left);
  ctx.fillStyle = colour('text-2');
  ctx.textAlign = 'right';
  const labels = logTicks(low, high, 6);
  for (const tick of labels.length > 1 ? labels : [low, high])
    ctx.fillText(ms(tick), plot.left - 6, Math.min(plot.bottom - 5, Math.max(plot.top + 5, y(tick))));
  ctx.textAlign = 'left';
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.left, plot.top, plot.right - plot.left, plot.bottom - plot.top);
  ctx.clip();
  ctx.fillStyle = colour('c-cpu');
  const first = Math.max(0, Math.floor(from / grid.windowMs));
  for (let window = first; window < grid.windows && window * grid.windowMs < to; window++) {
    const x0 = Math.floor(x(window * grid.windowMs));
    const x1 = Math.max(x0 + 1, Math.floor(x((window + 1) * grid.windowMs)));
    for (let row = 0; row < rows; row++) {
      const cells = grid.counts[window * rows + row] ?? 0;
      if (cells === 0) continue;
      const top = Math.floor(y(grid.bounds[row + 1] ?? 0));
      ctx.globalAlpha = 0.12 + 0.88 * Math.sqrt(cells / grid.largest);
      ctx.fillRect(x0, top, x1 - x0, Math.max(1, Math.floor(y(grid.bounds[row] ?? 0)) - top));
    }
  }
  ctx.restore();
}

function cellAt(grid: HeatGrid, plot: Plot, [from, to]: readonly [number, number], px: number, py: number) {
  if (px < plot.left || px > plot.right || py < plot.top || py > plot.bottom) return undefined;
  const [low, high] = extent(grid);
  const at = from + ((px - plot.left) / (plot.right - plot.left)) * (to - from);
  const latency = low * (high / low) ** ((plot.bottom - py) / (plot.bottom - plot.top));
  const rows = grid.bounds.length - 1;
  const row = grid.bounds.findIndex((bound, i) => i < rows && latency >= bound && latency < (grid.bounds[i + 1] ?? 0));
  const window = Math.floor(at / grid.windowMs);
  if (row < 0 || window < 0 || window >= grid.windows) return undefined;
  return {
    at,
    low: grid.bounds[row] ?? 0,
    high: grid.bounds[row + 1] ?? 0,
    count: grid.counts[window * rows + row] ?? 0,
  };
}

function rowsTable(pool: PoolData, tasks: readonly number[]): HTMLElement {
  const rows = tasks.flatMap((task) => {
    const grid = pool.grid(task);
    if (grid === undefined) return [];
    const n = grid.bounds.length - 1;
    return Array.from({ length: n }, (_, row) => {
      let sum = 0;
      for (let window = 0; window < grid.windows; window++) sum += grid.counts[window * n + row] ?? 0;
      return { task: pool.tasks[task] ?? '', low: grid.bounds[row] ?? 0, high: grid.bounds[row + 1] ?? 0, sum };
    }).filter(({ sum }) => sum > 0);
  });
  return table(
    [
      { title: 'task', cell: (row) => name(row.task), by: (row) => row.task },
      { title: 'latency from', cell: (row) => ms(row.low), by: (row) => row.low },
      { title: 'to', cell: (row) => ms(row.high), by: (row) => row.high },
      { title: 'tries', cell: (row) => count(row.sum), by: (row) => row.sum },
    ],
    rows,
    'No tries.',
  );
}
