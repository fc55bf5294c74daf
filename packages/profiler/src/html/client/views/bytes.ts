import type { TaskReport } from '../../../model/task-report.js';
import { h } from '../../shared/node.js';
import { bytes as inBytes, digits, ms, share } from '../../shared/numbers.js';
import type { SpanTable } from '../../shared/span-table.js';
import { colour, taskColour } from '../colours.js';
import { element, fill } from '../dom.js';
import type { Page, PoolData, View } from '../page.js';
import { type Plot, Surface } from '../surface.js';
import { name, table } from '../tables.js';
import { type Axis, curve, drawAxes, placeOn } from '../xy-plot.js';
import { details, EMPTY_POOL, NO_SPANS, sampleNote } from './parts.js';

const HEIGHT = 260;

export const bytes: View = {
  id: 'bytes',
  title: 'Bytes against time',
  why: [
    'Each point is a try: bytes of its input and its result, against the time that it took to encode and decode them. That is the encoding of the input, its decoding in the worker, and the decoding of the result.',
    'Curves are the fits a + b · bytes of the report, by least squares: a is the cost of any message, b the cost of a byte. r² says how much of the spread the fit explains.',
  ],
  mount(host, page) {
    const pool = page.pool;
    if (pool === undefined) return { draw: () => fill(host, EMPTY_POOL) };
    const fits = fitTable(pool.report.byTask);
    if (pool.table === null) return { draw: () => fill(host, NO_SPANS, fits) };
    const box = element(h('div', { class: 'canvas' }));
    fill(
      host,
      box,
      h('p', { class: 'note' }, sampleNote(pool.table)),
      fits,
      details('Sizes', sizes(pool.report.byTask)),
    );
    const surface = new Surface(box, 'Bytes of messages against the time to encode and decode them');
    const way = pool.table.codecMs;
    return { draw: () => drawPoints(surface, page, pool, way) };
  },
};

function drawPoints(surface: Surface, page: Page, pool: PoolData, way: Float64Array): void {
  const plot: Plot = { left: 66, right: 0, top: 20, bottom: HEIGHT - 36 };
  const spans = pool.table;
  if (spans === null) return;
  const { task, worker } = page.store.state;
  const [from, to] = page.range;
  const shown: number[] = [];
  let [least, most, shortest, longest] = [Infinity, 0, Infinity, 0];
  for (let span = 0; span < spans.rows; span++) {
    const submitted = spans.t[0]?.[span] ?? 0;
    const isShown = (task < 0 || pool.taskOf(span) === task) && (worker === 0 || spans.workerId[span] === worker);
    if (!isShown || submitted > to || submitted < from || !((way[span] ?? NaN) > 0)) continue;
    const size = sizeOf(spans, span);
    shown.push(span);
    least = Math.min(least, size);
    most = Math.max(most, size);
    shortest = Math.min(shortest, way[span] ?? Infinity);
    longest = Math.max(longest, way[span] ?? 0);
  }
  const ctx = surface.begin(shown.length === 0 ? 40 : HEIGHT);
  plot.right = surface.width - 12;
  if (shown.length === 0) {
    ctx.fillStyle = colour('text-2');
    ctx.fillText('No try of the choice was timed.', plot.left, 20);
    return;
  }
  const x: Axis = {
    low: Math.max(1, least * 0.8),
    high: Math.max(10, most * 1.25),
    isLog: true,
    format: inBytes,
    label: 'bytes of input and result',
  };
  const y: Axis = {
    low: Math.max(0.001, longest / 1e6, shortest * 0.7),
    high: longest * 1.3,
    isLog: true,
    format: ms,
    label: 'time to encode and decode',
  };
  drawAxes(ctx, plot, x, y);
  // Points of one pixel are one point: 100,000 tries take as long as the pixels that they cover.
  const width = Math.ceil(plot.right - plot.left);
  const height = Math.ceil(plot.bottom - plot.top);
  const cells = new Uint16Array(width * height);
  for (const span of shown) {
    const px = Math.floor(placeOn(x, sizeOf(spans, span)) * (width - 1));
    const py = Math.floor((1 - placeOn(y, way[span] ?? 0)) * (height - 1));
    const cell = Math.min(height - 1, Math.max(0, py)) * width + px;
    if ((cells[cell] ?? 0) >= 4) continue;
    cells[cell] = (cells[cell] ?? 0) + 1;
    ctx.globalAlpha = 0.4;
    ctx.fillStyle = taskColour(pool.taskOf(span));
    ctx.fillRect(plot.left + px - 1, plot.top + py - 1, 2.5, 2.5);
  }
  ctx.globalAlpha = 1;
  ctx.lineWidth = 1.5;
  for (const { task: name, messageFit } of pool.report.byTask) {
    const index = pool.tasks.indexOf(name);
    if (messageFit === null || (task >= 0 && task !== index)) continue;
    const { fixedMs, nsPerByte } = messageFit;
    ctx.strokeStyle = taskColour(index);
    const sizes = Array.from({ length: 41 }, (_, i) => x.low * (x.high / x.low) ** (i / 40));
    curve(
      ctx,
      plot,
      x,
      y,
      sizes.map((size) => [size, fixedMs + (nsPerByte * size) / 1e6] as const),
    );
  }
}

function sizeOf(spans: SpanTable, span: number): number {
  return Math.max(1, (spans.inputBytes[span] ?? 0) + (spans.outputBytes[span] ?? 0));
}

function fitTable(tasks: readonly TaskReport[]): HTMLElement {
  const rows = tasks.flatMap(({ task, messageFit, bytesIn, bytesOut }) =>
    messageFit === null ? [] : [{ task, fit: messageFit, mean: bytesIn.mean + bytesOut.mean }],
  );
  return table(
    [
      { title: 'task', cell: ({ task }) => name(task), by: ({ task }) => task },
      { title: 'a: any message', cell: ({ fit }) => ms(fit.fixedMs), by: ({ fit }) => fit.fixedMs },
      { title: 'b: a byte', cell: ({ fit }) => `${digits(fit.nsPerByte)} ns`, by: ({ fit }) => fit.nsPerByte },
      { title: 'r²', cell: ({ fit }) => digits(fit.r2), by: ({ fit }) => fit.r2 },
      {
        title: 'share of bytes at the mean size',
        note: 'b · bytes ÷ (a + b · bytes); none where the fit sees no cost of bytes',
        cell: ({ fit, mean }) => share(shareOfBytes(fit, mean)),
        by: ({ fit, mean }) => shareOfBytes(fit, mean),
      },
    ],
    rows,
    'No fit: sizes of messages spread too little, or too few came.',
  );
}

function shareOfBytes({ fixedMs, nsPerByte }: NonNullable<TaskReport['messageFit']>, bytes: number): number | null {
  const part = (nsPerByte * bytes) / 1e6;
  return nsPerByte > 0 && fixedMs + part > 0 ? part / (fixedMs + part) : null;
}

function sizes(tasks: readonly TaskReport[]): HTMLElement {
  return table<TaskReport>(
    [
      { title: 'task', cell: ({ task }) => name(task), by: ({ task }) => task },
      { title: 'in, mean', cell: ({ bytesIn }) => inBytes(bytesIn.mean), by: ({ bytesIn }) => bytesIn.mean },
      { title: 'in, largest', cell: ({ bytesIn }) => inBytes(bytesIn.max), by: ({ bytesIn }) => bytesIn.max },
      { title: 'in, sum', cell: ({ bytesIn }) => inBytes(bytesIn.total), by: ({ bytesIn }) => bytesIn.total },
      { title: 'out, mean', cell: ({ bytesOut }) => inBytes(bytesOut.mean), by: ({ bytesOut }) => bytesOut.mean },
      { title: 'out, largest', cell: ({ bytesOut }) => inBytes(bytesOut.max), by: ({ bytesOut }) => bytesOut.max },
      { title: 'out, sum', cell: ({ bytesOut }) => inBytes(bytesOut.total), by: ({ bytesOut }) => bytesOut.total },
    ],
    tasks,
    '',
  );
}
