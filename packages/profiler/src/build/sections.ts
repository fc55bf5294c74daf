import type { PoolReport } from '../model/pool-report.js';
import type { TaskReport } from '../model/task-report.js';
import type { PoolRecorder } from '../record/pool-recorder.js';
import { sectionReports } from '../sections/section-reports.js';

/** Sections of handlers, by self time. */
export function poolSections(recorder: PoolRecorder, byTask: readonly TaskReport[]): PoolReport['sections'] {
  const executionMs = new Map(byTask.map((task) => [task.task, task.segments.execution.totalMs]));
  return Array.from(recorder.sections.entries(), ([task, ledger]) =>
    sectionReports(ledger, executionMs.get(task) ?? 0).map((section) => ({ ...section, task })),
  )
    .flat()
    .sort((a, b) => b.selfMs - a.selfMs);
}
