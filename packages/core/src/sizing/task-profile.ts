import type { DetectedWorkload } from '../contract/stats.js';
import { isKnown, kindOf, type Sums } from './workload-profile.js';

/** What the tasks of one name did to one worker over some time, ms. */
export interface TaskTimes {
  /** In handlers, all together. */
  readonly handlerMs: number;
  /** From calls of the handler until they returned. */
  readonly calledMs: number;
  /** Of some of these calls: how long they took, and processor time. */
  readonly sampledMs: number;
  readonly sampledCpuMs: number;
}

/** What the whole worker did meanwhile. */
export interface WorkerUse {
  readonly loopMs: number;
  readonly cpuMs: number;
  readonly delayMs: number;
}

/**
 * Whose the time of a worker's event loop was. Until a handler returns it is its name's. What is left went to what handlers
 * do after they have waited, and is shared out by how long their tasks waited. Processor time is that of the name's sampled
 * calls; where there are none, of the worker. One for each use, in their order.
 */
export function shareOut(uses: readonly TaskTimes[], worker: WorkerUse): Sums[] {
  const sum = (value: (use: TaskTimes) => number): number => uses.reduce((total, use) => total + value(use), 0);
  const restMs = Math.max(0, worker.loopMs - sum(({ calledMs }) => calledMs));
  const waitedMs = sum(waitedBy);
  const cpuShare = worker.loopMs > 0 ? worker.cpuMs / worker.loopMs : 1;
  const delayShare = worker.loopMs > 0 ? Math.min(1, worker.delayMs / worker.loopMs) : 0;
  return uses.map((use) => {
    const loopMs = use.calledMs + (waitedMs > 0 ? (restMs * waitedBy(use)) / waitedMs : 0);
    const ownShare = use.sampledMs > 0 ? use.sampledCpuMs / use.sampledMs : cpuShare;
    // One at a time, a task is in its handler for as long as it has the loop, and not a moment less.
    const handlerMs = Math.max(use.handlerMs, use.calledMs);
    return { spanMs: 0, handlerMs, loopMs, cpuMs: loopMs * ownShare, delayMs: loopMs * delayShare };
  });
}

function waitedBy({ handlerMs, calledMs }: TaskTimes): number {
  return Math.max(0, handlerMs - calledMs);
}

/** The last ten reports decide, of all workers together. */
const KEPT = 0.9;

/** What tasks of one name are like, by what was seen of them last. */
export class TaskProfile {
  #sums: Sums = { spanMs: 0, handlerMs: 0, loopMs: 0, cpuMs: 0, delayMs: 0 };

  /** A worker has reported of them. */
  add({ handlerMs, loopMs, cpuMs, delayMs }: Sums): void {
    const before = this.#sums;
    this.#sums = {
      spanMs: 0,
      handlerMs: before.handlerMs * KEPT + handlerMs,
      loopMs: before.loopMs * KEPT + loopMs,
      cpuMs: before.cpuMs * KEPT + cpuMs,
      delayMs: before.delayMs * KEPT + delayMs,
    };
  }

  /** Share of their time in handlers in which they had their event loop; 1 while there is not enough to go by. */
  get loopShare(): number {
    const { handlerMs, loopMs } = this.#sums;
    return isKnown(this.#sums) ? Math.min(1, loopMs / handlerMs) : 1;
  }

  /** Undefined while there is not enough to go by. */
  get kind(): DetectedWorkload | undefined {
    return isKnown(this.#sums) ? kindOf(this.#sums) : undefined;
  }
}
