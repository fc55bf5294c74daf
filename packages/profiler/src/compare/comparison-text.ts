import { columns, table } from '../format/table.js';
import { formatMs, formatName, formatRate, formatShare } from '../format/units.js';
import type { ComparedMetric, Comparison } from './comparison.js';
import type { MetricUnit } from './metrics.js';

/** A comparison for a terminal, figures that have changed first. */
export function comparisonText(comparison: Omit<Comparison, 'toText' | 'toJSON'>): string {
  const { metrics, runs, unmatched, remarks } = comparison;
  const order = ['slower', 'faster', 'cannot tell', 'no change'];
  const sorted = [...metrics].sort((x, y) => order.indexOf(x.verdict) - order.indexOf(y.verdict));
  const rows = sorted.map((metric) => [
    placeOf(metric),
    ...[formatValue(metric.a, metric.unit), formatValue(metric.b, metric.unit)],
    ...[ratioText(metric), metric.verdict],
  ]);
  const only = unmatched.map(
    ({ side, pool, task }) => `  only in ${side}: ${formatName(task === '' ? pool : `${pool} › ${task}`)}`,
  );
  return [
    `${headline(comparison)} (a: ${runs.a} ${runs.a === 1 ? 'run' : 'runs'}, b: ${runs.b} ${runs.b === 1 ? 'run' : 'runs'})`,
    ...(rows.length === 0
      ? ['  There is nothing to compare.']
      : table(columns(['metric', 'a', 'b', 'b ÷ a, 95 % interval', 'verdict'], 1), rows)),
    ...only,
    ...remarks.map((remark) => `  ${remark}`),
    '',
  ].join('\n');
}

function headline({ verdict, metrics }: Pick<Comparison, 'verdict' | 'metrics'>): string {
  const changed = metrics.filter((metric) => metric.verdict === verdict);
  switch (verdict) {
    case 'slower':
    case 'faster':
      return `${verdict === 'slower' ? 'SLOWER' : 'FASTER'}: ${changed.slice(0, 3).map(placeOf).join(', ')}${changed.length > 3 ? ' …' : ''}`;
    case 'no change':
      return 'NO CHANGE';
    case 'cannot tell':
      return 'CANNOT TELL';
  }
}

function placeOf({ pool, task, name }: ComparedMetric): string {
  return formatName([pool, task, name].filter((part) => part !== '').join(' › '));
}

function ratioText({ ratio, low, high }: ComparedMetric): string {
  if (ratio === null) return '–';
  if (low === null || high === null) return ratio.toFixed(3);
  return `${ratio.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}

/** A figure with its unit. */
export function formatValue(value: number, unit: MetricUnit | 'count'): string {
  switch (unit) {
    case 'ms':
      return formatMs(value);
    case 'per second':
      return formatRate(value);
    case 'share':
      return formatShare(value);
    case 'bytes':
      return value >= 2 ** 20
        ? `${(value / 2 ** 20).toFixed(1)} MiB`
        : value >= 1024
          ? `${(value / 1024).toFixed(1)} KiB`
          : `${Math.round(value)} B`;
    case 'count':
      return String(value);
  }
}
