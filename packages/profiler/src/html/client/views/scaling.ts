import { h } from '../../shared/node.js';
import { count, ms, rate, withUnit } from '../../shared/numbers.js';
import { type ScalingBounds, scalingBounds } from '../../shared/scaling.js';
import { colour } from '../colours.js';
import { element, fill } from '../dom.js';
import type { PoolData, View } from '../page.js';
import { type Plot, Surface } from '../surface.js';
import { table } from '../tables.js';
import { type Axis, curve, drawAxes, placeOn } from '../xy-plot.js';
import { details, EMPTY_POOL } from './parts.js';

const HEIGHT = 250;

export const scaling: View = {
  id: 'scaling',
  title: 'Scaling',
  why: [
    'workers line = workers × 1 ÷ worker time of a task. cores line = free cores ÷ time of a task on a core. main thread line = its ceiling: 1 ÷ its time for a task.',
    'The lowest of the three is an upper bound. It knows nothing of arrivals, order or contention.',
    'Points of a replay, where the report has them, are predictions: the recorded run again, with another number of workers.',
  ],
  mount(host, page) {
    const pool = page.pool;
    if (pool === undefined) return { draw: () => fill(host, EMPTY_POOL) };
    const most = Math.max(4, 2 * page.data.report.run.cores, Math.ceil(pool.report.peakWorkers * 1.5));
    const bounds = scalingBounds(pool.report, page.data.report, most);
    const laws = page.data.report.findings
      .concat(page.data.report.notes)
      .filter(({ id }) => id === 'R27' || id === 'R01' || id === 'R02');
    const evidence = laws.flatMap((finding) =>
      finding.evidence.map((each) =>
        h('li', {}, `${finding.id} ${each.metric}: ${withUnit(each.value, each.unit)} – ${each.source}`),
      ),
    );
    const list = evidence.length === 0 ? [] : [h('ul', { class: 'plain' }, evidence)];
    if (bounds === null)
      return { draw: () => fill(host, h('p', { class: 'empty' }, 'Too little was measured for a curve.'), ...list) };
    const box = element(h('div', { class: 'canvas' }));
    fill(host, key(bounds, pool), box, ...list, details('Table', boundsTable(bounds, pool)));
    const surface = new Surface(box, 'Throughput that the ledgers allow, by number of workers');
    return { draw: () => drawBounds(surface, bounds, pool) };
  },
};

function key({ mainThread }: ScalingBounds, pool: PoolData) {
  const items: [string, string][] = [
    ['line-1', 'upper bound'],
    ['line-2', 'workers alone'],
    ['line-3', 'cores alone'],
  ];
  if (mainThread !== null) items.push(['line-4', `main thread alone (${rate(mainThread)})`]);
  if (pool.report.scaling !== undefined) items.push(['line-5', 'replay, with its 95 % interval']);
  items.push(['text', 'measured']);
  return h(
    'ul',
    { class: 'legend' },
    items.map(([name, text]) =>
      h(
        'li',
        {},
        h(
          'svg',
          { class: 'swatch', viewBox: '0 0 10 10' },
          h('rect', { y: 3, width: 10, height: 4, fill: `var(--${name})` }),
        ),
        text,
      ),
    ),
  );
}

function drawBounds(surface: Surface, bounds: ScalingBounds, pool: PoolData): void {
  const ctx = surface.begin(HEIGHT);
  const plot: Plot = { left: 66, right: surface.width - 12, top: 20, bottom: HEIGHT - 36 };
  const most = bounds.bound.length;
  const replay = replayOf(pool);
  const top = Math.max(...bounds.bound, bounds.measured.perSecond, ...replay.map(({ high }) => high)) * 1.25;
  const x: Axis = { low: 0, high: most, isLog: false, format: count, label: 'workers' };
  const y: Axis = { low: 0, high: top, isLog: false, format: rate, label: 'tasks a second' };
  drawAxes(ctx, plot, x, y);
  const draw = (values: ArrayLike<number>, name: string, width: number, dash: number[]) => {
    ctx.strokeStyle = colour(name);
    ctx.lineWidth = width;
    ctx.setLineDash(dash);
    curve(
      ctx,
      plot,
      x,
      y,
      Array.from(values, (value, i) => [i + 1, value] as const),
    );
    ctx.setLineDash([]);
  };
  draw(bounds.workers, 'line-2', 1, [5, 3]);
  draw(bounds.cores, 'line-3', 1, [5, 3]);
  if (bounds.mainThread !== null) draw(new Float64Array(most).fill(bounds.mainThread), 'line-4', 1, [5, 3]);
  draw(bounds.bound, 'line-1', 2, []);
  const px = (workers: number) => plot.left + placeOn(x, workers) * (plot.right - plot.left);
  const py = (value: number) => plot.bottom - Math.min(1, placeOn(y, value)) * (plot.bottom - plot.top);
  ctx.strokeStyle = ctx.fillStyle = colour('line-5');
  for (const point of replay) {
    ctx.fillRect(px(point.workers) - 0.75, py(point.high), 1.5, Math.max(0, py(point.low) - py(point.high)));
    ctx.fillRect(px(point.workers) - 3, py(point.perSecond) - 3, 6, 6);
  }
  const { workers, perSecond } = bounds.measured;
  ctx.fillStyle = colour('text');
  ctx.beginPath();
  ctx.arc(px(workers), py(perSecond), 5, 0, 7);
  ctx.fill();
  const label = `measured ${rate(perSecond)}`;
  const isRight = px(workers) + 14 + ctx.measureText(label).width < plot.right;
  ctx.textAlign = isRight ? 'left' : 'right';
  ctx.fillText(label, px(workers) + (isRight ? 10 : -10), py(perSecond) + 12);
  ctx.textAlign = 'left';
}

/** Points of the replay as throughputs, with their intervals. */
function replayOf({ report: { scaling = [], tasks } }: PoolData) {
  const perSecond = (wallMs: number) => (wallMs > 0 ? (tasks * 1000) / wallMs : 0);
  return scaling.map(({ workers, wallMs, ciMs }) => ({
    ...{ workers, wallMs, perSecond: perSecond(wallMs) },
    ...{ low: perSecond(ciMs?.[1] ?? wallMs), high: perSecond(ciMs?.[0] ?? wallMs) },
  }));
}

function boundsTable(bounds: ScalingBounds, pool: PoolData): HTMLElement {
  const replay = replayOf(pool);
  const rows = Array.from(bounds.bound, (bound, i) => ({
    ...{ workers: i + 1, bound, alone: bounds.workers[i] ?? 0, cores: bounds.cores[i] ?? Infinity },
    replay: replay.find(({ workers }) => workers === i + 1),
  }));
  return table(
    [
      { title: 'workers', cell: (row) => count(row.workers), by: (row) => row.workers },
      { title: 'upper bound', cell: (row) => rate(row.bound), by: (row) => row.bound },
      { title: 'workers alone', cell: (row) => rate(row.alone), by: (row) => row.alone },
      {
        title: 'cores alone',
        cell: (row) => (Number.isFinite(row.cores) ? rate(row.cores) : 'no limit'),
        by: (row) => row.cores,
      },
      { title: 'main thread alone', cell: () => (bounds.mainThread === null ? 'not known' : rate(bounds.mainThread)) },
      {
        title: 'replay: wall time',
        cell: (row) => ms(row.replay?.wallMs ?? null),
        by: (row) => row.replay?.wallMs ?? null,
      },
    ],
    rows,
    '',
  );
}
