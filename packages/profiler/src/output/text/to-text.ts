import { formatName } from '../../format/units.js';
import type { PoolReport } from '../../model/pool-report.js';
import type { ReportData } from '../../model/report-data.js';
import { askedLines } from './asked.js';
import { capacityLines, dispatcherLines } from './capacity.js';
import { hotLines, parentSectionLines, sectionLines } from './code-tables.js';
import { findingLines, noteLines } from './findings.js';
import { headLines } from './head.js';
import { latencyLines } from './latency.js';
import { type Page, pageOf, paragraph, type TextOptions, titled } from './page.js';
import { qualityLines } from './quality.js';
import { slowestLines, taskLines, workerLines } from './task-tables.js';
import { batchLines, cacheLines, deathLines, ioLines, resourceLines } from './wait-tables.js';

/**
 * The report for a terminal. Pools, verdict and findings come first, then where the time went, tables, and what the measurements are
 * worth. The last line is the step to take. A part without content is left out. Names cannot steer the terminal.
 * @throws ERR_OPTION for an unknown key or a wrong value
 */
export function toText(report: ReportData, options?: TextOptions): string {
  const page = pageOf(options);
  const blocks = [
    [...headLines(report, page), ...verdictLines(report, page)],
    ...report.findings.map((finding, i) => findingLines(finding, i, report, page)),
    noteLines(report, page),
    ...report.pools.flatMap((pool) => poolBlocks(report, pool, page)),
    titled(page, 'Main thread of the program', report.pools.length === 0 ? [] : dispatcherLines(report.parent, page)),
    titled(page, 'Sections of the program, by self time', parentSectionLines(report.parent.sections, page)),
    titled(page, 'Functions on the main thread', hotLines(report.parent.cpu, page)),
    titled(page, 'Data quality', qualityLines(report, page)),
    stepLines(report, page),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** The first finding says the same, with its numbers. */
function verdictLines({ verdict, findings }: ReportData, page: Page): string[] {
  if (verdict.id !== null && verdict.id === findings[0]?.id) return [];
  const paint = verdict.kind === 'bottleneck' || verdict.kind === 'risk' ? page.alarm : page.good;
  if (verdict.sentence === '') return [];
  return paragraph(page, verdict.sentence).map(verdict.kind === 'nothing' ? page.dim : paint);
}

function stepLines({ verdict }: ReportData, page: Page): string[] {
  return paragraph(page, verdict.step, '', 'next: ').map(page.bold);
}

function poolBlocks(report: ReportData, pool: PoolReport, page: Page): string[][] {
  const of = (title: string) => (report.pools.length === 1 ? title : `Pool "${formatName(pool.name)}": ${title}`);
  const workers = (pool.cpu ?? []).find(({ workerId }) => workerId === null) ?? pool.cpu?.[0];
  return [
    titled(page, of('Where the time of the workers went'), capacityLines(pool, page)),
    ...latencyLines(pool, page).map((lines, i) =>
      i === 0 ? titled(page, of('Where the time of a task went'), lines) : lines,
    ),
    titled(page, of('Asked, and used'), askedLines(pool, page)),
    titled(page, of('Task names'), taskLines(pool, page)),
    titled(page, of('Workers'), workerLines(pool, page)),
    titled(page, of('Sections in workers'), sectionLines(pool.sections, page)),
    titled(page, of('Functions in workers'), hotLines(workers, page)),
    titled(page, of('Waits for servers and resources'), ioLines(pool, page)),
    titled(page, of('Resources'), resourceLines(pool, page)),
    titled(page, of('Caches'), cacheLines(pool, page)),
    titled(page, of('Batches'), batchLines(pool, page)),
    titled(page, of('Deaths of workers'), deathLines(pool, page)),
    titled(page, of('Slowest tries'), slowestLines(pool, page)),
  ];
}
