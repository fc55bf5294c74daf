import { formatCount } from '@millpond/core/internal';
import type { Palette } from './color.js';
import { printable } from './printable.js';
import { formatDuration, formatRate } from './progress/units.js';
import type { RunReport } from './run/report.js';

const MAX_MESSAGE = 160;

/** The lines printed at the end of a run. */
export function renderSummary(report: RunReport, name: string, palette: Palette): string {
  const done = report.ok + report.failed;
  const items = done === 1 ? '1 item' : `${formatCount(done)} items`;
  const rate = done > 0 ? ` (${formatRate(report.ratePerS)})` : '';
  const lines = [
    `${palette.bold(printable(name))}: ${items} in ${formatDuration(report.wallMs)}${rate}${describeStop(report, palette)}`,
  ];
  lines.push(`  ${describeCounts(report, palette)}`);
  if (report.runMs !== null) {
    const { p50, p90, p99 } = report.runMs;
    lines.push(`  run time p50 ${formatDuration(p50)} · p90 ${formatDuration(p90)} · p99 ${formatDuration(p99)}`);
  }
  if (report.errors.length > 0) lines.push('  errors:');
  for (const error of report.errors) {
    const head = `${formatCount(error.count)} × ${palette.red(printable(error.kind))}`;
    lines.push(
      `    ${head}: ${printable(error.message, MAX_MESSAGE)} ${palette.dim(`(first: ${printable(String(error.example), 80)})`)}`,
    );
  }
  if (report.output !== null) lines.push(`  results: ${printable(report.output)}`);
  return `${lines.join('\n')}\n`;
}

function describeCounts(report: RunReport, palette: Palette): string {
  const ok = `${formatCount(report.ok)} ok`;
  const failed = `${formatCount(report.failed)} failed`;
  const parts = [report.ok > 0 ? palette.green(ok) : ok, report.failed > 0 ? palette.red(failed) : failed];
  if (report.notDone > 0) parts.push(palette.yellow(`${formatCount(report.notDone)} not done`));
  if (report.restUnread) parts.push(palette.yellow('the rest of the input was not read'));
  return parts.join(' · ');
}

function describeStop(report: RunReport, palette: Palette): string {
  if (report.broken !== null) return palette.red(', broken');
  if (report.signal !== null) return palette.yellow(`, stopped by ${report.signal}`);
  return '';
}
