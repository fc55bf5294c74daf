import { h } from '../shared/node.js';
import { ms, share } from '../shared/numbers.js';
import { layoutTree, type TreeColumns, type TreeLayout, visibleNodes } from '../shared/tree-layout.js';
import { colour } from './colours.js';
import { fitText, Surface } from './surface.js';
import { tooltip } from './tooltip.js';

const ROW = 17;
/** Rows drawn at most. Deeper ones are reached by a click on a row above them. */
const MOST_ROWS = 40;

export interface TreeCanvasOptions extends TreeColumns {
  label: string;
  nameOf(node: number): string;
  /** Text of the tooltip below the name. */
  detailOf(node: number): string;
  /** Name of the colour in the style sheet. */
  colourOf(node: number): string;
}

/** A tree drawn as rows of boxes, roots at the top. A click makes a node as wide as the picture; a click on the top row goes back. */
export class TreeCanvas {
  readonly #surface: Surface;
  readonly #options: TreeCanvasOptions;
  readonly #layout: TreeLayout;
  #root = -1;

  constructor(host: HTMLElement, options: TreeCanvasOptions) {
    this.#options = options;
    this.#layout = layoutTree(options);
    this.#surface = new Surface(host, options.label);
    const { canvas } = this.#surface;
    canvas.addEventListener('click', (event) => {
      const node = this.#nodeAt(event);
      this.#root = node === undefined || node === this.#root ? this.#above(this.#root) : node;
      this.draw();
    });
    canvas.addEventListener('dblclick', () => this.#zoomOut());
    canvas.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || this.#root < 0) return;
      event.stopPropagation();
      this.#zoomOut();
    });
    canvas.addEventListener('pointerleave', () => tooltip(null));
    canvas.addEventListener('pointermove', (event) => {
      const node = this.#nodeAt(event);
      if (node === undefined) return tooltip(null);
      const total = this.#layout.total[node] ?? 0;
      const self = this.#options.self[node] ?? 0;
      const part = this.#layout.width > 0 ? total / this.#layout.width : 0;
      tooltip(
        event,
        h('p', {}, h('b', { dir: 'auto' }, this.#options.nameOf(node))),
        h('p', {}, `total ${ms(total)} (${share(part)}) · self ${ms(self)}`),
        h('p', {}, this.#options.detailOf(node)),
      );
    });
  }

  draw(): void {
    const { x0, x1, depth, rows, width } = this.#layout;
    const [from, to] = this.#range;
    const first = this.#root < 0 ? 0 : (depth[this.#root] ?? 0);
    const shown = Math.min(MOST_ROWS, Math.max(1, rows - first) + (first > 0 ? 1 : 0));
    const ctx = this.#surface.begin(shown * ROW + 1);
    if (!(width > 0)) return;
    const scale = this.#surface.width / (to - from);
    for (const node of visibleNodes(this.#layout, from, to, 0.6 / scale)) {
      const row = this.#rowOf(node);
      if (row === undefined) continue;
      const left = Math.max(0, ((x0[node] ?? 0) - from) * scale);
      const right = Math.min(this.#surface.width, ((x1[node] ?? 0) - from) * scale);
      ctx.fillStyle = colour(this.#options.colourOf(node));
      ctx.fillRect(left, row * ROW, Math.max(0.6, right - left - 0.75), ROW - 1);
      const text = fitText(ctx, this.#options.nameOf(node), right - left - 8);
      if (text === '') continue;
      ctx.fillStyle = colour('on-flame');
      ctx.fillText(text, left + 4, row * ROW + ROW / 2);
    }
  }

  get #range(): [from: number, to: number] {
    if (this.#root < 0) return [0, this.#layout.width];
    return [this.#layout.x0[this.#root] ?? 0, this.#layout.x1[this.#root] ?? 0];
  }

  #zoomOut(): void {
    this.#root = -1;
    this.draw();
  }

  #above(node: number): number {
    const parent = node < 0 ? -1 : (this.#options.parent[node] ?? -1);
    return parent >= 0 && (this.#layout.depth[parent] ?? 0) > 0 ? parent : -1;
  }

  /** Row of the picture; the root's parent, if it has one, stands on top as a way back. */
  #rowOf(node: number): number | undefined {
    const first = this.#root < 0 ? 0 : (this.#layout.depth[this.#root] ?? 0);
    const row = (this.#layout.depth[node] ?? 0) - first + (first > 0 ? 1 : 0);
    return row >= 0 && row < MOST_ROWS ? row : undefined;
  }

  #nodeAt(event: MouseEvent): number | undefined {
    const bounds = this.#surface.canvas.getBoundingClientRect();
    const [from, to] = this.#range;
    const at = from + ((event.clientX - bounds.left) / bounds.width) * (to - from);
    const row = Math.floor((event.clientY - bounds.top) / ROW);
    const { x0, x1 } = this.#layout;
    for (let node = 0; node < x0.length; node++) {
      if (this.#rowOf(node) === row && (x0[node] ?? 0) <= at && (x1[node] ?? 0) > at) return node;
    }
    return undefined;
  }
}
