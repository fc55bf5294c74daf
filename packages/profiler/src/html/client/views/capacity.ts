import { capacityBar, capacityLegend, capacityParts, swatch } from '../../shared/capacity-view.js';
import { h } from '../../shared/node.js';
import { ms, share } from '../../shared/numbers.js';
import { CAPACITY_WORDS } from '../../shared/words.js';
import { element, fill } from '../dom.js';
import type { View } from '../page.js';
import { table } from '../tables.js';
import { details, EMPTY_POOL } from './parts.js';

const END_WORDS = {
  ok: 'ok',
  error: 'failed',
  cancelled: 'cancelled',
  timeout: 'timed out',
  crash: 'crashed',
  retried: 'tried again',
};

export const capacity: View = {
  id: 'capacity',
  title: 'Capacity',
  why: [
    'Every worker that is up adds one second a second, to one bucket. All buckets together are wanted workers × time.',
    'With several tasks at a time in a worker, the union of their times counts, never their sum.',
    'With a worker chosen, the bar is that worker alone.',
  ],
  mount(host, page) {
    return {
      draw() {
        const pool = page.pool?.report;
        if (pool === undefined) return fill(host, EMPTY_POOL);
        const worker = pool.workers.find(({ workerId }) => workerId === page.store.state.worker);
        const totals = worker?.capacity ?? pool.capacity.totals;
        const parts = capacityParts(totals);
        if (parts.length === 0) return fill(host, h('p', { class: 'empty' }, 'No worker was up.'));
        const { executionByEnd, wantedMs, residueMs } = pool.capacity;
        const byEnd = Object.entries(executionByEnd).filter(([, time]) => time > 0);
        const rows = table(
          [
            {
              title: 'bucket',
              cell: ({ id }) => h('span', {}, swatch(CAPACITY_WORDS[id].colour), CAPACITY_WORDS[id].name),
            },
            { title: 'share', cell: (part) => share(part.share), by: (part) => part.share },
            { title: 'worker time', cell: (part) => ms(part.ms), by: (part) => part.ms },
            { title: 'means', cell: ({ id }) => CAPACITY_WORDS[id].means },
          ],
          parts,
          '',
        );
        const note =
          worker === undefined
            ? `${ms(wantedMs)} of worker time. Handlers by how their tries ended: ${byEnd.map(([end, time]) => `${END_WORDS[end as keyof typeof END_WORDS]} ${ms(time)}`).join(', ') || 'none ran'}. Sum of the buckets less the whole: ${ms(residueMs)}.`
            : `Worker ${worker.workerId} was up for ${ms(worker.upMs)}.`;
        fill(
          host,
          capacityBar(totals, 1000, 26),
          capacityLegend(totals),
          details('Table', rows, element(h('p', { class: 'note' }, note))),
        );
      },
    };
  },
};
