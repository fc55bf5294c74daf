import type { PoolRecorder } from '../record/pool-recorder.js';
import type { PoolReport, TaskReport } from './report-data.js';
import { bySelfTime, sectionReports } from './section-report.js';
import { share, sum } from './sums.js';
import { addOutcomes, taskReport } from './task-report.js';
import { workerReports } from './worker-report.js';

/** Measurements of a recorder up to `endMs` (host clock), as plain data. The kept traces are a separate part. */
export function poolReport(recorder: PoolRecorder, endMs: number, atEnd: PoolReport['atEnd']): PoolReport {
  const wallMs = Math.max(0, endMs - recorder.startMs);
  const byTask = Array.from(recorder.tasks.entries(), ([task, ledger]) => taskReport(task, ledger)).sort(
    (a, b) => b.latency.totalMs - a.latency.totalMs,
  );
  const tries = sum(byTask, (task) => task.tries);
  const retries = sum(byTask, (task) => task.retries);
  const activeMs = recorder.lastSettleMs - recorder.firstSubmitMs;
  return {
    name: recorder.pool.name,
    kind: recorder.pool.kind,
    wallMs,
    bootMs: bootMs(recorder, endMs),
    bootWaitMs: recorder.bootWaitMs,
    activeMs: Number.isNaN(activeMs) ? 0 : activeMs,
    tasks: tries - retries,
    tries,
    retries,
    outcomes: addOutcomes(byTask.map((task) => task.outcomes)),
    tasksPerSecond: share(tries - retries, wallMs / 1000),
    meanInFlight: share(sum(byTask, inFlightMs), wallMs),
    ...workerReports(recorder.workers, endMs),
    atEnd,
    byTask,
    sections: sections(recorder, byTask),
    clockDisorder: { ...recorder.disorder },
  };
}

/** Time in which the pool had neither a worker nor a task. */
function bootMs({ startMs, firstSubmitMs, workers }: PoolRecorder, endMs: number): number {
  const firstSubmit = Number.isNaN(firstSubmitMs) ? endMs : firstSubmitMs;
  return Math.max(0, Math.min(workers.firstReadyMs, firstSubmit, endMs) - startMs);
}

function sections(recorder: PoolRecorder, byTask: readonly TaskReport[]): PoolReport['sections'] {
  const executionMs = new Map(byTask.map((task) => [task.task, task.segments.execution.totalMs]));
  return Array.from(recorder.sections.entries(), ([task, ledger]) =>
    sectionReports(ledger, executionMs.get(task) ?? 0).map((section) => ({ ...section, task })),
  )
    .flat()
    .sort(bySelfTime);
}

/** Time that tries of this name were in flight, including the known part of those that did not come back. */
function inFlightMs(task: TaskReport): number {
  return task.latency.totalMs + sum(Object.values(task.incomplete.segments), (segment) => segment.totalMs);
}
