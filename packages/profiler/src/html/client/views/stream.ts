import { swatch } from '../../shared/capacity-view.js';
import { IDLE_KINDS } from '../../shared/idle-kinds.js';
import { type Lane, spanAt } from '../../shared/lanes.js';
import { h } from '../../shared/node.js';
import { ms } from '../../shared/numbers.js';
import { CAPACITY_WORDS, IDLE_WORDS } from '../../shared/words.js';
import { brush } from '../brush.js';
import { TASK_COLOURS } from '../colours.js';
import { element, fill } from '../dom.js';
import type { Page, PoolData, View } from '../page.js';
import { type Plot, Surface } from '../surface.js';
import { name, table } from '../tables.js';
import { tooltip } from '../tooltip.js';
import { details, EMPTY_POOL, NO_SPANS, sampleNote } from './parts.js';
import { spanCard } from './span-card.js';
import { drawStream, laneHeight, type StreamPlace } from './stream-draw.js';

export const stream: View = {
  id: 'stream',
  title: 'Task stream',
  why: [
    'One lane a worker and those that took its place. A bar reaches from the call of the handler (t5) to its end (t6). A thin strip below shows decoding (t4 − t3, before t5) and encoding (t6 to t7).',
    'Where several bars share a pixel, it has the colour of the longest, as strong as the part of the pixel that they cover.',
    'Idle time has its reason: a task waits in the pool, other workers have all tasks, or there is none. With a sample it follows from the curves.',
  ],
  mount(host, page) {
    const pool = page.pool;
    if (pool === undefined || pool.table === null || pool.pressure === undefined) {
      return { draw: () => fill(host, pool === undefined ? EMPTY_POOL : NO_SPANS) };
    }
    const box = element(h('div', { class: 'canvas' }));
    fill(host, legend(pool, page), box, h('p', { class: 'note' }, sampleNote(pool.table)));
    const surface = new Surface(box, 'Tasks of each worker over time');
    const place: StreamPlace = { plot: { left: 46, right: 0, top: 16, bottom: 0 }, lanes: [], laneHeight: 0 };
    brush(
      surface.canvas,
      page,
      () => place.plot,
      () => page.range,
    );
    surface.canvas.addEventListener('pointermove', (event) => hover(event, page, pool, place));
    surface.canvas.addEventListener('pointerleave', () => tooltip(null));
    host.append(details('Table', spanTable(pool)));
    return {
      draw() {
        const { task, worker } = page.store.state;
        place.lanes = pool.lanes(task, worker);
        place.laneHeight = laneHeight(place.lanes.length);
        const height = place.plot.top + Math.max(1, place.lanes.length) * place.laneHeight + 22;
        const ctx = surface.begin(height);
        place.plot = { ...place.plot, right: surface.width - 2, bottom: height - 22 } satisfies Plot;
        drawStream(ctx, page, pool, place);
      },
    };
  },
};

function legend(pool: PoolData, page: Page) {
  const named = pool.tasks.slice(0, TASK_COLOURS - 1);
  const others = pool.tasks.length - named.length;
  const list = element(
    h(
      'ul',
      { class: 'legend' },
      named.map((task, i) =>
        h('li', {}, h('button', { type: 'button', 'data-task': i }, swatch(`task-${i}`), name(task))),
      ),
      others > 0 && h('li', {}, swatch(`task-${TASK_COLOURS - 1}`), `${others} more`),
      IDLE_KINDS.map((kind) =>
        h(
          'li',
          { class: 'quiet', title: IDLE_WORDS[kind].means },
          swatch(IDLE_WORDS[kind].colour),
          IDLE_WORDS[kind].name,
        ),
      ),
      h('li', { class: 'quiet', title: CAPACITY_WORDS.boot.means }, swatch('boot'), 'boot'),
      h('li', { class: 'quiet' }, swatch('bad'), 'failed'),
    ),
  );
  list.querySelectorAll<HTMLButtonElement>('button').forEach((button) => {
    const task = Number(button.dataset['task']);
    button.addEventListener('click', () => page.store.set({ task: page.store.state.task === task ? -1 : task }));
  });
  return list;
}

function hover(event: PointerEvent, page: Page, pool: PoolData, place: StreamPlace): void {
  const { plot, lanes } = place;
  const canvas = (event.target as HTMLElement).getBoundingClientRect();
  const x = event.clientX - canvas.left;
  const y = event.clientY - canvas.top;
  const [from, to] = page.range;
  const at = from + ((x - plot.left) / (plot.right - plot.left)) * (to - from);
  const perPixel = (to - from) / (plot.right - plot.left);
  const lane = lanes[Math.floor((y - plot.top) / place.laneHeight)];
  if (event.buttons !== 0 || y < plot.top - 16 || x < plot.left) return tooltip(null);
  const marks = pool.report.marks.filter(
    (mark) =>
      Math.abs(mark.atMs - at) < 5 * perPixel &&
      (mark.workerId === 0 || lane === undefined || lane.workerIds.includes(mark.workerId)),
  );
  const notes = marks.slice(0, 4).map((mark) => h('p', {}, h('b', {}, mark.what), ` ${ms(mark.atMs)} · ${mark.text}`));
  const span =
    lane === undefined
      ? undefined
      : spanBelow(lane, at, perPixel * 2, (y - plot.top) % place.laneHeight, place.laneHeight);
  if (span === undefined || pool.table === null) {
    return tooltip(
      event,
      ...notes,
      ...(lane === undefined
        ? []
        : [h('p', {}, `${lane.workerIds.length === 1 ? `worker ${lane.workerIds[0] ?? 0} · ` : ''}idle at ${ms(at)}`)]),
    );
  }
  tooltip(event, ...notes, spanCard(pool, span));
}

function spanBelow(lane: Lane, at: number, slack: number, y: number, height: number): number | undefined {
  const row = lane.rows[Math.min(lane.rows.length - 1, Math.floor((y / height) * lane.rows.length))];
  return row === undefined ? undefined : spanAt(row, at, slack);
}

/** Tries of the sample by time in handlers: what the picture shows, in numbers. */
function spanTable(pool: PoolData): HTMLElement {
  const { table: spans, tasks } = pool;
  const sums = tasks.map((task) => ({ task, tries: 0, shown: 0, ms: 0 }));
  if (spans !== null) {
    for (let span = 0; span < spans.rows; span++) {
      const sum = sums[pool.taskOf(span)];
      const length = (spans.t[6]?.[span] ?? NaN) - (spans.t[5]?.[span] ?? NaN);
      if (sum === undefined) continue;
      sum.shown++;
      sum.tries += spans.weight[span] ?? 1;
      sum.ms += length > 0 ? length : 0;
    }
  }
  return table(
    [
      { title: 'task', cell: (row) => name(row.task), by: (row) => row.task },
      { title: 'bars', note: 'tries in the picture', cell: (row) => String(row.shown), by: (row) => row.shown },
      {
        title: 'stand for',
        note: 'tries that the bars stand for',
        cell: (row) => String(Math.round(row.tries)),
        by: (row) => row.tries,
      },
      { title: 'time of the bars', cell: (row) => ms(row.ms), by: (row) => row.ms },
    ],
    sums,
    'No tries.',
  );
}
