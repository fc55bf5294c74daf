import { h } from '../../shared/node.js';
import { bytes, count, digits, ms, share } from '../../shared/numbers.js';
import { fill } from '../dom.js';
import type { Page, View } from '../page.js';
import { name, table } from '../tables.js';

export const quality: View = {
  id: 'quality',
  title: 'Data quality',
  why: [
    'unattributed = capacity that the measurements leave over ÷ capacity. Above 5 % no finding claims high confidence.',
    'Little’s law: tasks in flight = rate × latency. error = |L − λ · latency| ÷ L; more than 2 % means that events were lost.',
  ],
  mount(host, page) {
    return {
      draw() {
        const { quality } = page.data.report;
        fill(
          host,
          h(
            'dl',
            { class: 'facts wide' },
            facts(page).map(([key, value]) => h('div', {}, h('dt', {}, key), h('dd', {}, value))),
          ),
          table(
            [
              { title: 'left out', cell: ({ what }) => name(what) },
              { title: 'count', cell: (row) => count(row.count), by: (row) => row.count },
              { title: 'why', cell: ({ why }) => why },
            ],
            quality.dropped,
            'Nothing was left out.',
          ),
          ...list('This page', page.data.remarks),
          ...list('This system cannot measure', quality.missing),
          ...list('Remarks', quality.remarks),
        );
      },
    };
  },
};

function list(title: string, lines: readonly string[]) {
  return lines.length === 0
    ? []
    : [
        h('h3', {}, title),
        h(
          'ul',
          { class: 'plain' },
          lines.map((line) => h('li', {}, line)),
        ),
      ];
}

function facts(page: Page): [string, string][] {
  const { quality, run, version } = page.data.report;
  const samples = (page.pool?.cpu ?? []).find(({ workerId }) => workerId === null);
  const { table: spans } = page.pool ?? {};
  return [
    ['level', run.level],
    ['began', run.startedAt],
    ['node', `${run.node} ${run.execArgv.join(' ')}`.trim()],
    ['platform', run.platform],
    ['cores', `${digits(run.cores)}${run.otherCores === null ? '' : `, others used ${digits(run.otherCores)}`}`],
    ['memory', bytes(run.memoryBytes)],
    ['unattributed', share(quality.unattributedShare)],
    ['error by Little’s law', share(quality.littleError)],
    ['clock anomalies', `${count(quality.clockAnomalies.tries)} tries, at most ${ms(quality.clockAnomalies.maxMs)}`],
    ['own time', `${ms(quality.profilerMs.parent)} main thread, ${ms(quality.profilerMs.workers)} workers`],
    [
      'tries in pictures',
      spans === undefined || spans === null ? 'none' : `${count(spans.rows)} of ${count(spans.of)}`,
    ],
    [
      'samples of processors',
      samples === undefined ? 'none' : `${count(samples.samples)}, one each ${digits(samples.intervalUs)} µs`,
    ],
    ['report', `version ${version}`],
  ];
}
