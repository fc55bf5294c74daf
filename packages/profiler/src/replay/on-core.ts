import type { RunInfo } from '../model/report-data.js';
import type { TaskReport } from '../model/task-report.js';

/** Processor time ÷ (processor time + wait for a core) of handlers; 1 without such a wait. */
export function onCoreShare(tasks: readonly TaskReport[]): number {
  const cpuMs = tasks.reduce((sum, { execution }) => sum + execution.cpuMs, 0);
  const waitedMs = tasks.reduce((sum, { execution }) => sum + execution.runQueueMs, 0);
  return waitedMs > 0 ? cpuMs / (cpuMs + waitedMs) : 1;
}

export type CoresOfRun = Pick<RunInfo, 'cores' | 'programCores' | 'otherCores'>;

/** Part of the cores in use from which on threads get in each other's way. */
export const FULL_CORES = 0.9;

/**
 * Whether cores stood idle, as far as the system's counts show. Threads still wait for one where they wake each other. Both want the same core
 * for a moment. False if the use of cores is not known.
 */
export function hadIdleCores({ cores, programCores, otherCores }: CoresOfRun): boolean {
  return programCores !== null && otherCores !== null && programCores + otherCores < FULL_CORES * cores;
}
