import type { SlowTry } from '../../../model/pool-report.js';
import { SEGMENT_IDS } from '../../../model/segments.js';
import { type El, h } from '../../shared/node.js';
import { bytes, count, ms } from '../../shared/numbers.js';
import { SEGMENT_WORDS } from '../../shared/words.js';
import { fill } from '../dom.js';
import type { View } from '../page.js';
import { name, table } from '../tables.js';
import { EMPTY_POOL } from './parts.js';

export const slowest: View = {
  id: 'slowest',
  title: 'Slowest tries',
  why: [
    'The tries with the longest latency of the whole run, with all of their segments. They are kept whatever the sample keeps.',
    'latency = t9 − t0, and the sum of the nine segments.',
  ],
  mount(host, page) {
    return {
      draw() {
        const pool = page.pool;
        if (pool === undefined) return fill(host, EMPTY_POOL);
        const { task, worker } = page.store.state;
        const [from, to] = page.range;
        const chosen = pool.tasks[task];
        const rows = pool.report.slowest.filter(
          (each) =>
            (chosen === undefined || each.task === chosen) &&
            (worker === 0 || each.workerId === worker) &&
            each.atMs <= to &&
            each.atMs + each.latencyMs >= from,
        );
        const longest = rows.reduce((most, { latencyMs }) => Math.max(most, latencyMs), 0);
        fill(
          host,
          table<SlowTry>(
            [
              { title: 'task', cell: (row) => name(row.task), by: (row) => row.task },
              {
                title: 'id',
                cell: ({ taskId, attempt }) => `${count(taskId)}${attempt > 1 ? `, try ${attempt}` : ''}`,
                by: ({ taskId }) => taskId,
              },
              {
                title: 'worker',
                cell: ({ workerId }) => (workerId === 0 ? '–' : `w${workerId}`),
                by: ({ workerId }) => workerId,
              },
              {
                title: 'outcome',
                cell: ({ outcome }) => h('span', { class: outcome === 'ok' ? undefined : 'bad' }, outcome),
                by: ({ outcome }) => outcome,
              },
              { title: 'submitted', cell: ({ atMs }) => ms(atMs), by: ({ atMs }) => atMs },
              { title: 'latency', cell: ({ latencyMs }) => ms(latencyMs), by: ({ latencyMs }) => latencyMs },
              { title: 'segments', cell: (row) => bar(row, longest) },
              ...SEGMENT_IDS.map((id) => ({
                title: SEGMENT_WORDS[id].name,
                note: SEGMENT_WORDS[id].means,
                cell: ({ segments }: SlowTry) => ms(segments[id]),
                by: ({ segments }: SlowTry) => segments[id],
              })),
              { title: 'in', cell: ({ inputBytes }) => bytes(inputBytes), by: ({ inputBytes }) => inputBytes },
              { title: 'out', cell: ({ outputBytes }) => bytes(outputBytes), by: ({ outputBytes }) => outputBytes },
            ],
            rows,
            pool.report.slowest.length === 0
              ? 'The report kept no single tries.'
              : 'None of the slowest tries is in the choice.',
          ),
        );
      },
    };
  },
};

function bar({ segments }: SlowTry, longest: number): El {
  let x = 0;
  const parts = SEGMENT_IDS.map((id) => {
    const w = longest > 0 ? (Math.max(0, segments[id]) / longest) * 200 : 0;
    const part = h('rect', {
      x: x.toFixed(2),
      width: w.toFixed(2),
      height: 10,
      fill: `var(--c-${SEGMENT_WORDS[id].colour})`,
    });
    x += w;
    return part;
  });
  return h('svg', { viewBox: '0 0 200 10', class: 'minibar long', preserveAspectRatio: 'none' }, parts);
}
