import type { PoolReport } from '../model/pool-report.js';
import type { RunInfo } from '../model/report-data.js';
import type { CoreTimes } from '../record/core-clock.js';
import { share, sum } from './sums.js';

type CoreUse = Pick<RunInfo, 'programCores' | 'otherCores'> & {
  pools: PoolReport[];
};

/**
 * Who used the cores. Handlers that await zlib, crypto or files leave the work to native threads. Only the processor time of a whole
 * process shows it.
 * @param mainMs time for which the loop of the main thread was active
 */
export function coreUse(
  times: CoreTimes | undefined,
  wallMs: number,
  mainMs: number,
  pools: readonly PoolReport[],
): CoreUse {
  if (times === undefined || wallMs <= 0) return { programCores: null, otherCores: null, pools: [...pools] };
  const ofProcesses = pools.map(processPoolMs);
  const inThreads = pools.filter(({ kind }) => kind === 'thread');
  const threadsMs = sum(inThreads, (pool) => listedTimes(pool) * sum(pool.workers, ({ cpuMs }) => cpuMs ?? 0));
  // A worker thread that starts computes, and none of its own counts has that.
  const startsMs = sum(inThreads, ({ capacity }) => capacity.totals.boot);
  const restMs = Math.max(0, times.processMs - (times.threadMs ?? mainMs) - threadsMs - startsMs);
  const awaited = sum(inThreads, awaitedMs);
  const programMs = times.processMs + sum(ofProcesses, (each) => each?.allMs ?? 0);
  // What a silent worker used is not known, so it would count as that of others.
  const isWhole = pools.every(({ atEnd }) => atEnd.silentWorkers === 0);
  // The start of a worker is in none of its own counts.
  const bootMs = sum(pools, ({ kind, capacity }) => (kind === 'process' ? capacity.totals.boot : 0));
  return {
    programCores: programMs / wallMs,
    otherCores:
      times.machineMs === null || !isWhole ? null : Math.max(0, times.machineMs - programMs - bootMs) / wallMs,
    pools: pools.map((pool, i) => {
      const inThread = pool.kind === 'thread' ? restMs * share(awaitedMs(pool), awaited) : null;
      const nativeMs = ofProcesses[i]?.nativeMs ?? inThread;
      if (nativeMs === null) return pool;
      const meanNative = share(nativeMs, pool.wallMs);
      return { ...pool, asked: { ...pool.asked, cores: { ...pool.asked.cores, meanNative } } };
    }),
  };
}

/** Processor time of all worker processes, and the part of native threads; undefined without any count. */
function processPoolMs(pool: PoolReport): { allMs: number; nativeMs: number } | undefined {
  const counted = pool.workers.filter(({ processCpuMs }) => processCpuMs !== null);
  if (counted.length === 0) return undefined;
  const times = listedTimes(pool);
  const allMs = sum(counted, ({ processCpuMs }) => processCpuMs ?? 0);
  const ownMs = sum(counted, ({ cpuMs, processCpuMs }) => cpuMs ?? processCpuMs ?? 0);
  return { allMs: allMs * times, nativeMs: Math.max(0, allMs - ownMs) * times };
}

/** Ended workers beyond the latest ones have no counts of their own, and are thought to be like the others. */
function listedTimes({ workers, foldedWorkers }: PoolReport): number {
  const listedMs = sum(workers, ({ upMs }) => upMs);
  return listedMs > 0 ? (listedMs + foldedWorkers.upMs) / listedMs : 1;
}

/** Native threads of one process serve all its workers. Those whose handlers wait most use them most. */
function awaitedMs({ byTask }: PoolReport): number {
  return sum(byTask, ({ execution }) => execution.loopIdleMs);
}
