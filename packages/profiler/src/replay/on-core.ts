import type { TaskReport } from '../model/task-report.js';

/** Processor time ÷ (processor time + wait for a core) of handlers; 1 without such a wait. */
export function onCoreShare(tasks: readonly TaskReport[]): number {
  const cpuMs = tasks.reduce((sum, { execution }) => sum + execution.cpuMs, 0);
  const waitedMs = tasks.reduce((sum, { execution }) => sum + execution.runQueueMs, 0);
  return waitedMs > 0 ? cpuMs / (cpuMs + waitedMs) : 1;
}
