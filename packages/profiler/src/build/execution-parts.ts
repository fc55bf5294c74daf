import type { TaskUsage } from '@millpond/core';
import type { Capacity } from '../model/ledgers.js';
import type { TaskReport } from '../model/task-report.js';

export type ExecutionParts = TaskReport['execution'];

/** Execution of the task names in one worker. */
export interface WorkerShare {
  capacity: Capacity;
  /** What the worker said of its task names. */
  usage: readonly TaskUsage[];
  /** Execution in sum, by task name, ms. */
  executionMs: ReadonlyMap<string, number>;
}

export function noParts(): ExecutionParts {
  return { cpuMs: 0, gcMs: 0, runQueueMs: 0, loopIdleMs: 0, offCpuMs: 0, onLoopMs: 0, unattributedMs: 0 };
}

/**
 * The execution of each task name in its parts. The parts of a worker are known as a whole. A task name gets its share of those with a
 * running loop. The share is that of the time of its calls until they returned. Processor time goes by the sampled calls of the name. The rest of
 * its execution is time in which it waited.
 */
export function executionParts(workers: readonly WorkerShare[]): Map<string, ExecutionParts> {
  const all = new Map<string, ExecutionParts>();
  for (const worker of workers) {
    const calls = callsOf(worker);
    const calledMs = [...calls.values()].reduce((sum, { ms }) => sum + ms, 0);
    const coreMs = [...calls.values()].reduce((sum, { ms, onCore }) => sum + ms * onCore, 0);
    const offMs = calledMs - coreMs;
    for (const [task, executionMs] of worker.executionMs) {
      const parts = all.get(task) ?? noParts();
      all.set(task, parts);
      const call = calls.get(task);
      if (call === undefined || calledMs === 0) {
        parts.unattributedMs += executionMs;
        continue;
      }
      const { capacity } = worker;
      const called = call.ms / calledMs;
      const cpu = coreMs > 0 ? (call.ms * call.onCore) / coreMs : called;
      const off = offMs > 0 ? (call.ms * (1 - call.onCore)) / offMs : called;
      const active = {
        cpuMs: capacity.cpu * cpu,
        gcMs: capacity.gc * called,
        runQueueMs: capacity.runQueue * called,
        offCpuMs: capacity.offCpu * off,
        onLoopMs: capacity.onLoop * called,
      };
      addUpTo(parts, active, executionMs);
    }
  }
  return all;
}

/** Adds parts of a worker. Whatever is left of the execution was a wait; parts beyond it are cut. */
function addUpTo(
  parts: ExecutionParts,
  active: Omit<ExecutionParts, 'loopIdleMs' | 'unattributedMs'>,
  executionMs: number,
): void {
  const sum = Object.values(active).reduce((total, ms) => total + ms, 0);
  const scale = sum > executionMs ? executionMs / sum : 1;
  for (const key of Object.keys(active) as (keyof typeof active)[]) parts[key] += active[key] * scale;
  parts.loopIdleMs += executionMs - Math.min(sum, executionMs);
}

function callsOf({ usage }: WorkerShare): Map<string, { ms: number; onCore: number }> {
  const calls = new Map<string, { ms: number; onCore: number }>();
  for (const { task, calledMs, sampledMs, sampledCpuMs } of usage) {
    const onCore = sampledMs > 0 ? Math.min(1, sampledCpuMs / sampledMs) : 1;
    calls.set(task, { ms: calledMs, onCore });
  }
  return calls;
}
