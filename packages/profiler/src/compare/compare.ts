import { nearestOrAll } from '@millpond/core/internal';
import { formatName } from '../format/units.js';
import type { ReportData } from '../model/report-data.js';
import { checkKeys, refuse, show } from '../options.js';
import type { Comparable, ComparedMetric, CompareOptions, Comparison, ComparisonVerdict } from './comparison.js';
import { comparisonText } from './comparison-text.js';
import { type Estimate, overRuns } from './estimate.js';
import { type Metric, METRIC_NAMES, metricsOf } from './metrics.js';
import { reportOf } from './report-of.js';
import { studentQuantile } from './student.js';

/** An interval within these bounds says that nothing has changed. */
const NARROW = 0.1;
const CERTAINTY = 0.05;

/**
 * Compares run `b` with run `a`: how much longer, more, larger it was, with a 95 % interval for each figure. Give several reports of
 * each version, because runs of one version differ too. Single reports have an interval for what varies within a run only.
 *
 * A figure is slower if its difference is beyond noise. Of 20 comparisons of equal versions, at most one finds any such figure.
 * @throws ERR_OPTION if a side is empty, or an option is wrong
 */
export function compare(
  a: Comparable | readonly Comparable[],
  b: Comparable | readonly Comparable[],
  options?: CompareOptions,
): Comparison {
  const { leastChange, ignore } = resolveCompareOptions(options);
  const [before, after] = [reportsOf(a, 'a'), reportsOf(b, 'b')];
  const [left, right] = [merged(before, ignore), merged(after, ignore)];
  const pairs = [...left].flatMap(([key, metric]) => {
    const other = right.get(key);
    return other === undefined ? [] : [[metric, other] as const];
  });
  // Each figure may be wrong by chance. So each has a stricter limit, for all of them together to keep the promise.
  const deciding = pairs.filter(
    ([metric, other]) => metric.more !== null && errorOf(metric.estimate, other.estimate) !== null,
  );
  const strict = CERTAINTY / Math.max(1, deciding.length);
  const metrics = pairs.map(([metric, other]) => comparedMetric(metric, other, strict, leastChange));
  const result = {
    version: 1 as const,
    verdict: verdictOf(metrics),
    exitCode: metrics.some(({ verdict }) => verdict === 'slower') ? (1 as const) : (0 as const),
    runs: { a: before.length, b: after.length },
    metrics,
    unmatched: [...unmatched(left, right, 'a'), ...unmatched(right, left, 'b')],
    remarks: remarksOf(before, after),
  };
  return { ...result, toText: () => comparisonText(result), toJSON: () => result };
}

function reportsOf(side: Comparable | readonly Comparable[], name: string): ReportData[] {
  const all = Array.isArray(side) ? (side as readonly Comparable[]) : [side as Comparable];
  if (all.length === 0) refuse(name, 'must be a report, or a list of at least one; received [] (array).');
  return all.map((each) => reportOf(each, name, ', or a list of them'));
}

function resolveCompareOptions(options: CompareOptions | undefined): Required<CompareOptions> {
  const { leastChange = 0.03, ignore = [] } = checkKeys(options, ['leastChange', 'ignore']);
  if (typeof leastChange !== 'number' || !(leastChange >= 0 && leastChange <= 1))
    refuse('leastChange', `must be a number from 0 to 1; received ${show(leastChange)}.`);
  if (!Array.isArray(ignore)) refuse('ignore', `must be a list of names of figures; received ${show(ignore)}.`);
  for (const name of ignore as readonly unknown[]) {
    if (!(METRIC_NAMES as readonly unknown[]).includes(name))
      refuse('ignore', `has ${show(name)}, which is no figure.${nearestOrAll(String(name), METRIC_NAMES)}`);
  }
  return { leastChange, ignore };
}

/** Figures by pool, task and name: of one report as they are, of several their mean with its spread. */
function merged(reports: readonly ReportData[], ignore: readonly string[]): Map<string, Metric> {
  const all = reports.map((report) => {
    const metrics = metricsOf(report).filter(({ name }) => !ignore.includes(name));
    return new Map(metrics.map((metric) => [keyOf(metric), metric]));
  });
  const [first = new Map<string, Metric>()] = all;
  if (all.length === 1) return first;
  // A figure that one run lacks, as a task name that it never called, is not one of this version.
  return new Map(
    [...first].flatMap(([key, metric]) => {
      const values = all.flatMap((run) => run.get(key)?.estimate.value ?? []);
      return values.length < all.length ? [] : [[key, { ...metric, estimate: overRuns(values) }]];
    }),
  );
}

function keyOf({ pool, task, name }: Metric): string {
  return JSON.stringify([pool, task, name]);
}

function comparedMetric(metric: Metric, other: Metric, strict: number, leastChange: number): ComparedMetric {
  const { name, pool, task, unit, more, estimate: before } = metric;
  const after = other.estimate;
  const ratio = before.value > 0 ? after.value / before.value : null;
  const spread = errorOf(before, after);
  const how = before.how === after.how ? before.how : `${before.how}; ${after.how}`;
  const base = { name, pool, task, unit, more, a: before.value, b: after.value, ratio, how };
  if (before.value === after.value) return { ...base, ...intervalOf(1, spread), verdict: 'no change' };
  if (ratio === null || !(ratio > 0) || spread === null)
    return { ...base, low: null, high: null, verdict: 'cannot tell' };
  const { low, high } = intervalOf(ratio, spread);
  const bounds = intervalOf(ratio, spread, strict);
  const isCertain = (bounds.low ?? 0) > 1 || (bounds.high ?? Infinity) < 1;
  const isLarge = Math.abs(ratio - 1) >= leastChange;
  const isNarrow = (low ?? 0) > 1 - NARROW && (high ?? Infinity) < 1 + NARROW;
  const isBetter = ratio > 1 === (more ?? false);
  const verdict: ComparisonVerdict =
    isCertain && isLarge && more !== null
      ? isBetter
        ? 'faster'
        : 'slower'
      : isNarrow || (isCertain && !isLarge)
        ? 'no change'
        : 'cannot tell';
  return { ...base, low, high, verdict };
}

/** Error of the logarithm of the ratio with its degrees of freedom, by Welch; null if one side has none. */
function errorOf(a: Estimate, b: Estimate): { error: number; degrees: number } | null {
  if (a.error === null || b.error === null) return null;
  const [left, right] = [a.error ** 2, b.error ** 2];
  const sum = left + right;
  if (sum === 0) return { error: 0, degrees: 1 };
  return { error: Math.sqrt(sum), degrees: sum ** 2 / (left ** 2 / a.degrees + right ** 2 / b.degrees) };
}

function intervalOf(
  ratio: number,
  spread: { error: number; degrees: number } | null,
  certainty = CERTAINTY,
): { low: number | null; high: number | null } {
  if (spread === null) return { low: null, high: null };
  const off = spread.error === 0 ? 0 : spread.error * studentQuantile(certainty / 2, spread.degrees);
  return { low: ratio * Math.exp(-off), high: ratio * Math.exp(off) };
}

function verdictOf(metrics: readonly ComparedMetric[]): ComparisonVerdict {
  const count = (verdict: ComparisonVerdict) => metrics.filter((metric) => metric.verdict === verdict).length;
  if (count('slower') > 0) return 'slower';
  if (count('faster') > 0) return 'faster';
  return count('no change') > count('cannot tell') ? 'no change' : 'cannot tell';
}

function unmatched(
  from: ReadonlyMap<string, Metric>,
  to: ReadonlyMap<string, Metric>,
  side: 'a' | 'b',
): Comparison['unmatched'] {
  const has = new Set([...to.values()].map(({ pool, task }) => JSON.stringify([pool, task])));
  const only = new Map<string, Comparison['unmatched'][number]>();
  for (const { pool, task } of from.values()) {
    const key = JSON.stringify([pool, task]);
    if (!has.has(key)) only.set(key, { side, pool, task });
  }
  return [...only.values()];
}

function remarksOf(before: readonly ReportData[], after: readonly ReportData[]): string[] {
  const [a, b] = [before[0], after[0]];
  if (a === undefined || b === undefined) return [];
  const remarks: string[] = [];
  if (before.length < 2 || after.length < 2)
    remarks.push(
      'Single runs: the intervals have what varies within a run, and not what differs from run to run. Five runs of each say more.',
    );
  for (const [what, left, right] of [
    ['Node', a.run.node, b.run.node],
    ['the platform', a.run.platform, b.run.platform],
    ['the number of cores', a.run.cores, b.run.cores],
    ['the level of the profiler', a.run.level, b.run.level],
  ] as const)
    if (left !== right)
      remarks.push(`The runs differ in ${what}: ${formatName(String(left))} and ${formatName(String(right))}.`);
  return remarks;
}
