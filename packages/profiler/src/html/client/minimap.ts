import { ms } from '../shared/numbers.js';
import { brush } from './brush.js';
import { colour } from './colours.js';
import type { Drawn, Page } from './page.js';
import { type Plot, Surface } from './surface.js';

const HEIGHT = 34;

/** The whole run in a strip that stays in sight. It shows unsettled tasks over time, and the chosen range. */
export function minimap(host: HTMLElement, page: Page): Drawn {
  const surface = new Surface(host, 'The whole run; drag to choose a range of time');
  let plot: Plot = { left: 0, right: 0, top: 0, bottom: HEIGHT };
  brush(
    surface.canvas,
    page,
    () => plot,
    () => [0, page.endMs],
  );
  return {
    draw() {
      const ctx = surface.begin(HEIGHT);
      plot = { left: 0, right: surface.width, top: 0, bottom: HEIGHT };
      ctx.fillStyle = colour('line-strong');
      ctx.fillRect(0, HEIGHT - 1, surface.width, 1);
      const curves = page.pool?.report.curves;
      if (curves === undefined) return;
      area(ctx, curves.unsettled, surface.width, 'c-queue');
      area(ctx, curves.workersBusy, surface.width, 'c-cpu', Math.max(...curves.unsettled, ...curves.workersUp, 1));
      const [from, to] = page.range;
      const x0 = (from / page.endMs) * surface.width;
      const x1 = (to / page.endMs) * surface.width;
      if (page.store.state.range === null) return;
      ctx.fillStyle = colour('ground');
      ctx.globalAlpha = 0.72;
      ctx.fillRect(0, 0, x0, HEIGHT);
      ctx.fillRect(x1, 0, surface.width - x1, HEIGHT);
      ctx.globalAlpha = 1;
      ctx.strokeStyle = colour('accent');
      ctx.lineWidth = 1.5;
      ctx.strokeRect(x0 + 0.75, 0.75, Math.max(2, x1 - x0) - 1.5, HEIGHT - 1.5);
    },
  };
}

function area(
  ctx: CanvasRenderingContext2D,
  values: readonly number[],
  width: number,
  name: string,
  top = Math.max(...values, 1),
): void {
  const step = width / Math.max(1, values.length);
  ctx.fillStyle = colour(name);
  ctx.beginPath();
  ctx.moveTo(0, HEIGHT);
  values.forEach((value, i) => {
    const y = HEIGHT - (value / top) * (HEIGHT - 3);
    ctx.lineTo(i * step, y);
    ctx.lineTo((i + 1) * step, y);
  });
  ctx.lineTo(width, HEIGHT);
  ctx.fill();
}

/** The chosen range in words. */
export function rangeText(page: Page): string {
  if (page.store.state.range === null) return `whole run, ${ms(page.endMs)}`;
  const [from, to] = page.range;
  return `${ms(from)} to ${ms(to)} (${ms(to - from)})`;
}
