import { plainName } from '../../format/plain.js';
import { CAPACITY_IDS } from '../../model/ledgers.js';
import type { ReportData } from '../../model/report-data.js';
import { type Family, MOST_SERIES, type Series } from './family.js';
import { ioFamilies } from './io-metrics.js';
import { taskFamilies } from './task-metrics.js';

/** The numbers of a report that a monitoring system keeps. Families without a series are left out. */
export function metricsOf(report: ReportData): Family[] {
  return [...runFamilies(report), ...poolFamilies(report), ...taskFamilies(report), ...ioFamilies(report)]
    .map((family) => ({ ...family, series: family.series.filter(isFinite).slice(0, MOST_SERIES) }))
    .filter(({ series }) => series.length > 0);
}

function isFinite({ value }: Series): boolean {
  return typeof value !== 'number' || Number.isFinite(value);
}

function runFamilies({ run, verdict, findings, quality, parent }: ReportData): Family[] {
  const { ledger } = parent;
  const one = (value: number, labels = {}): Series[] => [{ labels, value }];
  const parts = {
    idle: ledger.idleMs,
    encode: ledger.encodeMs,
    decode: ledger.decodeMs,
    dispatch: ledger.dispatchMs,
    gc: ledger.gcMs,
    profiler: ledger.profilerMs,
    user: ledger.userMs,
    unattributed: ledger.unattributedMs,
  };
  return [
    {
      name: 'run.time',
      help: 'Time that the report covers.',
      unit: 's',
      type: 'gauge',
      series: one(run.wallMs / 1000),
    },
    {
      name: 'verdict',
      help: 'The verdict: always 1, its kind and its rule in the labels.',
      unit: '1',
      type: 'gauge',
      series: one(1, { kind: verdict.kind, id: verdict.id ?? '' }),
    },
    {
      ...{
        name: 'finding.saving',
        help: 'Time that a finding would save, by a replay of the run.',
        unit: 's',
        type: 'gauge',
      },
      series: findings
        .slice(0, 50)
        .flatMap(({ id, title, saving }, rank) =>
          saving === null ? [] : one(saving.ms / 1000, { rank: String(rank + 1), id, title: plainName(title) }),
        ),
    },
    {
      name: 'main.busy',
      help: 'Share of the time in which the event loop of the main thread was not idle.',
      unit: '1',
      type: 'gauge',
      series: one(parent.busyShare),
    },
    {
      ...{ name: 'main.time', help: 'Time of the main thread, by what it did.', unit: 's', type: 'counter' },
      series: Object.entries(parts).map(([part, ms]) => ({ labels: { part }, value: ms / 1000 })),
    },
    {
      name: 'main.loop_delay.max',
      help: 'Longest delay of the event loop of the main thread.',
      unit: 's',
      type: 'gauge',
      series: one(ledger.loopDelayMaxMs / 1000),
    },
    {
      name: 'unattributed',
      help: 'Share of the time that the measurements leave over.',
      unit: '1',
      type: 'gauge',
      series: one(quality.unattributedShare),
    },
    {
      ...{ name: 'profiler.time', help: 'Time that the profiler itself took.', unit: 's', type: 'counter' },
      series: Object.entries(quality.profilerMs).map(([side, ms]) => ({ labels: { side }, value: ms / 1000 })),
    },
    {
      ...{ name: 'dropped', help: 'Measurements without a place.', unit: '{item}', type: 'counter' },
      series: quality.dropped
        .slice(0, 50)
        .map(({ what, count }) => ({ labels: { what: plainName(what) }, value: count })),
    },
  ];
}

function poolFamilies({ pools }: ReportData): Family[] {
  const each = (valueOf: (pool: ReportData['pools'][number]) => number | null): Series[] =>
    pools.flatMap((pool) => {
      const value = valueOf(pool);
      return value === null ? [] : [{ labels: { pool: plainName(pool.name) }, value }];
    });
  const states = (pick: (pool: ReportData['pools'][number]) => Record<string, number>): Series[] =>
    pools.flatMap((pool) =>
      Object.entries(pick(pool)).map(([state, value]) => ({ labels: { pool: plainName(pool.name), state }, value })),
    );
  return [
    {
      name: 'tasks',
      help: 'Tasks that settled or came back.',
      unit: '{task}',
      type: 'counter',
      series: each(({ tasks }) => tasks),
    },
    {
      name: 'tasks.unsettled',
      help: 'Tasks that had not settled at the end, by state.',
      unit: '{task}',
      type: 'gauge',
      series: states(({ atEnd: { queued, dispatched, silentWorkers } }) => ({ queued, dispatched, silentWorkers })),
    },
    {
      name: 'in_flight',
      help: 'Tries between submit and settled.',
      unit: '{task}',
      type: 'gauge',
      series: states(({ meanInFlight, peakInFlight }) => ({ mean: meanInFlight, peak: peakInFlight })),
    },
    {
      name: 'workers',
      help: 'Workers: wanted, most at one time, and busy on average.',
      unit: '{worker}',
      type: 'gauge',
      series: states(({ asked, peakWorkers }) => ({
        wanted: asked.workers.wanted,
        peak: peakWorkers,
        busy: asked.workers.meanBusy,
      })),
    },
    {
      name: 'utilization',
      help: 'Time with a handler running, divided by the time that workers were up.',
      unit: '1',
      type: 'gauge',
      series: each(({ utilization }) => utilization),
    },
    {
      ...{ name: 'worker.time', help: 'Time of all workers, by what they did.', unit: 's', type: 'counter' },
      series: pools.flatMap(({ name, capacity }) =>
        CAPACITY_IDS.map((id) => ({
          labels: { pool: plainName(name), activity: id },
          value: capacity.totals[id] / 1000,
        })),
      ),
    },
    {
      name: 'worker.gc.time',
      help: 'Pauses of the garbage collectors of workers that are listed.',
      unit: 's',
      type: 'counter',
      series: each(({ workers }) => workers.reduce((sum, { gcMs }) => sum + gcMs, 0) / 1000),
    },
    {
      name: 'memory.peak',
      help: 'Most memory of all workers together.',
      unit: 'By',
      type: 'gauge',
      series: each(({ asked }) => asked.memory.peakBytes),
    },
    {
      name: 'worker.deaths',
      help: 'Workers that died.',
      unit: '{worker}',
      type: 'counter',
      series: each(({ deaths }) => deaths.length),
    },
  ];
}
