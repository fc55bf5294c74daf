import type { WorkerUsage } from '@millpond/core';
import { type Capacity, CAPACITY_IDS } from '../model/ledgers.js';

/** Measured times of one worker, ms. */
export interface WorkerTimes {
  /** From its start until it was ready. */
  bootMs: number;
  /** From ready to its end. */
  upMs: number;
  /** Part of `upMs` with a task in the worker: from the arrival of the first to the last result. */
  occupiedMs: number;
  /** Part of it with a handler running. */
  handlingMs: number;
  /** The rest of `upMs` by the reason of idleness. */
  idle: { noWork: number; notParallel: number; starved: number; limited: number; paused: number };
  /** Part of `idle.notParallel` with a task on its way to the worker, or a result on its way back. */
  transitMs: number;
  /** What the worker said of itself; undefined if it never did. */
  usage: WorkerUsage | undefined;
}

export function noCapacity(): Capacity {
  return Object.fromEntries(CAPACITY_IDS.map((id) => [id, 0])) as Capacity;
}

/**
 * Where the time of one worker went. All buckets together are exactly `bootMs + upMs`. Three measured intervals divide it: idle,
 * occupied, handling. Within them, sums of the worker itself divide further. Sums beyond their interval are cut.
 *
 * Within handlers: the event loop sleeps (`loopIdle`), or it runs. A running loop computes (`cpu`), or the
 * collector pauses it (`gc`). Else it waits for a core (`runQueue`), or something blocks it (`offCpu`). These shares are those of all active time of the loop.
 */
export function workerCapacity(times: WorkerTimes): Capacity {
  const { bootMs, upMs, idle, usage } = times;
  const occupiedMs = Math.min(times.occupiedMs, upMs);
  const handlingMs = Math.min(times.handlingMs, occupiedMs);
  const transitMs = Math.min(times.transitMs, idle.notParallel);
  const all = noCapacity();
  all.boot = bootMs;
  Object.assign(all, idle);
  all.notParallel -= transitMs;
  const outsideMs = occupiedMs - handlingMs;
  const [decode, encode, profiler] = fitted(
    [usage?.decodeMs ?? 0, usage?.encodeMs ?? 0, usage?.profilerMs ?? 0],
    outsideMs,
  ) as [number, number, number];
  Object.assign(all, { decode, encode, profiler });
  all.other = transitMs + outsideMs - decode - encode - profiler;
  divideHandling(all, handlingMs, usage);
  return closed(all, bootMs + upMs);
}

/** Divides the time with a handler running. */
function divideHandling(all: Capacity, handlingMs: number, usage: WorkerUsage | undefined): void {
  if (usage === undefined) {
    all.unattributed += handlingMs;
    return;
  }
  const { loopActiveMs, decodeMs, encodeMs, profilerMs, cpuMs, runQueueMs, gcMs } = usage;
  const activeMs = Math.max(0, loopActiveMs - decodeMs - encodeMs - profilerMs);
  const onLoopMs = Math.min(handlingMs, activeMs);
  all.loopIdle = handlingMs - onLoopMs;
  all.gc = Math.min(gcMs, onLoopMs);
  const restMs = onLoopMs - all.gc;
  if (cpuMs === null) {
    all.onLoop = restMs;
    return;
  }
  // A thread that waits for a core, and one that is blocked, are both active loops without processor time. The system also counts the
  // waits of a thread that wakes up. Its loop is not active then.
  const onCore = Math.min(1, cpuMs / Math.max(1e-9, loopActiveMs));
  const runQueue = Math.min(1 - onCore, (runQueueMs ?? 0) / Math.max(1e-9, loopActiveMs));
  all.runQueue = Math.min(restMs, onLoopMs * runQueue);
  all.offCpu = Math.min(restMs - all.runQueue, onLoopMs * (1 - runQueue - onCore));
  all.cpu = restMs - all.runQueue - all.offCpu;
}

/** Amounts cut to a whole, in proportion. */
function fitted(amounts: readonly number[], whole: number): number[] {
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  return sum <= whole ? [...amounts] : amounts.map((amount) => (amount * Math.max(0, whole)) / sum);
}

/** Gives what is left over to `unattributed`. Rounding, and phases that were interpolated, may leave a little too much: that is cut. */
function closed(all: Capacity, whole: number): Capacity {
  for (const id of CAPACITY_IDS) all[id] = Math.max(0, all[id]);
  const sum = CAPACITY_IDS.reduce((total, id) => total + all[id], 0);
  if (sum <= whole) all.unattributed += whole - sum;
  else for (const id of CAPACITY_IDS) all[id] *= whole / sum;
  return all;
}
