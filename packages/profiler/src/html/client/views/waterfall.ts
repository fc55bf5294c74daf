import { WAIT_LABELS } from '../../../format/labels.js';
import { SEGMENT_IDS, type SegmentId, WAIT_IDS } from '../../../model/segments.js';
import type { TaskReport } from '../../../model/task-report.js';
import { swatch } from '../../shared/capacity-view.js';
import { h } from '../../shared/node.js';
import { ms, share } from '../../shared/numbers.js';
import { BAND_FORMULA, waterfall as picture } from '../../shared/waterfall-view.js';
import { SEGMENT_WORDS } from '../../shared/words.js';
import { element, fill } from '../dom.js';
import type { View } from '../page.js';
import { type Column, name, table } from '../tables.js';
import { details, EMPTY_POOL, shownTasks } from './parts.js';

/** Segments of the way back, by those of the way there. */
const BACK: Partial<Record<SegmentId, SegmentId>> = { encode: 'reply', transportIn: 'transportOut', decode: 'settle' };

export const waterfall: View = {
  id: 'waterfall',
  title: 'Latency by segment',
  why: [
    BAND_FORMULA,
    'Waits that policies cause (limit, batch, encoding of the input) are parts of the wait in the queue. Backoff and the wait for an equal call lie outside of the latency of tries.',
  ],
  mount(host, page) {
    return {
      draw() {
        const pool = page.pool;
        if (pool === undefined) return fill(host, EMPTY_POOL);
        const tasks = shownTasks(pool, page.store.state.task, 4)
          .map((task) => pool.report.byTask.find((each) => each.task === pool.tasks[task]))
          .filter((task) => task !== undefined);
        if (tasks.length === 0) return fill(host, h('p', { class: 'empty' }, 'No try came back.'));
        const width = Math.max(300, Math.min(1100, Math.floor(host.clientWidth / (tasks.length > 1 ? 2.05 : 1))));
        const blocks = tasks.map((task) =>
          h('figure', { class: 'half' }, h('figcaption', {}, name(task.task)), picture(task, width)),
        );
        const legend = h(
          'ul',
          { class: 'legend' },
          SEGMENT_IDS.filter((id) => !['reply', 'transportOut', 'settle'].includes(id)).map((id) => {
            // Both ways have the same colours.
            const back = BACK[id];
            const ids = back === undefined ? [id] : [id, back];
            return h(
              'li',
              { title: SEGMENT_WORDS[id].means },
              swatch(SEGMENT_WORDS[id].colour),
              ids.map((each) => SEGMENT_WORDS[each].name).join(', '),
            );
          }),
        );
        fill(
          host,
          h('div', { class: 'halves' }, blocks),
          legend,
          details('Table', table(columns(), pool.report.byTask, ''), waits(pool.report.byTask)),
        );
      },
    };
  },
};

function columns(): Column<TaskReport>[] {
  return [
    { title: 'task', cell: ({ task }) => name(task), by: ({ task }) => task },
    { title: 'latency', cell: ({ latency }) => ms(latency.meanMs), by: ({ latency }) => latency.meanMs },
    ...SEGMENT_IDS.map((id) => ({
      title: SEGMENT_WORDS[id].name,
      note: SEGMENT_WORDS[id].means,
      cell: ({ segments }: TaskReport) =>
        h(
          'span',
          { title: `median ${ms(segments[id].p50Ms)}, p99 ${ms(segments[id].p99Ms)}` },
          `${ms(segments[id].meanMs)} `,
          h('small', {}, share(segments[id].share)),
        ),
      by: ({ segments }: TaskReport) => segments[id].meanMs,
    })),
  ];
}

function waits(tasks: readonly TaskReport[]): HTMLElement {
  const rows = tasks.flatMap((task) =>
    WAIT_IDS.filter((id) => task.waits[id].count > 0).map((id) => ({ task: task.task, id, stats: task.waits[id] })),
  );
  if (rows.length === 0) return element(h('p', { class: 'note' }, 'No policy caused a wait.'));
  return table(
    [
      { title: 'task', cell: ({ task }) => name(task), by: ({ task }) => task },
      { title: 'wait', cell: ({ id }) => WAIT_LABELS[id] },
      { title: 'calls', cell: ({ stats }) => String(stats.count), by: ({ stats }) => stats.count },
      { title: 'mean', cell: ({ stats }) => ms(stats.meanMs), by: ({ stats }) => stats.meanMs },
      { title: 'p99', cell: ({ stats }) => ms(stats.p99Ms), by: ({ stats }) => stats.p99Ms },
      { title: 'of latency', cell: ({ stats }) => share(stats.share), by: ({ stats }) => stats.share },
    ],
    rows,
    '',
  );
}
