import { columns, table } from '../format/table.js';
import { formatMs, formatName, formatRate, formatShare } from '../format/units.js';
import type { ReportData } from '../model/report-data.js';

export interface TrendRow {
  addedAt: string;
  label: string;
  report: ReportData;
}

const TITLES = ['when', 'label', 'verdict', 'wall', 'throughput', 'utilization', 'slowest p99', 'failed'];

/** Main figures of reports, one row each; files that could not be read below. */
export function trendTable(
  rows: readonly TrendRow[],
  damaged: readonly { file: string; why: string }[],
  format: 'text' | 'markdown',
): string {
  const cells = rows.map(cellsOf);
  const lines =
    rows.length === 0
      ? ['There are no reports yet.']
      : format === 'text'
        ? table(columns(TITLES, 3), cells)
        : [TITLES, TITLES.map((_, i) => (i < 3 ? '---' : '---:')), ...cells.map((row) => row.map(escaped))].map(
            (row) => `| ${row.join(' | ')} |`,
          );
  const skipped = damaged.map(
    ({ file, why }) => `left out: ${formatName(file.split(/[\\/]/).at(-1) ?? file)}: ${formatName(why)}`,
  );
  return [
    ...lines,
    ...(skipped.length > 0 ? ['', ...skipped.map((line) => (format === 'text' ? line : `- ${escaped(line)}`))] : []),
    '',
  ].join('\n');
}

function cellsOf({ addedAt, label, report: { pools, verdict } }: TrendRow): string[] {
  const tries = sum(pools.map((pool) => pool.tries));
  const activeMs = Math.max(0, ...pools.map((pool) => pool.activeMs));
  const [upMs, busyMs] = [
    sum(pools.map(({ capacity }) => capacity.upMs)),
    sum(pools.map((pool) => pool.utilization * pool.capacity.upMs)),
  ];
  const failed = sum(pools.map(({ outcomes }) => outcomes.error + outcomes.timeout + outcomes.crash));
  const tasks = pools.flatMap(({ byTask }) => byTask).sort((a, b) => b.latency.p99Ms - a.latency.p99Ms);
  const [slowest] = tasks;
  return [
    formatName(addedAt.slice(0, 16).replace('T', ' ')),
    formatName(label),
    verdict.id === null ? verdict.kind : `${verdict.kind} ${verdict.id}`,
    formatMs(activeMs),
    activeMs > 0 ? formatRate(tries / (activeMs / 1000)) : '–',
    upMs > 0 ? formatShare(busyMs / upMs) : '–',
    slowest === undefined ? '–' : `${formatMs(slowest.latency.p99Ms)} ${formatName(slowest.task)}`,
    String(failed),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A cell of Markdown: neither a column more, nor markup. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|]/g, '\\$&');
}
