import { isPoolError } from '../contract/errors.js';
import type { WorkerRelief } from '../contract/relief.js';
import type { PressureLevel } from '../contract/worker-module.js';
import type { Worker } from '../worker/worker.js';

/** Asks workers to free memory. @returns what each has freed, in the given order */
export function relieveAll(
  workers: readonly Worker[],
  level: PressureLevel,
  timeoutMs: number,
): Promise<WorkerRelief[]> {
  return Promise.all(workers.map((worker) => relieveOne(worker, level, timeoutMs)));
}

async function relieveOne(worker: Worker, level: PressureLevel, timeoutMs: number): Promise<WorkerRelief> {
  const { id: workerId, slot } = worker;
  try {
    const answer = await worker.received.relieve({ level, hookMs: timeoutMs / 2 }, timeoutMs);
    const freedBytes = Math.max(0, answer.beforeBytes - answer.afterBytes);
    return { workerId, slot, outcome: 'relieved', ...answer, freedBytes };
  } catch (error) {
    const hasEnded = isPoolError(error, 'ERR_REQUEST') && error.details.why === 'ended';
    const { rssBytes } = worker.metrics;
    return {
      workerId,
      slot,
      outcome: hasEnded ? 'gone' : 'late',
      hook: 'none',
      collected: false,
      beforeBytes: rssBytes,
      afterBytes: rssBytes,
      heapBeforeBytes: 0,
      heapAfterBytes: 0,
      freedBytes: 0,
    };
  }
}
