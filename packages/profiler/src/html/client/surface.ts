import { timeLabels, timeTicks } from '../shared/scales.js';
import { colour } from './colours.js';

/** A canvas as wide as its place, sharp on every screen. */
export class Surface {
  readonly canvas = document.createElement('canvas');
  width = 0;
  height = 0;
  #ctx: CanvasRenderingContext2D;

  constructor(host: HTMLElement, label: string) {
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', label);
    this.canvas.tabIndex = 0;
    const ctx = this.canvas.getContext('2d');
    if (ctx === null) throw new Error('This browser offers no canvas.');
    this.#ctx = ctx;
    host.append(this.canvas);
  }

  /** Ready to be drawn upon, empty, in CSS pixels. */
  begin(height: number): CanvasRenderingContext2D {
    const scale = Math.max(1, Math.min(3, devicePixelRatio));
    const width = Math.max(120, Math.floor(this.canvas.parentElement?.clientWidth ?? 0));
    if (width !== this.width || height !== this.height || this.canvas.width !== Math.round(width * scale)) {
      this.width = width;
      this.height = height;
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    const ctx = this.#ctx;
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.globalAlpha = 1;
    ctx.font = FONT;
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'left';
    return ctx;
  }
}

export const FONT =
  '11px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif';

/** The part of a surface that shows the time axis. */
export interface Plot {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Axis of time at the bottom of a plot, with faint lines through it. */
export function timeAxis(
  ctx: CanvasRenderingContext2D,
  plot: Plot,
  [from, to]: readonly [number, number],
  lines = true,
): void {
  const scale = (plot.right - plot.left) / (to - from);
  ctx.lineWidth = 1;
  ctx.textAlign = 'center';
  const moments = timeTicks(from, to, Math.max(2, (plot.right - plot.left) / 110));
  const labels = timeLabels(moments);
  moments.forEach((at, i) => {
    const x = Math.round(plot.left + (at - from) * scale) + 0.5;
    ctx.strokeStyle = colour('line');
    ctx.beginPath();
    ctx.moveTo(x, lines ? plot.top : plot.bottom);
    ctx.lineTo(x, plot.bottom + 4);
    ctx.stroke();
    ctx.fillStyle = colour('text-2');
    const text = labels[i] ?? '';
    const half = ctx.measureText(text).width / 2;
    ctx.fillText(text, Math.min(plot.right - half, Math.max(plot.left + half, x)), plot.bottom + 12);
  });
  ctx.textAlign = 'left';
}

/** Text cut to a width, with its beginning kept. */
export function fitText(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (width < 14) return '';
  if (ctx.measureText(text).width <= width) return text;
  let low = 0;
  let high = Math.min(text.length, Math.ceil(width / 3));
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ctx.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low)}…`;
}
