import { formatCount } from '@millpond/core/internal';
import { gainWords, optionWords, placeWords, scopeWords } from '../format/finding-words.js';
import { CAPACITY_LABELS } from '../format/labels.js';
import { mdCode, mdTable, mdText } from '../format/markdown.js';
import { formatBytes, formatMs, formatName, formatShare } from '../format/units.js';
import type { Advice, Finding } from '../model/finding.js';
import { CAPACITY_IDS } from '../model/ledgers.js';
import type { PoolReport } from '../model/pool-report.js';
import type { ReportData } from '../model/report-data.js';
import { qualityWords } from './quality-words.js';
import { poolFacts } from './text/head.js';

/** Most rows of a table: a comment on a pull request has room for 65,536 characters. */
const MAX_ROWS = 20;

/** The report as a comment for a pull request. Verdict, step and findings first; the tables are folded. */
export function toMarkdown(report: ReportData): string {
  const { verdict, findings, pools } = report;
  const blocks = [
    `### ${mdText(verdict.sentence, 600)}`,
    `**Next:** ${mdText(verdict.step, 600)}`,
    findings.length === 0 ? '' : mdTable(['#', 'finding', 'gain', 'do'], findings.slice(0, MAX_ROWS).map(findingCells)),
    ...pools.slice(0, MAX_ROWS).map((pool) => poolBlock(pool, pools.length === 1 && findings.length > 0)),
    folded(
      'Findings too small to act on',
      report.notes.length === 0 ? '' : mdTable(['finding', 'gain'], report.notes.slice(0, MAX_ROWS).map(noteCells)),
    ),
    folded('Data quality', qualityList(report)),
    `<sub>${mdText(`node ${report.run.node}, ${report.run.platform}, ${formatCount(report.run.cores)} cores, level ${report.run.level}`, 200)}</sub>`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function findingCells(finding: Finding, index: number): string[] {
  const where = scopeWords(finding.scope);
  return [
    String(index + 1),
    `**${mdText(finding.title, 100)}** (${mdText(finding.id, 20)})${where === '' ? '' : ` ${mdCode(where)}`}<br>${mdText(finding.text, 400)}`,
    `${mdText(gainWords(finding), 120)}<br>confidence ${finding.confidence}`,
    finding.advice.slice(0, 3).map(adviceCell).join('<br>'),
  ];
}

function adviceCell(advice: Advice): string {
  const option = optionWords(advice);
  const place = placeWords(advice);
  return [
    mdText(advice.text, 300),
    ...(option === undefined ? [] : [mdCode(option, 160)]),
    ...(place === undefined ? [] : [`at ${mdCode(place, 160)}`]),
    ...(advice.command === undefined ? [] : [`check: ${mdCode(advice.command, 160)}`]),
  ].join('<br>');
}

function noteCells(note: Finding): string[] {
  return [
    `${mdText(note.title, 100)} (${mdText(note.id, 20)}): ${mdText(note.text, 300)}`,
    mdText(gainWords(note), 120),
  ];
}

function poolBlock(pool: PoolReport, isFolded: boolean): string {
  const title = poolFacts(pool).join(' · ');
  const body = [capacityTable(pool), taskTable(pool)].filter((each) => each !== '').join('\n\n');
  return isFolded ? folded(title, body) : `${mdText(title, 400)}\n\n${body}`.trim();
}

function capacityTable({ capacity: { totals, wantedMs } }: PoolReport): string {
  if (wantedMs <= 0) return '';
  const ids = CAPACITY_IDS.filter((id) => totals[id] / wantedMs >= 0.005).sort((a, b) => totals[b] - totals[a]);
  return mdTable(
    ["the workers' time", 'share', ''],
    ids.map((id) => [CAPACITY_LABELS[id], formatShare(totals[id] / wantedMs), formatMs(totals[id])]),
    1,
  );
}

function taskTable({ byTask }: PoolReport): string {
  if (byTask.length === 0) return '';
  const rows = byTask
    .slice(0, MAX_ROWS)
    .map(({ task, tries, outcomes, latency, segments, bytesIn, bytesOut }) => [
      mdCode(formatName(task)),
      formatCount(tries),
      formatCount(outcomes.error + outcomes.timeout + outcomes.crash),
      formatMs(latency.p50Ms),
      formatMs(latency.p99Ms),
      formatShare(segments.queueWait.share),
      formatMs(segments.execution.meanMs),
      formatBytes(bytesIn.mean),
      formatBytes(bytesOut.mean),
    ]);
  const more = byTask.length - rows.length;
  return (
    mdTable(['task', 'tries', 'failed', 'p50', 'p99', 'in the queue', 'handler', 'in', 'out'], rows, 1) +
    (more > 0 ? `\n\n… and ${formatCount(more)} more task names` : '')
  );
}

function qualityList(report: ReportData): string {
  return qualityWords(report)
    .map((text) => `- ${mdText(text, 300)}`)
    .join('\n');
}

function folded(title: string, body: string): string {
  return body === '' ? '' : `<details><summary>${mdText(title, 400)}</summary>\n\n${body}\n\n</details>`;
}
