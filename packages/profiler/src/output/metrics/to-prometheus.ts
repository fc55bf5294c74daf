import { wellFormed } from '../../format/plain.js';
import type { ReportData } from '../../model/report-data.js';
import type { Distribution, Family } from './family.js';
import { metricsOf } from './metrics-of.js';

const UNITS: Record<Family['unit'], string> = {
  s: 'seconds',
  By: 'bytes',
  '1': 'ratio',
  '{task}': '',
  '{worker}': '',
  '{item}': '',
};
/** Shares are ratios; these numbers without a unit are not. */
const NO_RATIO: ReadonlySet<string> = new Set(['verdict']);

/**
 * The report in Prometheus' text format, version 0.0.4. Names begin with `millpond_`. The number of series has a bound, whatever a
 * program names.
 */
export function toPrometheus(report: ReportData): string {
  return metricsOf(report).map(familyText).join('');
}

function familyText(family: Family): string {
  const name = nameOf(family);
  const lines = family.series.flatMap(({ labels, value }) =>
    typeof value === 'number' ? [`${name}${labelText(labels)} ${value}`] : histogramLines(name, labels, value),
  );
  return `# HELP ${name} ${family.help}\n# TYPE ${name} ${family.type}\n${lines.join('\n')}\n`;
}

function nameOf({ name, unit, type }: Family): string {
  const suffix = NO_RATIO.has(name) ? '' : UNITS[unit];
  return ['millpond', name.replaceAll('.', '_'), suffix, type === 'counter' ? 'total' : '']
    .filter((part) => part !== '')
    .join('_');
}

function histogramLines(name: string, labels: Readonly<Record<string, string>>, value: Distribution): string[] {
  let sum = 0;
  const buckets = value.counts.map((count, i) => {
    sum += count;
    const le = i < value.boundsSeconds.length ? String(value.boundsSeconds[i]) : '+Inf';
    return `${name}_bucket${labelText({ ...labels, le })} ${sum}`;
  });
  return [
    ...buckets,
    `${name}_sum${labelText(labels)} ${value.sumSeconds}`,
    `${name}_count${labelText(labels)} ${value.count}`,
  ];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

/** The format knows three escapes. Other characters that end a line for some readers become blanks. */
function escaped(text: string): string {
  return wellFormed(text)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
}
