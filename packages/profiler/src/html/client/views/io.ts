import type { IoReport, ResourceReport } from '../../../model/io.js';
import { h } from '../../shared/node.js';
import { bytes, count, digits, ms, share } from '../../shared/numbers.js';
import { fill } from '../dom.js';
import type { View } from '../page.js';
import { name, table } from '../tables.js';
import { EMPTY_POOL } from './parts.js';

export const io: View = {
  id: 'io',
  title: 'I/O waits',
  why: [
    'One row a task name, kind, peer and operation. wait = times of all operations in sum; at once = wait ÷ time with at least one open.',
    'share = wait ÷ execution of the task name; more than 100 % where operations overlap.',
  ],
  mount(host, page) {
    return {
      draw() {
        const pool = page.pool;
        if (pool === undefined) return fill(host, EMPTY_POOL);
        const chosen = pool.tasks[page.store.state.task];
        const rows = pool.report.io.filter(({ task }) => chosen === undefined || task === chosen);
        const { resources } = pool.report;
        const most = rows.reduce((largest, { totalMs }) => Math.max(largest, totalMs), 0);
        fill(
          host,
          ioTable(rows, most),
          ...(resources.length === 0 ? [] : [h('h3', {}, 'Resources'), resourceTable(resources)]),
        );
      },
    };
  },
};

const WHAT = { use: '', connect: 'set-up', prepare: 'prepare' };

function ioTable(rows: readonly IoReport[], most: number): HTMLElement {
  return table<IoReport>(
    [
      { title: 'task', cell: ({ task }) => name(task), by: ({ task }) => task },
      { title: 'kind', cell: ({ kind, what }) => `${kind} ${WHAT[what]}`.trim(), by: ({ kind }) => kind },
      { title: 'peer', cell: ({ peer }) => name(peer), by: ({ peer }) => peer },
      {
        title: 'operation',
        cell: ({ operation, statement }) =>
          h(
            'span',
            { class: 'name', title: statement || operation },
            operation,
            statement === '' ? '' : ` ${statement}`,
          ),
      },
      {
        title: '',
        cell: ({ totalMs }) =>
          h(
            'svg',
            { viewBox: '0 0 100 8', class: 'minibar', preserveAspectRatio: 'none' },
            h('rect', { width: most > 0 ? (totalMs / most) * 100 : 0, height: 8, fill: 'var(--c-loopidle)' }),
          ),
      },
      { title: 'wait', cell: ({ totalMs }) => ms(totalMs), by: ({ totalMs }) => totalMs },
      { title: 'share', cell: (row) => share(row.share), by: (row) => row.share },
      { title: 'count', cell: (row) => count(row.count), by: (row) => row.count },
      { title: 'mean', cell: ({ meanMs }) => ms(meanMs), by: ({ meanMs }) => meanMs },
      { title: 'p99', cell: ({ p99Ms }) => ms(p99Ms), by: ({ p99Ms }) => p99Ms },
      {
        title: 'at once',
        note: 'mean, and most in one worker',
        cell: ({ meanConcurrency, peak }) => `${digits(meanConcurrency)}, ${count(peak)}`,
        by: ({ meanConcurrency }) => meanConcurrency,
      },
      { title: 'in', cell: ({ bytesIn }) => bytes(bytesIn), by: ({ bytesIn }) => bytesIn },
      { title: 'out', cell: ({ bytesOut }) => bytes(bytesOut), by: ({ bytesOut }) => bytesOut },
      {
        title: 'errors',
        cell: ({ errors }) => h('span', { class: errors > 0 ? 'bad' : undefined }, count(errors)),
        by: ({ errors }) => errors,
      },
    ],
    rows,
    'No handler was seen to wait for another service. Drivers that publish on diagnostics channels are seen.',
  );
}

function resourceTable(rows: readonly ResourceReport[]): HTMLElement {
  return table<ResourceReport>(
    [
      { title: 'resource', cell: (row) => name(row.name), by: (row) => row.name },
      { title: 'task', cell: ({ task }) => name(task), by: ({ task }) => task },
      {
        title: 'in use, most',
        cell: ({ peakInUse, budget }) => `${count(peakInUse)} of ${count(budget)}`,
        by: ({ peakInUse }) => peakInUse,
      },
      {
        title: 'wait for one',
        note: 'mean',
        cell: ({ acquire }) => ms(acquire.meanMs),
        by: ({ acquire }) => acquire.meanMs,
      },
      { title: 'used for', note: 'mean', cell: ({ usage }) => ms(usage.meanMs), by: ({ usage }) => usage.meanMs },
      {
        title: 'of it active',
        cell: ({ usage, activeMs }) => share(usage.totalMs > 0 ? activeMs / usage.totalMs : 0),
        by: ({ activeMs }) => activeMs,
      },
      { title: 'made', cell: ({ created }) => count(created), by: ({ created }) => created },
      {
        title: 'uses each',
        cell: ({ uses, created }) => digits(created > 0 ? uses / created : uses),
        by: ({ uses, created }) => (created > 0 ? uses / created : uses),
      },
      {
        title: 'statement hits',
        cell: ({ statements: { hits, misses } }) => (hits + misses === 0 ? '–' : share(hits / (hits + misses))),
        by: ({ statements }) => statements.hits,
      },
    ],
    rows,
    '',
  );
}
