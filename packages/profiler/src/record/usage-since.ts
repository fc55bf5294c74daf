import type { TaskUsage, WorkerUsage } from '@millpond/core';

/** Fields of a worker's report that are sums since its measuring began. */
const SUMS = [
  ...(['loopActiveMs', 'loopIdleMs', 'gcMs', 'gcScavengeMs', 'gcMarkMs', 'gcCount', 'allocatedBytes'] as const),
  ...(['decodeMs', 'encodeMs', 'profilerMs'] as const),
];
/** The same, null where the system does not count. */
const UNSURE = ['cpuMs', 'processCpuMs', 'runQueueMs'] as const;
const TASK_SUMS = ['calledMs', 'sampledMs', 'sampledCpuMs', 'decodeMs', 'encodeMs'] as const;

/**
 * A worker's report without what it had measured before. Another profiler may have begun earlier, and sums are those of the worker. A
 * sum that has become smaller began anew.
 */
export function usageSince(usage: WorkerUsage, before: WorkerUsage): WorkerUsage {
  const since = { ...usage, sinceMs: before.atMs };
  for (const key of SUMS) since[key] = less(usage[key], before[key]);
  for (const key of UNSURE) {
    const [now, then] = [usage[key], before[key]];
    since[key] = now === null || then === null ? now : less(now, then);
  }
  const known = new Map(before.tasks.map((task) => [task.task, task]));
  since.tasks = usage.tasks.map((task) => taskSince(task, known.get(task.task)));
  return since;
}

function taskSince(task: TaskUsage, before: TaskUsage | undefined): TaskUsage {
  if (before === undefined) return task;
  const since = { ...task };
  for (const key of TASK_SUMS) since[key] = less(task[key], before[key]);
  return since;
}

function less(now: number, before: number): number {
  return now >= before ? now - before : now;
}
