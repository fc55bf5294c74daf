import { IDLE_KINDS, idleKinds } from '../../shared/idle-kinds.js';
import { binRow, type Lane } from '../../shared/lanes.js';
import { IDLE_WORDS } from '../../shared/words.js';
import { colour, taskColour } from '../colours.js';
import type { Page, PoolData } from '../page.js';
import { type Plot, timeAxis } from '../surface.js';

export interface StreamPlace {
  plot: Plot;
  lanes: readonly Lane[];
  laneHeight: number;
}

/** 128 lanes take 900 pixels, a few lanes are as high as a line of text. */
export function laneHeight(lanes: number): number {
  return Math.max(7, Math.min(26, Math.floor(420 / Math.max(1, lanes))));
}

export function drawStream(
  ctx: CanvasRenderingContext2D,
  page: Page,
  pool: PoolData,
  { plot, lanes, laneHeight }: StreamPlace,
): void {
  const [from, to] = page.range;
  const width = Math.max(1, Math.floor(plot.right - plot.left));
  timeAxis(ctx, plot, [from, to], false);
  const kinds = pool.pressure === undefined ? new Uint8Array(width) : idleKinds(pool.pressure, from, to, width);
  lanes.forEach((lane, i) => {
    const top = plot.top + i * laneHeight;
    drawIdle(ctx, page, pool, lane, kinds, plot.left, top, laneHeight, width);
    drawRows(ctx, pool, lane, [from, to], plot.left, top, laneHeight, width);
  });
  drawNames(ctx, plot, lanes, laneHeight);
  drawMarks(ctx, page, pool, plot, lanes, laneHeight);
}

/** The ground of a lane: time without a task, by why. Bars are drawn over it. */
function drawIdle(
  ctx: CanvasRenderingContext2D,
  page: Page,
  pool: PoolData,
  lane: Lane,
  kinds: Uint8Array,
  left: number,
  top: number,
  height: number,
  width: number,
): void {
  const [from, to] = page.range;
  const pixel = (at: number) => Math.max(0, Math.min(width, Math.round(((at - from) / (to - from)) * width)));
  const bottom = height - (height > 10 ? 2 : 1);
  const idle = (x0: number, x1: number) => {
    for (let x = x0; x < x1;) {
      let next = x + 1;
      while (next < x1 && kinds[next] === kinds[x]) next++;
      ctx.fillStyle = colour(`c-${IDLE_WORDS[IDLE_KINDS[kinds[x] ?? 0] ?? 'noWork'].colour}`);
      ctx.fillRect(left + x, top, next - x, bottom);
      x = next;
    }
  };
  const lives = lane.workerIds.map((id) => pool.lifeOf(id)).filter((life) => life !== undefined);
  if (lives.length < lane.workerIds.length) idle(0, width);
  // In the order of their lives, so that a later one covers what is not known of an earlier one.
  for (const { startMs, readyMs, endMs } of lives.sort((a, b) => a.readyMs - b.readyMs)) {
    const [start, ready, end] = [pixel(startMs), pixel(readyMs), pixel(endMs)];
    ctx.fillStyle = colour('c-boot');
    ctx.fillRect(left + start, top, ready - start, bottom);
    idle(ready, end);
  }
}

function drawRows(
  ctx: CanvasRenderingContext2D,
  pool: PoolData,
  lane: Lane,
  [from, to]: readonly [number, number],
  left: number,
  top: number,
  laneHeight: number,
  width: number,
): void {
  const { table } = pool;
  if (table === null || lane.rows.length === 0) return;
  const inner = laneHeight - (laneHeight > 10 ? 2 : 1);
  const rowHeight = inner / lane.rows.length;
  const scale = width / (to - from);
  lane.rows.forEach((row, r) => {
    const bins = binRow(row, table, from, to, width);
    const y = top + r * rowHeight;
    const h = Math.max(1, rowHeight - (lane.rows.length > 1 && rowHeight > 3 ? 1 : 0));
    for (let i = 0; i < bins.n; i++) {
      const x = left + (bins.x[i] ?? 0);
      const w = bins.width[i] ?? 1;
      const span = bins.span[i] ?? -1;
      const isWide = w >= 4;
      ctx.globalAlpha = 0.18 + 0.82 * (bins.cover[i] ?? 1);
      ctx.fillStyle = taskColour(pool.ofSpans[bins.task[i] ?? 0] ?? 0);
      // A hairline between neighbours, where there is room for one.
      ctx.fillRect(x, y, isWide ? w - 0.75 : w, h);
      ctx.globalAlpha = 1;
      if (bins.bad[i] === 1) {
        ctx.fillStyle = colour('c-bad');
        ctx.fillRect(x, y, Math.max(2, w - 0.75), Math.max(2, h * 0.35));
      }
      if (span < 0 || w < 12 || h < 8) continue;
      const decodeMs = (table.t[4]?.[span] ?? NaN) - (table.t[3]?.[span] ?? NaN);
      const startedAt = table.t[5]?.[span] ?? NaN;
      drawStrip(ctx, startedAt - decodeMs, startedAt, 'c-decode');
      drawStrip(ctx, table.t[6]?.[span], table.t[7]?.[span], 'c-encode');
    }
    function drawStrip(
      context: CanvasRenderingContext2D,
      begin: number | undefined,
      end: number | undefined,
      name: string,
    ): void {
      if (begin === undefined || end === undefined || !(end > begin)) return;
      const x0 = Math.max(0, (begin - from) * scale);
      const x1 = Math.min(width, (end - from) * scale);
      if (x1 - x0 < 0.5) return;
      context.fillStyle = colour(name);
      context.fillRect(left + x0, y + h - 3, x1 - x0, 3);
    }
  });
}

function drawNames(ctx: CanvasRenderingContext2D, plot: Plot, lanes: readonly Lane[], height: number): void {
  const every = Math.max(1, Math.ceil(13 / height));
  ctx.fillStyle = colour('text-2');
  ctx.textAlign = 'right';
  lanes.forEach(({ workerIds }, i) => {
    const [first, second] = workerIds;
    // A place with several workers has the first one's name, and says that there were more.
    const text = second === undefined ? `w${first ?? 0}` : `w${first ?? 0} …`;
    if (i % every === 0) ctx.fillText(text, plot.left - 6, plot.top + (i + 0.5) * height);
  });
  ctx.textAlign = 'left';
}

const BAD_MARKS = new Set(['crashed', 'timeout', 'stuck', 'memory', 'breaker']);

/** Marks of a worker stand in its lane, all others above the lanes. */
function drawMarks(
  ctx: CanvasRenderingContext2D,
  page: Page,
  pool: PoolData,
  plot: Plot,
  lanes: readonly Lane[],
  height: number,
): void {
  const [from, to] = page.range;
  const taken = new Set<string>();
  const laneOf = new Map(lanes.flatMap(({ workerIds }, i) => workerIds.map((id) => [id, i] as const)));
  for (const mark of pool.report.marks) {
    if (mark.atMs < from || mark.atMs > to) continue;
    const lane = laneOf.get(mark.workerId) ?? -1;
    if (mark.workerId !== 0 && lane < 0) continue;
    const x = Math.round(plot.left + ((mark.atMs - from) / (to - from)) * (plot.right - plot.left));
    const key = `${lane} ${x}`;
    if (taken.has(key)) continue;
    taken.add(key);
    const isBad = BAD_MARKS.has(mark.what);
    ctx.fillStyle = colour(isBad ? 'c-bad' : 'text-2');
    if (lane < 0) {
      ctx.fillRect(x, plot.top - 9, 1, plot.bottom - plot.top + 9);
      triangle(ctx, x + 0.5, plot.top - 3, 5);
    } else {
      const top = plot.top + lane * height;
      ctx.fillRect(x, top, isBad ? 2 : 1, height - 1);
      if (height >= 9) triangle(ctx, x + 0.5, top + 5, 4);
    }
  }
}

function triangle(ctx: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  ctx.beginPath();
  ctx.moveTo(x - size, y - size);
  ctx.lineTo(x + size, y - size);
  ctx.lineTo(x, y);
  ctx.fill();
}
