import type { DispatcherLedger } from '../model/ledgers.js';
import type { PoolReport } from '../model/pool-report.js';
import type { TaskReport } from '../model/task-report.js';
import { helperPartOf, nativePartOf } from './native-part.js';
import { onCoreShare } from './on-core.js';

/** How the time of one task name divides, as far as only its sums are known. */
export interface NameCosts {
  /** Parts of an execution, as shares of it. What is left, up to 1, waited for a core, and the replay makes it anew. */
  cpu: number;
  gc: number;
  block: number;
  /** Native threads compute while the handler waits. */
  native: number;
  wait: number;
  /** Of native threads beside it, which it does not await. */
  helper: number;
  /** On the main thread, ms a try. */
  encodeMs: number;
  dispatchMs: number;
  settleMs: number;
  /** On the worker's thread, ms a try. */
  decodeMs: number;
  replyMs: number;
  meanIn: number;
  meanOut: number;
}

export function nameCosts(pool: PoolReport, ledger: DispatcherLedger, triesOfAll: number): NameCosts[] {
  const dispatchMs = ledger.dispatchMs > 0 ? ledger.dispatchMs / Math.max(1, triesOfAll) : 0;
  const settleMs = ledger.decodeMs / Math.max(1, triesOfAll);
  const onLoop = onLoopScale(pool);
  const onCore = onCoreShare(pool.byTask);
  const native = { awaited: nativePartOf(pool), beside: helperPartOf(pool) };
  return pool.byTask.map((task) => {
    const tries = Math.max(1, task.tries);
    return {
      ...executionShares(task, onLoop, onCore, native),
      encodeMs: task.codec.inputEncodeMs / tries,
      dispatchMs: dispatchMs > 0 ? dispatchMs : task.segments.encode.p50Ms,
      settleMs: task.codec.outputDecodeMs > 0 ? task.codec.outputDecodeMs / tries : settleMs,
      decodeMs: task.codec.inputDecodeMs > 0 ? task.codec.inputDecodeMs / tries : task.segments.decode.p50Ms,
      replyMs: task.codec.outputEncodeMs > 0 ? task.codec.outputEncodeMs / tries : task.segments.reply.p50Ms,
      meanIn: task.bytesIn.mean,
      meanOut: task.bytesOut.mean,
    };
  });
}

/**
 * Factor that brings the time of handlers on their loops down to what the workers had. Sums by name may share out a worker's time in a
 * way that counts overlapping tasks more than once. A loop has one second a second.
 */
function onLoopScale(pool: PoolReport): number {
  const { totals } = pool.capacity;
  const worked = totals.cpu + totals.gc + totals.offCpu + totals.onLoop + totals.runQueue;
  const claimed = pool.byTask.reduce(
    (sum, { execution: e }) => sum + e.cpuMs + e.gcMs + e.offCpuMs + e.onLoopMs + e.runQueueMs,
    0,
  );
  return claimed > 0 && worked > 0 ? Math.min(1, worked / claimed) : 1;
}

function executionShares(
  { execution }: TaskReport,
  scale: number,
  onCore: number,
  native: { awaited: number; beside: number },
): Pick<NameCosts, 'cpu' | 'gc' | 'block' | 'native' | 'wait' | 'helper'> {
  const { cpuMs, gcMs, runQueueMs, loopIdleMs, offCpuMs, onLoopMs } = execution;
  const onLoop = cpuMs + gcMs + runQueueMs + offCpuMs + onLoopMs;
  const known = onLoop + loopIdleMs;
  // Without any division, handlers are thought to compute: then no advice rests on idle cores.
  if (!(known > 0)) return { cpu: 1, gc: 0, block: 0, native: 0, wait: 0, helper: 0 };
  return {
    cpu: ((cpuMs + onLoopMs) * scale) / known,
    // A collector pauses a handler for longer while its thread has no core.
    gc: (gcMs * onCore * scale) / known,
    block: (offCpuMs * scale) / known,
    native: (loopIdleMs * native.awaited) / known,
    helper: ((cpuMs + gcMs + onLoopMs) * native.beside) / known,
    wait: (loopIdleMs * (1 - native.awaited) + onLoop * (1 - scale)) / known,
  };
}
