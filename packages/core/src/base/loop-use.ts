import type { EventLoopUtilization } from 'node:perf_hooks';
import { nodeTiming, now } from './natives.js';

/**
 * Same as performance.eventLoopUtilization(), which in Node 20 reads process.hrtime at each call. Tests often install a fake of
 * that.
 * @param since an earlier result, to get the use since then
 */
export function eventLoopUtilization(since?: EventLoopUtilization): EventLoopUtilization {
  const { loopStart, idleTime } = nodeTiming;
  // -1 before the loop has begun.
  if (loopStart <= 0) return { idle: 0, active: 0, utilization: 0 };
  const idle = idleTime - (since?.idle ?? 0);
  const active = now() - loopStart - idleTime - (since?.active ?? 0);
  return { idle, active, utilization: active / (idle + active) };
}

/** Sums of a thread since some moment, ms. */
export interface LoopSums {
  /** Active time of its event loop, as Node counts it. */
  activeMs: number;
  /** Time in which it computed or waited for a core; null if unknown. */
  readyMs: number | null;
  /** Time until handlers returned. */
  calledMs: number;
}

/**
 * Active time of an event loop, also while its thread is sampled. The signal of a sampler interrupts the wait of the loop, and libuv forgets
 * the idle time up to then. With a sample every 10 ms, Node 20 to 26 called a loop 75 % active that was idle for 80 %.
 * A loop is active while its thread computes, waits for a core, or is blocked in a handler. So sampled stretches have no more than the larger
 * of these. What code blocks after an `await` is missed.
 */
export class LoopActivity {
  #before: LoopSums;
  #activeMs = 0;

  constructor(begin: LoopSums) {
    this.#before = begin;
  }

  /** Active time since the construction, ms. @param isSampled whether a sampler ran since the last call */
  read(now: LoopSums, isSampled: boolean): number {
    const before = this.#before;
    this.#before = now;
    const activeMs = Math.max(0, now.activeMs - before.activeMs);
    if (!isSampled || now.readyMs === null || before.readyMs === null) return (this.#activeMs += activeMs);
    const most = Math.max(now.readyMs - before.readyMs, now.calledMs - before.calledMs, 0);
    return (this.#activeMs += Math.min(activeMs, most));
  }
}
