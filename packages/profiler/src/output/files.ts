import { plainName } from '../format/plain.js';
import { toHtml } from '../html/to-html.js';
import type { ReportData } from '../model/report-data.js';
import { toChromeTrace } from './chrome/to-chrome-trace.js';
import { cpuReportsOf } from './cpu-reports.js';
import { toPrometheus } from './metrics/to-prometheus.js';
import { metricsRequest } from './otlp/metrics.js';
import { OTLP_SERVICE, OTLP_TASKS } from './otlp/to-otlp.js';
import { traceRequest } from './otlp/traces.js';
import { toText } from './text/to-text.js';
import { toCompact } from './to-compact.js';
import { toCpuProfile } from './to-cpuprofile.js';
import { CSV_TABLES, type CsvTable, toCsv } from './to-csv.js';
import { toFolded } from './to-folded.js';
import { toJson } from './to-json.js';
import { toMarkdown } from './to-markdown.js';
import { toPprof } from './to-pprof.js';
import { toSpeedscope } from './to-speedscope.js';

/** A file that a report can be written to. Its content is made when it is its turn: together they would need much memory. */
export interface OutputFile {
  name: string;
  render(): string | Uint8Array;
}

type Render = (report: ReportData) => string | Uint8Array;

/** Endings of file names, longer ones before those that they end in. */
const BY_ENDING: readonly (readonly [ending: string, render: Render])[] = [
  ['.compact.txt', toCompact],
  ['.txt', (report) => toText(report)],
  ['.html', (report) => toHtml(report)],
  ['.md', toMarkdown],
  ['.trace.json', (report) => jsonText(toChromeTrace(report))],
  ['.speedscope.json', (report) => jsonText(toSpeedscope(report))],
  ['.otlp-traces.json', (report) => jsonText(traceRequest(report, OTLP_TASKS, OTLP_SERVICE))],
  ['.otlp-metrics.json', (report) => jsonText(metricsRequest(report, OTLP_SERVICE))],
  ['.json', (report) => jsonText(toJson(report))],
  ['.prom', toPrometheus],
  ['.folded', toFolded],
  ['.pb.gz', toPprof],
  ['.cpuprofile', (report) => jsonText(toCpuProfile(report) ?? toCpuProfile(report, { workerId: 0 }) ?? NO_PROFILE)],
];
/** What a file has to say without any samples: tools open it, and show nothing. */
const NO_PROFILE = { nodes: [], startTime: 0, endTime: 0, samples: [], timeDeltas: [] };

/** Endings that `fileOf` knows. A CSV file is named by its table: `tasks.csv`. */
export const KNOWN_ENDINGS: readonly string[] = [
  ...BY_ENDING.map(([ending]) => ending),
  ...CSV_TABLES.map((table) => `${table}.csv`),
];

/** The file for a path, by its ending. Undefined for another ending. */
export function fileOf(report: ReportData, path: string): OutputFile | undefined {
  const name = path.replaceAll('\\', '/').split('/').at(-1) ?? '';
  const table = CSV_TABLES.find((each) => name === `${each}.csv` || name.endsWith(`.${each}.csv`));
  if (table !== undefined) return { name, render: () => toCsv(report, table) };
  const render = BY_ENDING.find(([ending]) => name.endsWith(ending))?.[1];
  return render === undefined ? undefined : { name, render: () => render(report) };
}

/** All files of a folder. Those that would say nothing are left out. */
export function filesOf(report: ReportData): OutputFile[] {
  const hasSpans = report.pools.some(({ spans }) => spans !== undefined && spans.kept > 0);
  const cpu = cpuFiles(report);
  const isUseful: Partial<Record<string, boolean>> = {
    '.trace.json': hasSpans,
    '.otlp-traces.json': hasSpans,
    '.speedscope.json': hasSpans || cpu.length > 0,
    '.pb.gz': cpu.length > 0,
    '.cpuprofile': false,
  };
  const plain = BY_ENDING.filter(([ending]) => isUseful[ending] ?? true).map(([ending, render]) => ({
    name: `report${ending}`,
    render: () => render(report),
  }));
  const tables = CSV_TABLES.filter((table) => hasRows(report, table)).map((table) => ({
    name: `${table}.csv`,
    render: () => toCsv(report, table),
  }));
  return [...plain, ...tables, ...cpu];
}

function cpuFiles(report: ReportData): OutputFile[] {
  return cpuReportsOf(report).map(({ pool, cpu: { workerId } }, i) => {
    const of = report.pools.length > 1 && pool !== undefined ? `-${fileName(pool)}` : '';
    const who = pool === undefined ? 'main' : workerId === null ? 'workers' : `worker-${workerId}`;
    // Two pools may have equal names.
    const isTaken = cpuReportsOf(report)
      .slice(0, i)
      .some((other) => other.pool === pool && other.cpu.workerId === workerId);
    return {
      name: `${who}${of}${isTaken ? `-${i}` : ''}.cpuprofile`,
      render: () =>
        jsonText(
          toCpuProfile(report, {
            ...(pool === undefined ? {} : { pool }),
            workerId: pool === undefined ? 0 : workerId,
          }) ?? NO_PROFILE,
        ),
    };
  });
}

function hasRows({ pools, parent }: ReportData, table: CsvTable): boolean {
  switch (table) {
    case 'tasks':
      return pools.some(({ byTask }) => byTask.length > 0);
    case 'workers':
      return pools.some(({ workers }) => workers.length > 0);
    case 'sections':
      return parent.sections.length > 0 || pools.some(({ sections }) => sections.length > 0);
    case 'io':
      return pools.some(({ io }) => io.length > 0);
    case 'spans':
      return pools.some(({ spans }) => (spans?.kept ?? 0) > 0);
  }
}

/** A name as a part of a file name on every system. */
function fileName(name: string): string {
  return plainName(name)
    .replace(/[^\w.-]+/g, '_')
    .slice(0, 60);
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
