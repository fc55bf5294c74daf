import type { Page } from './page.js';
import type { Plot } from './surface.js';

/** Movements shorter than this are clicks, pixels. */
const CLICK = 4;

/**
 * Selects a range of time with the pointer. All views show the range that is selected in one of them. A double click shows the whole
 * run again.
 */
export function brush(
  canvas: HTMLCanvasElement,
  page: Page,
  plotOf: () => Plot,
  rangeOf: () => readonly [number, number],
): void {
  const shade = document.createElement('div');
  shade.className = 'brush';
  shade.hidden = true;
  canvas.parentElement?.append(shade);
  let begin: number | undefined;
  const place = (event: PointerEvent): number => {
    const { left, right } = plotOf();
    return Math.min(right, Math.max(left, event.clientX - canvas.getBoundingClientRect().left));
  };
  const timeAt = (x: number): number => {
    const { left, right } = plotOf();
    const [from, to] = rangeOf();
    return from + ((x - left) / (right - left)) * (to - from);
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    begin = place(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (begin === undefined) return;
    const now = place(event);
    const { top, bottom } = plotOf();
    shade.hidden = Math.abs(now - begin) < CLICK;
    shade.style.left = `${canvas.offsetLeft + Math.min(begin, now)}px`;
    shade.style.width = `${Math.abs(now - begin)}px`;
    shade.style.top = `${canvas.offsetTop + top}px`;
    shade.style.height = `${bottom - top}px`;
  });
  const end = (event: PointerEvent, isDone: boolean) => {
    if (begin === undefined) return;
    const [low, high] = [begin, place(event)].sort((a, b) => a - b) as [number, number];
    begin = undefined;
    shade.hidden = true;
    if (isDone && high - low >= CLICK) page.setRange(timeAt(low), timeAt(high));
  };
  canvas.addEventListener('pointerup', (event) => end(event, true));
  canvas.addEventListener('pointercancel', (event) => end(event, false));
  canvas.addEventListener('dblclick', () => page.store.set({ range: null }));
}
