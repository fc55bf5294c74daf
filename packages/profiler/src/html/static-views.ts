import { capacityBar, capacityLegend } from './shared/capacity-view.js';
import { safeText } from './shared/names.js';
import { type El, h } from './shared/node.js';
import type { PageReport } from './shared/page-data.js';
import { verdictCard } from './shared/verdict-view.js';
import { BAND_FORMULA, waterfall } from './shared/waterfall-view.js';

/** Task names with a picture of their own. */
const MOST_TASKS = 4;

/** Views 1 to 3 as they are without scripts: verdict, capacity, latency. */
export function staticViews(report: PageReport, title: string): El {
  return h(
    'div',
    { class: 'static' },
    h('h1', {}, title),
    h('p', { class: 'note' }, 'Scripts are off, so this page shows its first views only.'),
    verdictCard(report, report.pools[0]),
    report.pools.map((pool) =>
      h(
        'figure',
        {},
        h('figcaption', {}, `Capacity of pool ${safeText(pool.name, 80)}`),
        capacityBar(pool.capacity.totals, 1000, 26),
        capacityLegend(pool.capacity.totals),
      ),
    ),
    report.pools.flatMap((pool) =>
      [...pool.byTask]
        .sort((a, b) => b.latency.totalMs - a.latency.totalMs)
        .slice(0, MOST_TASKS)
        .map((task) =>
          h('figure', {}, h('figcaption', {}, `Latency of ${safeText(task.task, 80)}`), waterfall(task, 900)),
        ),
    ),
    h('p', { class: 'note' }, BAND_FORMULA),
  );
}
