import type { WorkerReport } from '../../../model/worker-report.js';
import { h } from '../../shared/node.js';
import { bytes, count, ms, share } from '../../shared/numbers.js';
import { element, fill } from '../dom.js';
import { type Line, LineChart } from '../line-chart.js';
import type { PoolData, View } from '../page.js';
import { name, table } from '../tables.js';
import { details, EMPTY_POOL } from './parts.js';

/** Workers with lines of their own in the chart. */
const MOST_LINES = 6;

export const memory: View = {
  id: 'memory',
  title: 'GC and heap',
  why: [
    'floor = heap that is left after a full collection. Its slope comes from a line through all floors of a worker, with its 95 % interval. A slope whose interval lies above 0 is growth that no collection frees.',
    'gc share = pauses ÷ time that the worker was up.',
  ],
  mount(host, page) {
    const pool = page.pool;
    if (pool === undefined) return { draw: () => fill(host, EMPTY_POOL) };
    const steepest = pool.report.workers
      .filter(({ heapFloor }) => heapFloor !== null && heapFloor.points.length > 0)
      .sort((a, b) => (b.heapFloor?.slope ?? 0) - (a.heapFloor?.slope ?? 0));
    fill(host);
    let chart: LineChart | undefined;
    let shown = -1;
    const place = element(h('div', { class: 'chart wide' }));
    host.append(place, workerTable(pool.report.workers), details('Who allocates', places(pool)));
    return {
      draw() {
        const { worker } = page.store.state;
        if (shown !== worker) {
          shown = worker;
          place.replaceChildren();
          const rows = steepest.filter(({ workerId }) => worker === 0 || workerId === worker).slice(0, MOST_LINES);
          chart =
            rows.length === 0
              ? undefined
              : new LineChart(place, {
                  title: 'Heap after full collections',
                  height: 190,
                  page,
                  format: bytes,
                  ...floors(rows),
                });
          if (chart === undefined)
            fill(
              place,
              h('p', { class: 'empty' }, 'No worker had five full collections, so there is no floor of the heap.'),
            );
        }
        chart?.draw();
      },
    };
  },
};

/** Points of several workers on one axis of time. */
function floors(workers: readonly WorkerReport[]): { x: number[]; lines: Line[] } {
  const x = [...new Set(workers.flatMap(({ heapFloor }) => heapFloor?.points.map(([at]) => at) ?? []))].sort(
    (a, b) => a - b,
  );
  const lines = workers.flatMap(({ workerId, heapFloor }, i): Line[] => {
    const points = new Map(heapFloor?.points);
    const colour = `c-task-${i}`;
    const slope = (heapFloor?.slope ?? 0) / 1000;
    const known = heapFloor?.points ?? [];
    const meanAt = known.reduce((sum, [at]) => sum + at, 0) / Math.max(1, known.length);
    const mean = known.reduce((sum, [, size]) => sum + size, 0) / Math.max(1, known.length);
    const ends = [known[0]?.[0], known.at(-1)?.[0]];
    return [
      { label: `w${workerId}`, colour, points: true, values: x.map((at) => points.get(at) ?? null) },
      {
        label: `w${workerId} line`,
        colour,
        dashed: true,
        values: x.map((at) => (at >= (ends[0] ?? 0) && at <= (ends[1] ?? 0) ? mean + slope * (at - meanAt) : null)),
      },
    ];
  });
  return { x, lines };
}

function workerTable(rows: readonly WorkerReport[]): HTMLElement {
  return table<WorkerReport>(
    [
      { title: 'worker', cell: ({ workerId }) => `w${workerId}`, by: ({ workerId }) => workerId },
      {
        title: 'floor slope',
        note: 'growth of the heap after full collections, per second',
        cell: ({ heapFloor }) => (heapFloor === null ? '–' : `${bytes(heapFloor.slope)}/s`),
        by: ({ heapFloor }) => heapFloor?.slope ?? null,
      },
      {
        title: '95 % interval',
        cell: ({ heapFloor }) => (heapFloor === null ? '–' : `${bytes(heapFloor.low)}/s to ${bytes(heapFloor.high)}/s`),
      },
      { title: 'collections', cell: ({ gcCount }) => count(gcCount), by: ({ gcCount }) => gcCount },
      { title: 'pauses', cell: ({ gcMs }) => ms(gcMs), by: ({ gcMs }) => gcMs },
      {
        title: 'share',
        cell: ({ gcMs, upMs }) => share(upMs > 0 ? gcMs / upMs : 0),
        by: ({ gcMs, upMs }) => (upMs > 0 ? gcMs / upMs : 0),
      },
      {
        title: 'worst second',
        cell: ({ gcWorstSecondMs }) => ms(gcWorstSecondMs),
        by: ({ gcWorstSecondMs }) => gcWorstSecondMs,
      },
      {
        title: 'allocated',
        cell: ({ allocatedBytes }) => bytes(allocatedBytes),
        by: ({ allocatedBytes }) => allocatedBytes,
      },
      {
        title: 'heap peak',
        cell: ({ heapPeakBytes }) => bytes(heapPeakBytes),
        by: ({ heapPeakBytes }) => heapPeakBytes,
      },
      {
        title: 'heap limit',
        cell: ({ heapLimitBytes }) => bytes(heapLimitBytes),
        by: ({ heapLimitBytes }) => heapLimitBytes,
      },
    ],
    rows,
    'No worker was up.',
  );
}

function places({ report }: PoolData): HTMLElement {
  const merged = (report.heap ?? []).find(({ workerId }) => workerId === null) ?? report.heap?.[0];
  return table(
    [
      {
        title: 'function',
        cell: ({ functionName }) => name(functionName || '(anonymous)'),
        by: ({ functionName }) => functionName,
      },
      {
        title: 'at',
        cell: ({ file, line }) => (file === '' ? 'Node.js or V8' : h('code', { title: file }, `${file}:${line}`)),
      },
      {
        title: 'bytes',
        note: 'estimated from samples',
        cell: ({ bytes: size }) => bytes(size),
        by: ({ bytes: size }) => size,
      },
      { title: 'share', cell: (row) => share(row.share), by: (row) => row.share },
    ],
    merged?.hot ?? [],
    'No heap profile. The level "cpu" takes one in every worker.',
  );
}
