import type { DetectedWorkload } from '../contract/stats.js';
import { isKnown, kindOf, type Sums } from './workload-profile.js';

/** Times of the tasks of one name in one worker, over some time, ms. */
export interface TaskTimes {
  /** Time in handlers, all together. */
  readonly handlerMs: number;
  /** Time from calls of the handler until they returned. */
  readonly calledMs: number;
  /** Wall time and processor time of a sample of these calls. */
  readonly sampledMs: number;
  readonly sampledCpuMs: number;
}

/** Use of the whole worker in the same time. */
export interface WorkerUse {
  readonly loopMs: number;
  readonly cpuMs: number;
  readonly delayMs: number;
}

/**
 * Shares out the time of a worker's event loop among task names. Until a handler returns, the time belongs to its name. The
 * rest went to handlers after a wait, and is shared out by how long their tasks waited. Processor time is that of the sampled
 * calls, or of the worker where there are none. Returns one entry per use, in their order.
 */
export function shareOut(uses: readonly TaskTimes[], worker: WorkerUse): Sums[] {
  const sum = (value: (use: TaskTimes) => number): number => uses.reduce((total, use) => total + value(use), 0);
  const restMs = Math.max(0, worker.loopMs - sum(({ calledMs }) => calledMs));
  const waitedMs = sum(waitedBy);
  const cpuShare = worker.loopMs > 0 ? worker.cpuMs / worker.loopMs : 1;
  const delayShare = worker.loopMs > 0 ? Math.min(1, worker.delayMs / worker.loopMs) : 0;
  return uses.map((use) => {
    const loopMs = use.calledMs + (waitedMs > 0 ? restMs * (waitedBy(use) / waitedMs) : 0);
    const ownShare = use.sampledMs > 0 ? use.sampledCpuMs / use.sampledMs : cpuShare;
    // With one task at a time, a task is in its handler exactly as long as it has the loop.
    const handlerMs = Math.max(use.handlerMs, use.calledMs);
    return { spanMs: 0, handlerMs, loopMs, cpuMs: loopMs * ownShare, delayMs: loopMs * delayShare };
  });
}

function waitedBy({ handlerMs, calledMs }: TaskTimes): number {
  return Math.max(0, handlerMs - calledMs);
}

/**
 * The last ten reports decide, of all workers together. One worker makes them in 2.5 s of work. At half that, a few odd
 * tasks would change the word. At double, a change of load would show after 5 s.
 */
const KEPT = 0.9;

/** What tasks of one name are like, by the latest reports. */
export class TaskProfile {
  #sums: Sums = { spanMs: 0, handlerMs: 0, loopMs: 0, cpuMs: 0, delayMs: 0 };

  /** Adds the report of a worker. */
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

  /** Share of the time in handlers in which tasks had their event loop; 1 while there is too little data. */
  get loopShare(): number {
    const { handlerMs, loopMs } = this.#sums;
    return isKnown(this.#sums) ? Math.min(1, loopMs / handlerMs) : 1;
  }

  /** Undefined while there is too little data. */
  get kind(): DetectedWorkload | undefined {
    return isKnown(this.#sums) ? kindOf(this.#sums) : undefined;
  }
}
