import { logTicks, ticks } from '../shared/scales.js';
import { colour } from './colours.js';
import type { Plot } from './surface.js';

export interface Axis {
  low: number;
  high: number;
  isLog: boolean;
  format(value: number): string;
  label: string;
}

/** Maps a value of an axis to 0 to 1. */
export function placeOn({ low, high, isLog }: Axis, value: number): number {
  if (isLog) return Math.log(Math.max(value, low) / low) / Math.log(high / low);
  return (value - low) / (high - low);
}

/** Frame, lines and labels of a plot with two axes of values. */
export function drawAxes(ctx: CanvasRenderingContext2D, plot: Plot, x: Axis, y: Axis): void {
  const width = plot.right - plot.left;
  const height = plot.bottom - plot.top;
  ctx.strokeStyle = colour('line');
  ctx.fillStyle = colour('text-2');
  ctx.lineWidth = 1;
  ctx.textAlign = 'center';
  for (const tick of ticksOf(x, width / 90)) {
    const at = Math.round(plot.left + placeOn(x, tick) * width) + 0.5;
    line(ctx, at, plot.top, at, plot.bottom);
    ctx.fillText(x.format(tick), at, plot.bottom + 11);
  }
  ctx.textAlign = 'right';
  for (const tick of ticksOf(y, height / 34)) {
    const at = Math.round(plot.bottom - placeOn(y, tick) * height) + 0.5;
    line(ctx, plot.left, at, plot.right, at);
    ctx.fillText(y.format(tick), plot.left - 6, at);
  }
  ctx.textAlign = 'right';
  ctx.fillText(x.label, plot.right, plot.bottom + 26);
  ctx.textAlign = 'left';
  ctx.fillText(y.label, 2, plot.top - 9);
}

function ticksOf({ low, high, isLog }: Axis, wanted: number): number[] {
  return isLog ? logTicks(low, high, wanted) : ticks(low, high, wanted);
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

/** A curve through points of both axes. Where it leaves the plot, it has a gap. */
export function curve(
  ctx: CanvasRenderingContext2D,
  plot: Plot,
  x: Axis,
  y: Axis,
  points: Iterable<readonly [number, number]>,
): void {
  ctx.beginPath();
  let isInside = false;
  for (const [px, py] of points) {
    const wasInside = isInside;
    isInside = py >= y.low && py <= y.high;
    if (!isInside) continue;
    const left = plot.left + placeOn(x, px) * (plot.right - plot.left);
    const top = plot.bottom - placeOn(y, py) * (plot.bottom - plot.top);
    if (wasInside) ctx.lineTo(left, top);
    else ctx.moveTo(left, top);
  }
  ctx.stroke();
}
