import type { LatencyHeatmap } from '../../model/curves.js';
import type { SpanTable } from './span-table.js';

/** A grid of counts over time and latency. */
export interface HeatGrid {
  windowMs: number;
  windows: number;
  /** Bounds of the rows, ms, rising; one more than there are rows. */
  bounds: Float64Array;
  counts: Float64Array;
  largest: number;
}

/** Rows a factor of ten of latency. */
const ROWS_PER_TEN = 8;

/** With fewer rows, latencies that hardly differ would look as if they did. */
const LEAST_ROWS = 8;

/** Counts as the report has them: exact. Rows far above and below all tries are left out. */
export function gridOfReport(map: LatencyHeatmap): HeatGrid {
  const cells = map.cells.filter(([window, row]) => window >= 0 && row >= 0 && row < map.boundsMs.length);
  const used = cells.map(([, row]) => row);
  const lowest = used.reduce((least, row) => Math.min(least, row), map.boundsMs.length - 1);
  const highest = used.reduce((most, row) => Math.max(most, row), lowest);
  const room = Math.max(0, Math.ceil((LEAST_ROWS - (highest - lowest + 1)) / 2));
  const first = Math.max(0, lowest - room);
  const last = Math.min(map.boundsMs.length - 1, highest + room);
  const rows = last - first + 1;
  const windows = cells.reduce((most, [window]) => Math.max(most, window + 1), 1);
  const ends = map.boundsMs.slice(-2);
  const growth = (ends[0] ?? 0) > 0 ? (ends[1] ?? 2) / (ends[0] ?? 1) : 2;
  const bounds = Float64Array.from(
    { length: rows + 1 },
    (_, i) => map.boundsMs[first + i] ?? (map.boundsMs.at(-1) ?? 1) * growth,
  );
  const grid = { windowMs: map.windowMs, windows, bounds, counts: new Float64Array(windows * rows), largest: 0 };
  for (const [window, row, count] of cells) {
    grid.counts[window * rows + row - first] = count;
    grid.largest = Math.max(grid.largest, count);
  }
  return grid;
}

/** Counts of the kept tries, each with the number of tries that it stands for. */
export function gridOfSpans(
  table: SpanTable,
  isShown: (span: number) => boolean,
  windowMs: number,
  endMs: number,
): HeatGrid {
  const latencies: { window: number; ms: number; weight: number }[] = [];
  const windows = Math.max(1, Math.ceil(endMs / windowMs));
  let least = Infinity;
  let most = 0;
  for (let span = 0; span < table.rows; span++) {
    const begin = table.t[0]?.[span] ?? NaN;
    const end = table.t[9]?.[span] ?? NaN;
    if (!(end >= begin) || !isShown(span)) continue;
    const ms = Math.max(0.001, end - begin);
    least = Math.min(least, ms);
    most = Math.max(most, ms);
    const window = Math.min(windows - 1, Math.max(0, Math.floor(end / windowMs)));
    latencies.push({ window, ms, weight: table.weight[span] ?? 1 });
  }
  if (latencies.length === 0)
    return { windowMs, windows, bounds: Float64Array.of(0.1, 1), counts: new Float64Array(windows), largest: 0 };
  const first = Math.floor(Math.log10(least) * ROWS_PER_TEN);
  const rows = Math.max(1, Math.floor(Math.log10(most) * ROWS_PER_TEN) - first + 1);
  const bounds = Float64Array.from({ length: rows + 1 }, (_, i) => 10 ** ((first + i) / ROWS_PER_TEN));
  const grid = { windowMs, windows, bounds, counts: new Float64Array(windows * rows), largest: 0 };
  for (const { window, ms, weight } of latencies) {
    const row = Math.min(rows - 1, Math.max(0, Math.floor(Math.log10(ms) * ROWS_PER_TEN) - first));
    const at = window * rows + row;
    grid.largest = Math.max(grid.largest, (grid.counts[at] = (grid.counts[at] ?? 0) + weight));
  }
  return grid;
}

/** Median latency of each of `places` equal parts of the time; NaN for a part without tries. */
export function mediansOf(grid: HeatGrid, places: number): Float64Array {
  const rows = grid.bounds.length - 1;
  const medians = new Float64Array(places).fill(NaN);
  for (let place = 0; place < places; place++) {
    const from = Math.floor((place * grid.windows) / places);
    const to = Math.max(from + 1, Math.floor(((place + 1) * grid.windows) / places));
    const sums = new Float64Array(rows);
    let all = 0;
    for (let window = from; window < Math.min(to, grid.windows); window++) {
      for (let row = 0; row < rows; row++) {
        const count = grid.counts[window * rows + row] ?? 0;
        sums[row] = (sums[row] ?? 0) + count;
        all += count;
      }
    }
    let seen = 0;
    for (let row = 0; row < rows && all > 0; row++) {
      seen += sums[row] ?? 0;
      if (seen < all / 2) continue;
      medians[place] = Math.sqrt(Math.max(1e-6, grid.bounds[row] ?? 0) * (grid.bounds[row + 1] ?? 1));
      break;
    }
  }
  return medians;
}
