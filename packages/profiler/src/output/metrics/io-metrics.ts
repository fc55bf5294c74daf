import { plainName } from '../../format/plain.js';
import type { PoolReport } from '../../model/pool-report.js';
import type { ReportData } from '../../model/report-data.js';
import { bounded } from './bounded.js';
import type { Family, Series } from './family.js';

/** Caches, batches, waits for servers, and sections. */
export function ioFamilies({ pools, parent }: ReportData): Family[] {
  const flat = (seriesOf: (pool: PoolReport, name: string) => Series[]): Series[] =>
    pools.flatMap((pool) => seriesOf(pool, plainName(pool.name)));
  return [
    {
      ...{ name: 'cache.lookups', help: 'Calls of cached tasks, by what they found.', unit: '{task}', type: 'counter' },
      series: flat(({ cache }, pool) =>
        cache.flatMap(({ task, hits, stale, coalesced, misses }) =>
          Object.entries({ hit: hits, stale, coalesced, miss: misses }).map(([result, value]) => ({
            labels: { pool, task: plainName(task), result },
            value,
          })),
        ),
      ),
    },
    {
      name: 'batches',
      help: 'Batches that left for a worker.',
      unit: '{item}',
      type: 'counter',
      series: flat(({ batches }, pool) =>
        batches.map(({ task, batches: value }) => ({ labels: { pool, task: plainName(task) }, value })),
      ),
    },
    {
      name: 'batch.items',
      help: 'Tasks in batches.',
      unit: '{item}',
      type: 'counter',
      series: flat(({ batches }, pool) =>
        batches.map(({ task, items }) => ({ labels: { pool, task: plainName(task) }, value: items })),
      ),
    },
    ...ioOnly(flat),
    {
      ...{ name: 'section.time', help: 'Self time of sections.', unit: 's', type: 'counter' },
      series: [
        ...flat((pool, name) => sectionSeries(pool.sections, { pool: name })),
        ...sectionSeries(
          parent.sections.map((each) => ({ ...each, task: '' })),
          { pool: '' },
        ),
      ],
    },
  ];
}

function ioOnly(flat: (seriesOf: (pool: PoolReport, name: string) => Series[]) => Series[]): Family[] {
  const by = (valueOf: (io: IoSums) => number) =>
    flat(({ io }, pool) => {
      const all = io.map((each) => ({
        ...each,
        labels: { kind: each.kind, peer: each.peer, operation: each.what === 'use' ? each.operation : each.what },
      }));
      const kept = bounded<IoSums>(
        all,
        ({ totalMs }) => totalMs,
        ({ labels }) => JSON.stringify(labels),
        fold,
      );
      return kept.map(([, each]) => ({ labels: { pool, ...mapped(each.labels) }, value: valueOf(each) }));
    });
  return [
    {
      name: 'io.operations',
      help: 'Operations that handlers waited for, by server.',
      unit: '{item}',
      type: 'counter',
      series: by(({ count }) => count),
    },
    {
      name: 'io.time',
      help: 'Waits of handlers for servers, in sum.',
      unit: 's',
      type: 'counter',
      series: by(({ totalMs }) => totalMs / 1000),
    },
    {
      name: 'io.errors',
      help: 'Operations that failed.',
      unit: '{item}',
      type: 'counter',
      series: by(({ errors }) => errors),
    },
  ];
}

interface IoSums {
  labels: Record<'kind' | 'peer' | 'operation', string>;
  count: number;
  totalMs: number;
  errors: number;
}

/** Beyond the bound, one series has all. */
function fold(sum: IoSums, each: IoSums): IoSums {
  const isSame = JSON.stringify(sum.labels) === JSON.stringify(each.labels);
  const labels = isSame ? sum.labels : { kind: '(other)', peer: '(other)', operation: '(other)' };
  return {
    labels,
    count: sum.count + each.count,
    totalMs: sum.totalMs + each.totalMs,
    errors: sum.errors + each.errors,
  };
}

function mapped<K extends string>(labels: Record<K, string>): Record<K, string> {
  return Object.fromEntries(Object.entries<string>(labels).map(([key, text]) => [key, plainName(text, '')])) as Record<
    K,
    string
  >;
}

function sectionSeries(
  sections: readonly { task: string; path: readonly string[]; selfMs: number }[],
  outer: { pool: string },
): Series[] {
  const kept = bounded(
    sections.map(({ task, path, selfMs }) => ({ task, path: path.join(' › '), selfMs })),
    ({ selfMs }) => selfMs,
    ({ task, path }) => `${task} › ${path}`,
    (sum, each) => ({ ...sum, selfMs: sum.selfMs + each.selfMs }),
  );
  return kept.map(([section, { selfMs }]) => ({ labels: { ...outer, section }, value: selfMs / 1000 }));
}
