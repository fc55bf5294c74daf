import type { BatchReport, CacheReport } from '../../../model/pool-report.js';
import { h } from '../../shared/node.js';
import { count, ms, share } from '../../shared/numbers.js';
import { fill } from '../dom.js';
import type { View } from '../page.js';
import { name, table } from '../tables.js';
import { EMPTY_POOL } from './parts.js';

export const policies: View = {
  id: 'policies',
  title: 'Caches and batches',
  why: [
    'hit share = (hits + stale hits + shared waits) ÷ look-ups. A repeated input is one whose key came before; its execution would have been saved by a cache.',
    'fill = items ÷ batches ÷ size. A batch leaves when it is full, when its time is up, or when a worker is free.',
  ],
  mount(host, page) {
    return {
      draw() {
        const pool = page.pool;
        if (pool === undefined) return fill(host, EMPTY_POOL);
        const chosen = pool.tasks[page.store.state.task];
        const isShown = ({ task }: { task: string }) => chosen === undefined || task === chosen;
        fill(
          host,
          h('h3', {}, 'Caches'),
          caches(pool.report.cache.filter(isShown)),
          h('h3', {}, 'Batches'),
          batches(pool.report.batches.filter(isShown)),
        );
      },
    };
  },
};

function caches(rows: readonly CacheReport[]): HTMLElement {
  const served = ({ hits, stale, coalesced, lookups }: CacheReport) =>
    lookups > 0 ? (hits + stale + coalesced) / lookups : 0;
  return table<CacheReport>(
    [
      { title: 'task', cell: ({ task }) => name(task), by: ({ task }) => task },
      { title: 'look-ups', cell: ({ lookups }) => count(lookups), by: ({ lookups }) => lookups },
      { title: 'hit share', cell: (row) => share(served(row)), by: served },
      { title: 'hits', cell: ({ hits }) => count(hits), by: ({ hits }) => hits },
      { title: 'stale', cell: ({ stale }) => count(stale), by: ({ stale }) => stale },
      {
        title: 'shared',
        note: 'calls that waited for an equal one',
        cell: ({ coalesced }) => count(coalesced),
        by: ({ coalesced }) => coalesced,
      },
      { title: 'misses', cell: ({ misses }) => count(misses), by: ({ misses }) => misses },
      { title: 'evicted', cell: ({ evicted }) => count(evicted), by: ({ evicted }) => evicted },
      { title: 'a miss', cell: ({ missMs }) => ms(missMs), by: ({ missMs }) => missMs },
      { title: 'a look-up', cell: ({ lookupMs }) => ms(lookupMs), by: ({ lookupMs }) => lookupMs },
      {
        title: 'repeated',
        note: 'execution of inputs that came before, estimated from up to 1,024 of them; levels trace and cpu',
        cell: ({ repeatedMs }) => ms(repeatedMs),
        by: ({ repeatedMs }) => repeatedMs,
      },
      {
        title: 'keys',
        note: 'two keys that were looked up once',
        cell: ({ exampleKeys }) => name(exampleKeys.join('   ')),
      },
    ],
    rows,
    'No cache was asked.',
  );
}

function batches(rows: readonly BatchReport[]): HTMLElement {
  return table<BatchReport>(
    [
      { title: 'task', cell: ({ task }) => name(task), by: ({ task }) => task },
      { title: 'batches', cell: ({ batches }) => count(batches), by: ({ batches }) => batches },
      { title: 'items', cell: ({ items }) => count(items), by: ({ items }) => items },
      {
        title: 'fill',
        cell: ({ fillShare, size }) => `${share(fillShare)} of ${count(size)}`,
        by: ({ fillShare }) => fillShare,
      },
      { title: 'wait, mean', cell: ({ waitMs }) => ms(waitMs.meanMs), by: ({ waitMs }) => waitMs.meanMs },
      { title: 'wait, p99', cell: ({ waitMs }) => ms(waitMs.p99Ms), by: ({ waitMs }) => waitMs.p99Ms },
      { title: 'at most', cell: ({ maxWaitMs }) => ms(maxWaitMs), by: ({ maxWaitMs }) => maxWaitMs },
      {
        title: 'left because',
        cell: ({ byReason }) =>
          Object.entries(byReason)
            .map(([reason, times]) => `${reason} ${count(times)}`)
            .join(', '),
      },
    ],
    rows,
    'No handler took batches.',
  );
}
