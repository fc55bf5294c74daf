import { type El, h } from '../../shared/node.js';
import { ms, withUnit } from '../../shared/numbers.js';
import type { ComparedMetric } from '../../shared/page-data.js';
import { element, fill } from '../dom.js';
import type { View } from '../page.js';
import { name, table } from '../tables.js';

export const compare: View = {
  id: 'compare',
  title: 'Comparison',
  why: [
    'ratio = B ÷ A. Its 95 % interval comes from the spreads of both runs; a ratio is a difference only if its interval leaves 1 out.',
    'Tries of one run resemble each other, so intervals are somewhat too narrow. Two runs of the same program show by how much.',
  ],
  mount(host, page) {
    const { comparison } = page.data;
    return {
      draw() {
        if (comparison === null)
          return fill(
            host,
            h('p', { class: 'empty' }, 'This page has one report. toHtml(a, { compare: b }) puts two side by side.'),
          );
        const { other, groups } = comparison;
        const rows = groups.flatMap(({ name: group, metrics }) => metrics.map((metric) => ({ group, metric })));
        const most = rows.reduce(
          (most, { metric: { ratio, low, high } }) =>
            Math.max(most, ...[ratio, low, high].map((each) => (each === null ? 0 : Math.abs(Math.log(each))))),
          0,
        );
        const scale = Math.min(Math.log(8), Math.max(Math.log(1.1), most));
        fill(
          host,
          element(
            h(
              'p',
              {},
              `A is this report, of ${page.data.report.run.startedAt}. B is of ${other.startedAt}: ${ms(other.wallMs)} on Node.js ${other.node}.`,
            ),
          ),
          table(
            [
              { title: 'of', cell: (row) => name(row.group) },
              { title: 'metric', cell: ({ metric }) => metric.name },
              { title: 'A', cell: ({ metric: row }) => withUnit(row.a, row.unit), by: ({ metric: row }) => row.a },
              { title: 'B', cell: ({ metric: row }) => withUnit(row.b, row.unit), by: ({ metric: row }) => row.b },
              {
                title: 'B ÷ A',
                cell: ({ metric: row }) => (row.ratio === null ? '–' : row.ratio.toFixed(3)),
                by: ({ metric: row }) => row.ratio,
              },
              {
                title: '95 % interval',
                cell: ({ metric: row }) =>
                  row.low === null || row.high === null ? 'none' : `${row.low.toFixed(3)} to ${row.high.toFixed(3)}`,
              },
              { title: '', cell: ({ metric }) => interval(metric, scale) },
              {
                title: 'says',
                cell: ({ metric: row }) =>
                  h(
                    'span',
                    { class: judge(row) === 'worse' ? 'bad' : judge(row) === 'better' ? 'good' : undefined },
                    judge(row),
                  ),
              },
              { title: 'how', cell: ({ metric: row }) => row.how },
            ],
            rows,
            'Nothing stands in both reports.',
          ),
        );
      },
    };
  },
};

function judge({ low, high, more }: ComparedMetric): string {
  if (low === null || high === null) return 'no interval';
  if (low <= 1 && high >= 1) return 'no change';
  if (more === null) return 'changed';
  return low > 1 === more ? 'better' : 'worse';
}

/** The interval around 1, on a scale of logarithms that ends at `scale` to both sides. */
function interval({ ratio, low, high }: ComparedMetric, scale: number): El | string {
  if (ratio === null) return '';
  const x = (value: number) => Math.max(0, Math.min(100, 50 + (Math.log(value) / scale) * 50));
  const from = x(low ?? ratio);
  const to = x(high ?? ratio);
  return h(
    'svg',
    { viewBox: '0 0 100 12', class: 'minibar', preserveAspectRatio: 'none' },
    h('rect', { x: 49.5, width: 1, height: 12, fill: 'var(--line-strong)' }),
    h('rect', { x: from, y: 4, width: Math.max(0.8, to - from), height: 4, fill: 'var(--c-loopidle)' }),
    h('rect', { x: x(ratio) - 0.8, y: 2, width: 1.6, height: 8, fill: 'var(--text)' }),
  );
}
