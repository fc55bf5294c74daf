import { wellFormed } from '../format/plain.js';
import { CAPACITY_IDS } from '../model/ledgers.js';
import type { ReportData } from '../model/report-data.js';
import { SEGMENT_IDS } from '../model/segments.js';
import { refuse, show } from '../options.js';
import { triesOf } from './tries.js';

export const CSV_TABLES = ['tasks', 'workers', 'sections', 'io', 'spans'] as const;
export type CsvTable = (typeof CSV_TABLES)[number];
type Row = Record<string, string | number | boolean | null>;

const DURATION_KEYS = [
  'count',
  'totalMs',
  'meanMs',
  'minMs',
  'maxMs',
  'p50Ms',
  'p75Ms',
  'p90Ms',
  'p95Ms',
  'p99Ms',
  'p999Ms',
] as const;
const ROWS: Record<CsvTable, (report: ReportData) => Iterable<Row>> = { tasks, workers, sections, io, spans };
/** The first line, also of a table without rows. */
const EMPTY: Record<CsvTable, readonly string[]> = {
  tasks: ['pool', 'task'],
  workers: ['pool', 'workerId'],
  sections: ['where', 'pool', 'task', 'path'],
  io: ['pool', 'task', 'kind'],
  spans: ['pool', 'taskId', 'task'],
};

/**
 * One table of the report as CSV (RFC 4180). The first line has names. Times are in ms, shares from 0 to 1. A cell is empty where nothing
 * was measured. A text that a spreadsheet would run as a formula begins with an apostrophe.
 */
export function toCsv(report: ReportData, table: CsvTable): string {
  if (!CSV_TABLES.includes(table))
    refuse('table', `must be one of ${CSV_TABLES.map((each) => `"${each}"`).join(', ')}; received ${show(table)}.`);
  const lines: string[] = [];
  let names: readonly string[] = EMPTY[table];
  for (const row of ROWS[table](report)) {
    if (lines.length === 0) names = Object.keys(row);
    lines.push(names.map((name) => cell(row[name] ?? null)).join(','));
  }
  return `${[names.join(','), ...lines].join('\r\n')}\r\n`;
}

function cell(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  if (typeof value === 'boolean') return String(value);
  const whole = wellFormed(value);
  const safe = /^[=+\-@\t\r]/.test(whole) ? `'${whole}` : whole;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function durations(stats: Record<(typeof DURATION_KEYS)[number], number>, prefix = ''): Row {
  return Object.fromEntries(
    DURATION_KEYS.map((key) => [`${prefix}${prefix === '' ? key : key[0]?.toUpperCase() + key.slice(1)}`, stats[key]]),
  );
}

function* tasks({ pools }: ReportData): Generator<Row> {
  for (const pool of pools) {
    for (const task of pool.byTask) {
      yield {
        ...{ pool: pool.name, task: task.task, tries: task.tries, retries: task.retries, ...task.outcomes },
        ...durations(task.latency, 'latency'),
        ...durations(task.segments.execution, 'execution'),
        ...Object.fromEntries(SEGMENT_IDS.map((id) => [`${id}TotalMs`, task.segments[id].totalMs])),
        ...task.execution,
        ...{ slowdown: task.slowdown, bytesIn: task.bytesIn.total, bytesOut: task.bytesOut.total },
      };
    }
  }
}

function* workers({ pools }: ReportData): Generator<Row> {
  for (const pool of pools) {
    for (const worker of pool.workers) {
      const { capacity, byTask: _byTask, heapFloor, firstTasksMs: _firstTasksMs, ...own } = worker;
      yield {
        pool: pool.name,
        ...own,
        heapFloorSlope: heapFloor?.slope ?? null,
        ...Object.fromEntries(CAPACITY_IDS.map((id) => [`${id}Ms`, capacity[id]])),
      };
    }
  }
}

function* sections({ pools, parent }: ReportData): Generator<Row> {
  const row = (where: string, pool: string, task: string, each: ReportData['parent']['sections'][number]): Row => ({
    ...{ where, pool, task, path: each.path.join(' › '), selfMs: each.selfMs, share: each.share, ...durations(each) },
    ...{ errors: each.errors, meanConcurrency: each.meanConcurrency, peak: each.peak },
    ...{ heapBytes: each.memory?.heapBytes ?? null, externalBytes: each.memory?.externalBytes ?? null },
  });
  for (const section of parent.sections) yield row('parent', '', '', section);
  for (const pool of pools) for (const section of pool.sections) yield row('worker', pool.name, section.task, section);
}

function* io({ pools }: ReportData): Generator<Row> {
  for (const pool of pools) for (const each of pool.io) yield { pool: pool.name, ...each };
}

function* spans({ pools }: ReportData): Generator<Row> {
  for (const pool of pools) {
    for (const { stamps, name: _name, ...each } of triesOf(pool)) {
      const times = Object.fromEntries(stamps.map((at, i) => [`t${i}`, Number.isNaN(at) ? null : at]));
      yield { pool: pool.name, ...each, ...times };
    }
  }
}
