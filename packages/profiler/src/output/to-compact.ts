import { formatCount } from '@millpond/core/internal';
import { evidenceWords, gainWords, optionWords, placeOf, scopeWords } from '../format/finding-words.js';
import { CAPACITY_LABELS } from '../format/labels.js';
import { formatLine, formatMs, formatName, formatPath, formatShare } from '../format/units.js';
import { utf8Length } from '../format/utf8.js';
import { endTo } from '../format/width.js';
import type { Advice, Finding } from '../model/finding.js';
import { CAPACITY_IDS } from '../model/ledgers.js';
import type { PoolReport } from '../model/pool-report.js';
import type { ReportData } from '../model/report-data.js';
import { qualityWords } from './quality-words.js';
import { poolFacts } from './text/head.js';

/** A compact text has fewer bytes than this. */
export const COMPACT_BYTES = 4096;
const LAST = '… cut to 4 KB; the JSON report has the rest\n';
/** Columns of one line: no text takes the place of all others. */
const MOST_COLUMNS = 360;
const MOST_PLACE = 200;

/**
 * The report in less than 4 KB of plain text, for a chat or a language model. Most important first. It
 * begins with the step to take. Findings follow, with the option to change and the place in the source. Then comes where the time went.
 */
export function toCompact(report: ReportData): string {
  let text = '';
  let bytes = 0;
  for (const line of linesOf(report)) {
    const next = `${formatLine(line, MOST_COLUMNS)}\n`;
    const size = utf8Length(next);
    if (bytes + size >= COMPACT_BYTES - utf8Length(LAST)) return text + LAST;
    text += next;
    bytes += size;
  }
  return text;
}

/** Lines by importance. Made one after the other, because most reports have more than fit. */
function* linesOf(report: ReportData): Generator<string> {
  const { verdict, run, findings, pools, parent } = report;
  yield `millpond report v${report.version}, verdict: ${verdict.kind}${verdict.id === null ? '' : ` [${verdict.id}]`}: ${verdict.sentence}`;
  yield `next: ${verdict.step}`;
  for (const [i, finding] of findings.slice(0, 5).entries()) yield* findingLines(finding, i + 1);
  for (const pool of pools.slice(0, 3)) yield poolFacts(pool).join(', ');
  for (const pool of pools.slice(0, 3)) yield* placeLines(pool, report);
  for (const { functionName, file, line, share } of parent.cpu?.hot.slice(0, 3) ?? []) {
    yield `hot on the main thread: ${formatName(functionName || '(anonymous)')} ${shortPlace(file, line)} ${formatShare(share)}`;
  }
  for (const section of parent.sections.slice(0, 3)) {
    yield `section of the program: ${formatPath(section.path)}, self ${formatMs(section.selfMs)}`;
  }
  yield `main thread busy ${formatShare(parent.busyShare)}, node ${run.node}, level ${run.level}`;
  for (const text of qualityWords(report)) yield `quality: ${text}`;
  for (const finding of findings.slice(5, 15)) yield titleOf(finding);
  for (const note of report.notes.slice(0, 10)) yield `small: ${titleOf(note)}`;
}

function* findingLines(finding: Finding, rank: number): Generator<string> {
  yield `${rank} ${titleOf(finding)}`;
  for (const advice of finding.advice.slice(0, 3)) yield `  do: ${adviceWords(advice)}`;
  yield `  why: ${finding.text}`;
  if (finding.evidence.length > 0) yield `  seen: ${finding.evidence.slice(0, 4).map(evidenceWords).join(', ')}`;
  if (finding.explains.length > 0) yield `  explains: ${finding.explains.join(', ')}`;
}

function titleOf(finding: Finding): string {
  const where = scopeWords(finding.scope);
  const pool = finding.scope.pool === undefined ? '' : ` pool "${formatName(finding.scope.pool)}"`;
  return `${finding.id} ${finding.title}${pool}${where === '' ? '' : ` ${formatLine(where, 120)}`}, ${gainWords(finding)}, confidence ${finding.confidence}`;
}

/** The option first, then the place: neither may be cut off behind a long text. */
function adviceWords(advice: Advice): string {
  const option = optionWords(advice);
  return [
    ...(option === undefined ? [] : [`set ${formatLine(option, 120)}`]),
    ...(advice.at === undefined ? [] : [`at ${shortPlace(advice.at.file, advice.at.line)}`]),
    ...(advice.command === undefined ? [] : [`check: ${formatLine(advice.command, 100)}`]),
    advice.text,
  ].join('; ');
}

/** Where the time of one pool went. */
function* placeLines(pool: PoolReport, { pools }: ReportData): Generator<string> {
  const of = pools.length === 1 ? '' : ` of "${formatName(pool.name)}"`;
  const { totals, wantedMs } = pool.capacity;
  const parts = CAPACITY_IDS.filter((id) => wantedMs > 0 && totals[id] / wantedMs >= 0.01)
    .sort((a, b) => totals[b] - totals[a])
    .map((id) => `${CAPACITY_LABELS[id]} ${formatShare(totals[id] / wantedMs)}`);
  if (parts.length > 0) yield `workers' time${of}: ${parts.join(', ')}`;
  const slow = [...pool.byTask].sort((a, b) => b.latency.totalMs - a.latency.totalMs).slice(0, 3);
  for (const { task, tries, latency, segments } of slow) {
    yield (
      `task${of} ${formatName(task)}: ${formatCount(tries)} ${tries === 1 ? 'try' : 'tries'}, p50 ${formatMs(latency.p50Ms)}, p99 ${formatMs(latency.p99Ms)}, ` +
      `queue ${formatShare(segments.queueWait.share)}, handler ${formatShare(segments.execution.share)} (mean ${formatMs(segments.execution.meanMs)})`
    );
  }
  const cpu = pool.cpu?.find(({ workerId }) => workerId === null) ?? pool.cpu?.[0];
  for (const { functionName, file, line, share } of cpu?.hot.slice(0, 5) ?? []) {
    yield `hot${of}: ${formatName(functionName || '(anonymous)')} ${shortPlace(file, line)} ${formatShare(share)}`;
  }
  for (const section of pool.sections.slice(0, 5)) {
    yield `section${of}: ${formatName(section.task)} › ${formatPath(section.path)}, self ${formatMs(section.selfMs)} (${formatShare(section.share)})`;
  }
  for (const io of [...pool.io].sort((a, b) => b.totalMs - a.totalMs).slice(0, 3)) {
    yield `waits${of}: ${formatName(io.task)} for ${formatName(io.peer)} ${formatName(io.operation)}, ${formatMs(io.totalMs)} in ${formatCount(io.count)}`;
  }
}

/** A place in the source. Of a long path its end is kept: a line number without its file is worth nothing. */
function shortPlace(file: string, line: number): string {
  return endTo(formatLine(placeOf(file, line)), MOST_PLACE);
}
