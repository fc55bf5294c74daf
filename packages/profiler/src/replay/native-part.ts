import type { PoolReport } from '../model/pool-report.js';

/** Part of the waits of handlers in which native threads of their workers compute for them. */
export function nativePartOf(pool: PoolReport): number {
  const waitedMs = waited(pool);
  return waitedMs > 0 ? Math.min(1, nativeMs(pool) / waitedMs) : 0;
}

/** Time of native threads that no handler awaits, ÷ time of handlers on their loops. They collect garbage and compile. */
export function helperPartOf(pool: PoolReport): number {
  const { byTask } = pool;
  const onLoopMs = byTask.reduce((sum, { execution: e }) => sum + e.cpuMs + e.gcMs + e.onLoopMs, 0);
  return onLoopMs > 0 ? Math.max(0, nativeMs(pool) - waited(pool)) / onLoopMs : 0;
}

function nativeMs({ asked, wallMs }: PoolReport): number {
  return (asked.cores.meanNative ?? 0) * wallMs;
}

function waited({ byTask }: PoolReport): number {
  return byTask.reduce((sum, { execution }) => sum + execution.loopIdleMs, 0);
}
