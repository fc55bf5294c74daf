import type { LiveWorker, TryBlock } from '../live-state.js';
import { begin } from './drawing.js';
import { element, setText } from './elements.js';
import { colourOf, token } from './palette.js';

/** Length of the picture. */
export const STREAM_MS = 60_000;
const LANE = 16;
const GAP = 3;
const LABEL = 74;
const AXIS = 16;
const MOST_LANES = 64;

/** The last minute, with a lane for each worker. A block is a try, or neighbours that no pixel could separate. */
export class TaskStream {
  readonly root: HTMLElement;
  readonly #canvas = document.createElement('canvas');
  readonly #legend = element('p', { class: 'legend' });
  readonly #note = element('p', { class: 'note' });
  #blocks: TryBlock[] = [];
  #lost = 0;

  constructor(pool: string) {
    this.#canvas.setAttribute('role', 'img');
    this.#canvas.setAttribute(
      'aria-label',
      `Tasks of the last 60 seconds by worker, pool ${pool}. The table of workers has the numbers.`,
    );
    this.root = element('figure', {}, this.#canvas, this.#legend, this.#note);
  }

  add(blocks: readonly TryBlock[], lost: number, nowMs: number): void {
    this.#blocks.push(...blocks);
    const first = this.#blocks.findIndex(([, , , to]) => to >= nowMs - STREAM_MS);
    if (first > 0) this.#blocks.splice(0, first);
    this.#lost = lost;
  }

  clear(): void {
    this.#blocks = [];
  }

  draw(nowMs: number, workers: readonly LiveWorker[]): void {
    const slots = new Map(workers.map(({ id, slot }) => [id, slot]));
    const ids = [...new Set([...workers.map(({ id }) => id), ...this.#blocks.map(([, id]) => id)])];
    ids.sort((a, b) => (slots.get(a) ?? Infinity) - (slots.get(b) ?? Infinity) || a - b);
    const lanes = ids.slice(0, MOST_LANES);
    const height = Math.max(1, lanes.length) * (LANE + GAP) + AXIS;
    const context = begin(this.#canvas, height);
    if (context === null) return;
    const width = this.#canvas.clientWidth;
    const x = (at: number) => LABEL + ((at - nowMs + STREAM_MS) / STREAM_MS) * (width - LABEL);
    context.font = '11px system-ui, sans-serif';
    context.textBaseline = 'middle';
    const top = new Map(lanes.map((id, lane) => [id, lane * (LANE + GAP)]));
    for (const [id, y] of top) {
      context.fillStyle = token('lane');
      context.fillRect(LABEL, y, width - LABEL, LANE);
      context.fillStyle = token(slots.has(id) ? 'text' : 'dim');
      context.fillText(`worker ${id}`, 0, y + LANE / 2, LABEL - 6);
    }
    const names = new Map<string, number>();
    for (const [, id, from, to, task, failed, tries] of this.#blocks) {
      names.set(task, (names.get(task) ?? 0) + tries);
      const y = top.get(id);
      if (y === undefined || to < nowMs - STREAM_MS) continue;
      const left = Math.max(LABEL, x(from));
      context.fillStyle = colourOf(task);
      context.fillRect(left, y, Math.max(1, x(to) - left), LANE);
      if (failed === 1) {
        context.fillStyle = token('bad');
        context.fillRect(left, y, Math.max(2, x(to) - left), 4);
      }
    }
    // A try has no block before it ends. The mark at the right says that one runs.
    context.fillStyle = token('accent');
    for (const { id, running } of workers) {
      const y = top.get(id);
      if (y !== undefined && running > 0) context.fillRect(width - 4, y, 4, LANE);
    }
    this.#axis(context, x, nowMs, height);
    this.#explain(names, ids.length - lanes.length);
  }

  #axis(context: CanvasRenderingContext2D, x: (at: number) => number, nowMs: number, height: number): void {
    context.fillStyle = token('dim');
    context.textAlign = 'right';
    for (let ago = 0; ago < STREAM_MS; ago += 10_000)
      context.fillText(ago === 0 ? 'now' : `−${ago / 1000} s`, x(nowMs - ago), height - AXIS / 2);
    context.textAlign = 'left';
  }

  #explain(names: ReadonlyMap<string, number>, hidden: number): void {
    const most = [...names].sort(([, a], [, b]) => b - a).slice(0, 8);
    while (this.#legend.children.length > most.length) this.#legend.lastElementChild?.remove();
    for (const [at, [task]] of most.entries()) {
      let item = this.#legend.children[at] as HTMLElement | undefined;
      if (item === undefined) {
        item = element('span', {}, element('i'), element('span'));
        this.#legend.append(item);
      }
      (item.firstElementChild as HTMLElement).style.background = colourOf(task);
      if (item.lastElementChild !== null) setText(item.lastElementChild, task);
    }
    const notes = [
      names.size === 0 ? 'No task has ended in the last 60 seconds.' : '',
      hidden > 0 ? `${hidden} more workers have no lane.` : '',
      this.#lost > 0 ? `${this.#lost} tries are not drawn: there were too many.` : '',
    ];
    setText(this.#note, notes.filter(Boolean).join(' '));
  }
}
