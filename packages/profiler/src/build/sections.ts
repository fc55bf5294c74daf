import type { PoolReport } from '../model/pool-report.js';
import type { SectionReport } from '../model/section-report.js';
import type { TaskReport } from '../model/task-report.js';
import type { PoolRecorder } from '../record/pool-recorder.js';
import type { SectionLedger } from '../record/section-ledger.js';
import { durationStats } from './durations.js';
import { share, sum } from './sums.js';

/** Sections of handlers, by self time. */
export function poolSections(recorder: PoolRecorder, byTask: readonly TaskReport[]): PoolReport['sections'] {
  const executionMs = new Map(byTask.map((task) => [task.task, task.segments.execution.totalMs]));
  return Array.from(recorder.sections.entries(), ([task, ledger]) =>
    sectionReports(ledger, executionMs.get(task) ?? 0).map((section) => ({ ...section, task })),
  )
    .flat()
    .sort((a, b) => b.selfMs - a.selfMs);
}

/** The sections of one ledger as plain data, most self time first. `share` is of `wholeMs`, or of all self time. */
export function sectionReports(ledger: SectionLedger, wholeMs?: number): SectionReport[] {
  const nodes = [...ledger.nodes()];
  const whole = wholeMs ?? sum(nodes, (node) => node.selfMs);
  return nodes
    .map((node) => ({
      name: node.path.at(-1) ?? '',
      path: [...node.path],
      selfMs: node.selfMs,
      stddevMs: 0,
      share: share(node.selfMs, whole),
      errors: 0,
      counters: {},
      memory: null,
      meanConcurrency: 1,
      peak: 1,
      byWorker: [],
      ...durationStats(node.durations),
    }))
    .sort((a, b) => b.selfMs - a.selfMs);
}
