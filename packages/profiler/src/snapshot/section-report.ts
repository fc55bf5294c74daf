import type { SectionLedger } from '../record/section-ledger.js';
import { durationStats } from './durations.js';
import type { SectionReport } from './report-data.js';
import { share, sum } from './sums.js';

/** The sections of one ledger as plain data, most self time first. `share` is of `wholeMs`, or of all self time. */
export function sectionReports(ledger: SectionLedger, wholeMs?: number): SectionReport[] {
  const nodes = [...ledger.nodes()];
  const whole = wholeMs ?? sum(nodes, (node) => node.selfMs);
  return nodes
    .map((node) => ({
      name: node.path.at(-1) ?? '',
      path: [...node.path],
      selfMs: node.selfMs,
      share: share(node.selfMs, whole),
      ...durationStats(node.durations),
    }))
    .sort(bySelfTime);
}

export function bySelfTime(a: { selfMs: number }, b: { selfMs: number }): number {
  return b.selfMs - a.selfMs;
}
