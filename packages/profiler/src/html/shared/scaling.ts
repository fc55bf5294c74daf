import { freeCores } from '../../replay/surroundings.js';
import type { PagePool, PageReport } from './page-data.js';

/** Bounds of the throughput at some number of workers, tasks a second. */
export interface ScalingBounds {
  /** Number of workers at which the run was measured, and its throughput. */
  measured: { workers: number; perSecond: number };
  /** One place a number of workers, from 1. */
  workers: Float64Array;
  cores: Float64Array;
  /** Of the main thread; null if unknown. */
  mainThread: number | null;
  /** The lowest of all. */
  bound: Float64Array;
}

/** Buckets of a worker that a task takes, whatever the number of workers. */
const PER_TASK = ['decode', 'encode', 'cpu', 'gc', 'loopIdle', 'offCpu', 'onLoop', 'other'] as const;
/** Buckets that need a core. */
const ON_CORE = ['decode', 'encode', 'cpu', 'gc', 'onLoop'] as const;

/**
 * What the ledgers allow at 1 to `most` workers. It is an upper bound, because it knows nothing of arrivals, order, or contention.
 * Null if too little was measured.
 */
export function scalingBounds(pool: PagePool, report: PageReport, most: number): ScalingBounds | null {
  const { totals } = pool.capacity;
  const perTask = PER_TASK.reduce((sum, id) => sum + totals[id], 0) / pool.tries;
  const nativeMs = (pool.asked.cores.meanNative ?? 0) * pool.wallMs;
  const onCore = (nativeMs + ON_CORE.reduce((sum, id) => sum + totals[id], 0)) / pool.tries;
  if (!(perTask > 0) || !Number.isFinite(perTask)) return null;
  const ceiling = report.parent.ledger.ceilingPerSecond;
  const mainThread = ceiling > 0 ? ceiling : null;
  const free = freeCores(report.run, pool);
  const column = (valueOf: (workers: number) => number) =>
    Float64Array.from({ length: most }, (_, i) => valueOf(i + 1));
  const workers = column((n) => (n * 1000) / perTask);
  const cores = column(() => (onCore > 0 ? (free * 1000) / onCore : Infinity));
  return {
    measured: { workers: pool.asked.workers.meanBusy > 0 ? pool.peakWorkers : 1, perSecond: pool.tasksPerSecond },
    workers,
    cores,
    mainThread,
    bound: workers.map((each, i) => Math.min(each, cores[i] ?? Infinity, mainThread ?? Infinity)),
  };
}
