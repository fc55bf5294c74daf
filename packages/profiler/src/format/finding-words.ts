import { formatCount } from '@millpond/core/internal';
import type { Advice, Evidence, Finding } from '../model/finding.js';
import { formatBytes, formatMs, formatName, formatNumber, formatRate, formatShare } from './units.js';

// Findings in words, as plain text: each output cleans it in its own way.

/** What a finding would save, or when it would fail. */
export function gainWords({ saving, failsInMs, kind }: Finding): string {
  if (saving !== null) {
    const [low, high] = saving.ciMs;
    const verb = kind === 'note' ? 'would save only' : 'would save';
    return `${verb} ${formatMs(saving.ms)} (${formatShare(saving.share)}; 95 %: ${formatMs(low)} to ${formatMs(high)})`;
  }
  if (failsInMs === 0) return 'fails now';
  if (failsInMs !== null) return `fails in about ${formatMs(failsInMs)}`;
  return kind === 'risk' ? 'a risk, its time is unknown' : 'no saving predicted';
}

export function evidenceWords({ metric, value, unit, threshold }: Evidence): string {
  // A rule that fired with a smaller value than its threshold has an upper one.
  const limit = threshold === null ? '' : ` (${value < threshold ? 'below' : 'from'} ${formatValue(threshold, unit)})`;
  return `${metric} ${formatValue(value, unit)}${limit}`;
}

function formatValue(value: number, unit: Evidence['unit']): string {
  switch (unit) {
    case 'ms':
      return formatMs(value);
    case 's':
      return formatMs(value * 1000);
    case 'share':
      return formatShare(value);
    case 'bytes':
      return formatBytes(value);
    case 'per second':
      return formatRate(value);
    case 'ratio':
      return `× ${formatNumber(value)}`;
    case 'count':
      return formatCount(value);
    case 'workers':
      return `${formatNumber(value)} workers`;
  }
}

/** The option to change as code would set it, or undefined: `prefetch: 2 (now "auto", set by the program)`. */
export function optionWords({ option, value, now, isSet }: Advice): string | undefined {
  if (option === undefined) return undefined;
  const facts = [
    ...(now === undefined ? [] : [`now ${JSON.stringify(now)}`]),
    ...(isSet === true ? ['set by the program'] : []),
  ];
  const change = value === undefined ? option : `${option}: ${isCode(value) ? value : JSON.stringify(value)}`;
  return facts.length === 0 ? change : `${change} (${facts.join(', ')})`;
}

/** Place in the source: `src/plan.ts:88 (buildManifest)`. */
export function placeWords({ at }: Advice): string | undefined {
  if (at === undefined) return undefined;
  return `${placeOf(at.file, at.line)}${at.functionName === undefined || at.functionName === '' ? '' : ` (${at.functionName})`}`;
}

/** File and line as editors open them. */
export function placeOf(file: string, line: number): string {
  const path = file.replace(/^file:\/\//, '');
  return line > 0 ? `${path}:${line}` : path;
}

/** What a finding is about, other than its pool: `task "resize", worker 2`. */
export function scopeWords({ task, section, workerId, peer }: Finding['scope']): string {
  return [
    ...(task === undefined ? [] : [`task "${formatName(task)}"`]),
    ...(section === undefined ? [] : [`section "${formatName(section)}"`]),
    ...(workerId === undefined ? [] : [`worker ${workerId}`]),
    ...(peer === undefined ? [] : [`server ${formatName(peer)}`]),
  ].join(', ');
}

/** Values that are no texts stand as code would have them. */
function isCode(value: Advice['value']): value is string {
  return typeof value === 'string' && /^[{[(]/.test(value);
}
