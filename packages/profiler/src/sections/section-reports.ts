import { durationStats } from '../build/durations.js';
import type { SectionReport } from '../model/section-report.js';
import { type MeasuredSection, type MeasuredSections, OTHER_WORKERS } from '../record/section-ledger.js';
import { standardDeviation } from './standard-deviation.js';

/** Name of the row with the counters that belong to a task and to none of its sections. */
const TASK_ITSELF = '(task)';

/**
 * The sections of one side as plain data, most self time first. Counters of the task itself have a row of their own, without time.
 * @param wholeMs the time of which `share` is a part; the self time of all sections by default
 */
export function sectionReports(sections: MeasuredSections, wholeMs?: number): SectionReport[] {
  const { itself } = sections;
  const nodes = [...sections.nodes()];
  const whole = wholeMs ?? nodes.reduce((sum, node) => sum + node.sums.selfMs, 0);
  const reports = nodes.map((node) => sectionReport(node, whole));
  if (itself !== undefined) reports.push({ ...sectionReport(itself, whole), path: [TASK_ITSELF], byWorker: [] });
  return reports.sort((a, b) => b.selfMs - a.selfMs);
}

function sectionReport(node: MeasuredSection, wholeMs: number): SectionReport {
  const { sums } = node;
  const { durations, selfMs, calledMs, awaitedMs, squares, errors, memory, openMs, peak } = sums;
  return {
    name: node.path.at(-1) ?? TASK_ITSELF,
    path: [...node.path],
    ...{ selfMs, calledMs, awaitedMs },
    stddevMs: standardDeviation(durations.count, durations.sum, squares),
    share: wholeMs > 0 ? selfMs / wholeMs : 0,
    errors,
    counters: node.counters(),
    memory: memory === undefined ? null : { ...memory },
    // A call that began before a window has its whole time in it.
    meanConcurrency: openMs > 0 ? Math.min(peak, durations.sum / openMs) : 0,
    peak,
    byWorker: byWorker(node),
    ...durationStats(durations),
  };
}

function byWorker(node: MeasuredSection): SectionReport['byWorker'] {
  return Array.from(node.byWorker, ([workerId, sums]) => ({ workerId, ...sums }))
    .filter(({ workerId, count }) => workerId !== OTHER_WORKERS || count > 0)
    .sort((a, b) => b.selfMs - a.selfMs);
}
