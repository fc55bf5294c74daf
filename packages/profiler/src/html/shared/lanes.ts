import { lowerBound } from './scales.js';
import type { SpanTable } from './span-table.js';

/** Rows of one lane at most. Tasks that overlap more than that share the last row. */
const MOST_ROWS = 4;

/** A place of the pool. Its workers follow one another. Their spans stand in rows that do not overlap, in order of time. */
export interface Lane {
  workerIds: readonly number[];
  /** `reach`: the latest end so far, which rises even where spans of the last row overlap. */
  rows: { spans: Int32Array; from: Float64Array; to: Float64Array; reach: Float64Array }[];
}

/** Time in which a handler ran for a try. Stamps next to it stand in for those that are missing. */
function spanInterval(table: SpanTable, span: number): [from: number, to: number] | undefined {
  const from = firstOf(table, span, [5, 4, 3, 2, 1]);
  const to = firstOf(table, span, [6, 7, 8, 9]);
  return from === undefined ? undefined : [from, Math.max(from, to ?? from)];
}

function firstOf(table: SpanTable, span: number, stamps: readonly number[]): number | undefined {
  for (const stamp of stamps) {
    const at = table.t[stamp]?.[span];
    if (at !== undefined && !Number.isNaN(at)) return at;
  }
  return undefined;
}

/**
 * The workers of each place of the pool. A pool that renews its workers after each task would else have a lane for every task. Where
 * the report does not know the place, a worker follows one that had ended before.
 */
export function workersByPlace(
  table: SpanTable | null,
  known: readonly { workerId: number; slot: number }[],
): number[][] {
  const seen = new Map(known.map(({ workerId }) => [workerId, { workerId, from: Infinity, to: 0 }]));
  for (let span = 0; span < (table?.rows ?? 0); span++) {
    const workerId = table?.workerId[span] ?? 0;
    const interval = table === null || workerId === 0 ? undefined : spanInterval(table, span);
    if (interval === undefined) continue;
    let life = seen.get(workerId);
    if (life === undefined) seen.set(workerId, (life = { workerId, from: Infinity, to: 0 }));
    life.from = Math.min(life.from, interval[0]);
    life.to = Math.max(life.to, interval[1]);
  }
  const slots = new Map(known.map(({ workerId, slot }) => [workerId, Math.max(0, slot)]));
  const places: { workerIds: number[]; to: number }[] = [];
  const inOrder = [...seen.values()].sort((a, b) => a.from - b.from || a.workerId - b.workerId);
  for (const { workerId, from, to } of inOrder) {
    let at = slots.get(workerId) ?? places.findIndex((place) => place.to <= from);
    if (at < 0) at = places.length;
    while (places.length <= at) places.push({ workerIds: [], to: 0 });
    const place = places[at] as (typeof places)[0];
    place.workerIds.push(workerId);
    place.to = Math.max(place.to, to);
  }
  return places.map(({ workerIds }) => workerIds).filter(({ length }) => length > 0);
}

/** One lane a place. Spans of other workers, and those that never came to a worker, are in none. */
export function buildLanes(
  table: SpanTable,
  places: readonly (readonly number[])[],
  isShown: (span: number) => boolean,
): Lane[] {
  type Interval = { span: number; from: number; to: number };
  const lists = places.map((): Interval[] => []);
  const placeOf = new Map(places.flatMap((ids, place) => ids.map((id) => [id, place] as const)));
  for (let span = 0; span < table.rows; span++) {
    const list = lists[placeOf.get(table.workerId[span] ?? 0) ?? -1];
    if (list === undefined || !isShown(span)) continue;
    const interval = spanInterval(table, span);
    if (interval !== undefined) list.push({ span, from: interval[0], to: interval[1] });
  }
  return places.map((workerIds, place) => ({ workerIds, rows: inRows(lists[place] ?? []) }));
}

function inRows(spans: { span: number; from: number; to: number }[]): Lane['rows'] {
  spans.sort((a, b) => a.from - b.from);
  const rows: (typeof spans)[] = [];
  const ends: number[] = [];
  for (const each of spans) {
    let row = ends.findIndex((end) => end <= each.from);
    if (row < 0) row = Math.min(rows.length, MOST_ROWS - 1);
    (rows[row] ??= []).push(each);
    ends[row] = Math.max(ends[row] ?? -Infinity, each.to);
  }
  return rows.map((row) => {
    const to = Float64Array.from(row, (each) => each.to);
    let latest = -Infinity;
    return {
      spans: Int32Array.from(row, ({ span }) => span),
      from: Float64Array.from(row, ({ from }) => from),
      to,
      reach: to.map((each) => (latest = Math.max(latest, each))),
    };
  });
}

/** Rectangles of one row. `span` is −1 where several share a pixel; `task` is then the one with most time in it. */
export interface Bins {
  n: number;
  x: Int32Array;
  width: Int32Array;
  task: Int32Array;
  span: Int32Array;
  /** Part of the pixel that is covered, 0 to 1; 1 for a span of its own. */
  cover: Float32Array;
  /** 1 where a span did not end well. */
  bad: Uint8Array;
}

/**
 * The spans of a row as rectangles of whole pixels. No two share a pixel. So their number is at most the number of pixels, whatever the
 * number of spans.
 */
export function binRow(row: Lane['rows'][number], table: SpanTable, from: number, to: number, width: number): Bins {
  const bins: Bins = {
    n: 0,
    x: new Int32Array(width),
    width: new Int32Array(width),
    task: new Int32Array(width),
    span: new Int32Array(width),
    cover: new Float32Array(width),
    bad: new Uint8Array(width),
  };
  const scale = width / (to - from);
  let free = 0;
  let pixel = -1;
  let longest = 0;
  const emit = (x: number, w: number, task: number, span: number, cover: number) => {
    const { n } = bins;
    bins.x[n] = x;
    bins.width[n] = w;
    bins.task[n] = task;
    bins.span[n] = span;
    bins.cover[n] = cover;
    bins.bad[n] = (table.outcome[span] ?? 0) === 0 ? 0 : 1;
    bins.n = n + 1;
    free = x + w;
  };
  const last = row.from.length;
  for (let i = Math.max(0, lowerBound(row.reach, from) - 1); i < last; i++) {
    const begin = row.from[i] ?? 0;
    if (begin >= to) break;
    const end = row.to[i] ?? 0;
    if (end < from) continue;
    const x0 = Math.max(0, (begin - from) * scale);
    const x1 = Math.min(width, (end - from) * scale);
    const span = row.spans[i] ?? 0;
    const task = table.task[span] ?? 0;
    const first = Math.min(width - 1, Math.floor(x0));
    if (x1 - x0 < 1) {
      if (first === pixel) {
        const at = bins.n - 1;
        bins.cover[at] = Math.min(1, (bins.cover[at] ?? 0) + x1 - x0);
        bins.span[at] = -1;
        if ((table.outcome[span] ?? 0) !== 0) bins.bad[at] = 1;
        if (x1 - x0 > longest) bins.task[at] = task;
      } else if (first >= free) {
        emit(first, 1, task, span, Math.max(0.03, x1 - x0));
        pixel = first;
      } else continue;
      longest = Math.max(first === pixel ? longest : 0, x1 - x0);
    } else {
      const x = Math.max(free, first);
      const w = Math.min(width, Math.max(x + 1, Math.round(x1))) - x;
      if (x < width && w > 0) emit(x, w, task, span, 1);
      pixel = -1;
      longest = 0;
    }
  }
  return bins;
}

/** The span at a moment, or undefined: for what stands below a pointer. `slack` ms to both sides. */
export function spanAt(row: Lane['rows'][number], at: number, slack: number): number | undefined {
  let best: number | undefined;
  let distance = slack;
  for (let i = Math.max(0, lowerBound(row.from, at - slack) - 1); i < row.from.length; i++) {
    const from = row.from[i] ?? 0;
    if (from > at + slack) break;
    const away = Math.max(from - at, at - (row.to[i] ?? 0), 0);
    if (away > distance) continue;
    best = row.spans[i];
    distance = away;
  }
  return best;
}
