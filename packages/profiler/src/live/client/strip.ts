import { begin } from './drawing.js';
import { element, setText } from './elements.js';
import { token } from './palette.js';
import { STREAM_MS } from './task-stream.js';

const HEIGHT = 44;

/** A quantity over the last minute, on the axis of the task stream. */
export class Strip {
  readonly root: HTMLElement;
  readonly #canvas = document.createElement('canvas');
  readonly #value = element('b');
  readonly #format: (value: number) => string;
  readonly #colour: string;
  #points: [atMs: number, value: number][] = [];

  constructor(title: string, format: (value: number) => string, colour: string) {
    this.#format = format;
    this.#colour = colour;
    this.#canvas.setAttribute('role', 'img');
    this.#canvas.setAttribute('aria-label', `${title} over the last 60 seconds`);
    this.root = element(
      'figure',
      { class: 'strip' },
      element('figcaption', {}, `${title} `, this.#value),
      this.#canvas,
    );
  }

  add(atMs: number, value: number): void {
    this.#points.push([atMs, value]);
    const first = this.#points.findIndex(([at]) => at >= atMs - STREAM_MS);
    if (first > 0) this.#points.splice(0, first);
  }

  draw(nowMs: number): void {
    const last = this.#points.at(-1)?.[1] ?? 0;
    const most = this.#points.reduce((max, [, value]) => Math.max(max, value), 0);
    setText(this.#value, `${this.#format(last)} (most: ${this.#format(most)})`);
    const context = begin(this.#canvas, HEIGHT);
    if (context === null) return;
    const width = this.#canvas.clientWidth;
    const x = (at: number) => ((at - nowMs + STREAM_MS) / STREAM_MS) * width;
    const y = (value: number) => HEIGHT - 1 - (most === 0 ? 0 : (value / most) * (HEIGHT - 4));
    context.beginPath();
    for (const [i, [at, value]] of this.#points.entries()) {
      // Steps: a value holds until the next one.
      if (i > 0) context.lineTo(x(at), y(this.#points[i - 1]?.[1] ?? 0));
      context.lineTo(x(at), y(value));
    }
    context.strokeStyle = token(this.#colour);
    context.lineWidth = 1.5;
    context.stroke();
  }
}
