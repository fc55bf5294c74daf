import { formatCount } from '@millpond/core/internal';
import { EXECUTION_LABELS, SEGMENT_LABELS, WAIT_LABELS } from '../../format/labels.js';
import { formatOutcomes } from '../../format/outcomes.js';
import { columns, table } from '../../format/table.js';
import { formatMs, formatName, formatShare } from '../../format/units.js';
import type { PoolReport } from '../../model/pool-report.js';
import { SEGMENT_IDS, WAIT_IDS } from '../../model/segments.js';
import type { TaskReport } from '../../model/task-report.js';
import { bar, facts, type Page } from './page.js';

/** Task names with their parts; all names are in the table of task names. */
const MOST_TASKS = 3;
/** Parts below this in every column share one line. */
const LEAST_SHARE = 0.005;
const MOST_BAR = 24;
/** Columns that a table takes beside its bars. */
const BESIDE_BARS = 74;
const COLUMNS = columns(['', 'mean', 'around p50', 'p99 and up', 'share']);

/** For the names with most latency: its parts in order of time. One list of lines a name. */
export function latencyLines({ byTask }: PoolReport, page: Page): string[][] {
  return [...byTask]
    .filter(({ latency, breaker }) => latency.count + (breaker?.refused ?? 0) > 0)
    .sort((a, b) => b.latency.totalMs - a.latency.totalMs)
    .slice(0, MOST_TASKS)
    .map((task) => taskLines(task, page));
}

function taskLines(task: TaskReport, page: Page): string[] {
  const title = `"${formatName(task.task)}": ${formatCount(task.tries)} ${task.tries === 1 ? 'try' : 'tries'}, ${formatOutcomes(task.outcomes)}`;
  return [
    ...facts(page, [title], '  '),
    ...latencyTable(task, page),
    ...executionLine(task, page),
    ...incompleteLine(task, page),
    ...breakerLine(task, page),
  ];
}

/** Bars stand at the end of the lines, as far as there is room. */
function latencyTable(task: TaskReport, page: Page): string[] {
  const rows = rowsOf(task);
  const lines = table(
    COLUMNS,
    rows.map(({ cells }) => cells),
    '    ',
    page.width,
  );
  const widest = Math.max(...lines.map((line) => line.length));
  const room = Math.min(MOST_BAR, page.width - BESIDE_BARS);
  return lines.map((line, i) => {
    const share = rows[i - 1]?.share ?? 0;
    return room < 4 || share <= 0 ? line : `${line.padEnd(widest)}  ${bar(share, room)}`;
  });
}

interface LatencyRow {
  cells: string[];
  /** 0 for no bar. */
  share: number;
}

function rowsOf({ segments, bands, latency, waits }: TaskReport): LatencyRow[] {
  const { median, p99 } = bands;
  const whole = { mean: latency.meanMs, median: sumOf(median), p99: sumOf(p99) };
  const parts = SEGMENT_IDS.map((id) => ({
    id,
    label: SEGMENT_LABELS[id],
    mean: segments[id].meanMs,
    median: median[id],
    p99: p99[id],
    share: segments[id].share,
  }));
  const isLarge = (part: { share: number; median: number; p99: number }) =>
    part.share >= LEAST_SHARE || part.median >= LEAST_SHARE * whole.median || part.p99 >= LEAST_SHARE * whole.p99;
  const small = parts.filter((part) => !isLarge(part));
  const rest = {
    label: `${small.length} small parts`,
    mean: small.reduce((sum, { mean }) => sum + mean, 0),
    median: small.reduce((sum, part) => sum + part.median, 0),
    p99: small.reduce((sum, part) => sum + part.p99, 0),
    share: small.reduce((sum, { share }) => sum + share, 0),
  };
  return [
    ...parts.filter(isLarge).flatMap((part) => [rowOf(part), ...(part.id === 'queueWait' ? waitRows(waits) : [])]),
    ...(small.length > 0 && rest.mean > 0 ? [rowOf(rest)] : []),
    { cells: ['latency', formatMs(whole.mean), formatMs(whole.median), formatMs(whole.p99), ''], share: 0 },
  ];
}

/** Parts of the wait in the queue that policies cause; the waits outside of tries are below. */
function waitRows(waits: TaskReport['waits']): LatencyRow[] {
  return WAIT_IDS.filter((id) => id !== 'backoff' && id !== 'cache' && waits[id].share >= LEAST_SHARE).map((id) => ({
    cells: [`  ${WAIT_LABELS[id]}`, formatMs(waits[id].meanMs), '', '', formatShare(waits[id].share)],
    share: 0,
  }));
}

function rowOf(part: { label: string; mean: number; median: number; p99: number; share: number }): LatencyRow {
  const cells = [part.label, ...[part.mean, part.median, part.p99].map(formatMs), formatShare(part.share)];
  return { cells, share: part.share };
}

function executionLine({ execution, segments, waits }: TaskReport, page: Page): string[] {
  const whole = segments.execution.totalMs;
  const ids = Object.keys(EXECUTION_LABELS) as (keyof typeof EXECUTION_LABELS)[];
  const parts = ids
    .filter((id) => whole > 0 && execution[id] / whole >= LEAST_SHARE)
    .map((id) => `${EXECUTION_LABELS[id]} ${formatShare(execution[id] / whole)}`);
  const apart = (['backoff', 'cache'] as const)
    .filter((id) => waits[id].totalMs > 0)
    .map((id) => `${WAIT_LABELS[id]} ${formatMs(waits[id].meanMs)} on average`);
  return [
    ...(parts.length === 0 ? [] : facts(page, [`the handler: ${parts.join(', ')}`], '    ')),
    ...(apart.length === 0 ? [] : facts(page, [`outside of tries: ${apart.join(', ')}`], '    ')),
  ];
}

function incompleteLine({ incomplete, errors }: TaskReport, page: Page): string[] {
  if (incomplete.count === 0) return [];
  const spent = SEGMENT_IDS.reduce((total, id) => total + incomplete.segments[id].totalMs, 0);
  const queued = incomplete.segments.queueWait.totalMs;
  // Refused, cancelled or out of time in the queue.
  const without = incomplete.count - incomplete.segments.queueWait.count;
  const refused = errors
    .filter(({ name }) => name === 'PoolError')
    .map(({ code, count }) => `${formatCount(count)} ${code}`);
  const text =
    `apart: ${formatCount(incomplete.count)} that did not come back (${formatOutcomes(incomplete.outcomes)})` +
    `${without > 0 ? `, ${formatCount(without)} of them before any worker got them` : ''}${refused.length > 0 ? `: ${refused.join(', ')}` : ''}; ` +
    `known of them: ${formatMs(queued)} in the queue, ${formatMs(spent - queued)} on the way`;
  return facts(page, [text], '    ');
}

function breakerLine({ breaker }: TaskReport, page: Page): string[] {
  if (breaker === null || breaker.opened + breaker.refused === 0) return [];
  const text = `its circuit breaker was opened ${breaker.opened === 1 ? 'once' : `${formatCount(breaker.opened)} times`}, for ${formatMs(breaker.openMs)}, and refused ${formatCount(breaker.refused)} ${breaker.refused === 1 ? 'call' : 'calls'}`;
  return facts(page, [text], '    ');
}

function sumOf(band: Record<string, number>): number {
  return Object.values(band).reduce((sum, ms) => sum + ms, 0);
}
