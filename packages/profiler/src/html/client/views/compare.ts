import type { ComparedMetric } from '../../../compare/comparison.js';
import { type El, h } from '../../shared/node.js';
import { ms, withUnit } from '../../shared/numbers.js';
import { element, fill } from '../dom.js';
import type { View } from '../page.js';
import { name, table } from '../tables.js';

export const compare: View = {
  id: 'compare',
  title: 'Comparison',
  why: [
    'ratio = B ÷ A. Its 95 % interval comes from the spreads of both runs. It says faster or slower only beyond noise, with all figures together.',
    'These are the numbers of compare(a, b), which also takes several runs of each version.',
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
        const { other, verdict, metrics, remarks } = comparison;
        const most = metrics.reduce(
          (most, { ratio, low, high }) =>
            Math.max(
              most,
              ...[ratio, low, high].map((each) => (each === null || each <= 0 ? 0 : Math.abs(Math.log(each)))),
            ),
          0,
        );
        const scale = Math.min(Math.log(8), Math.max(Math.log(1.1), most));
        fill(
          host,
          element(
            h(
              'p',
              {},
              `A is this report, of ${page.data.report.run.startedAt}. B is of ${other.startedAt}: ${ms(other.wallMs)} on Node.js ${other.node}. Together: ${verdict}. ${remarks.join(' ')}`,
            ),
          ),
          table(
            [
              { title: 'of', cell: ({ pool, task }) => name(task === '' ? pool : `${pool} › ${task}`) },
              { title: 'metric', cell: (row) => row.name },
              { title: 'A', cell: (row) => withUnit(row.a, row.unit), by: (row) => row.a },
              { title: 'B', cell: (row) => withUnit(row.b, row.unit), by: (row) => row.b },
              {
                title: 'B ÷ A',
                cell: (row) => (row.ratio === null ? '–' : row.ratio.toFixed(3)),
                by: (row) => row.ratio,
              },
              {
                title: '95 % interval',
                cell: (row) =>
                  row.low === null || row.high === null ? 'none' : `${row.low.toFixed(3)} to ${row.high.toFixed(3)}`,
              },
              { title: '', cell: (row) => interval(row, scale) },
              {
                title: 'says',
                cell: ({ verdict: says }) =>
                  h('span', { class: says === 'slower' ? 'bad' : says === 'faster' ? 'good' : undefined }, says),
              },
              { title: 'how', cell: (row) => row.how },
            ],
            metrics,
            'Nothing stands in both reports.',
          ),
        );
      },
    };
  },
};

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
