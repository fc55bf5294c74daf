import type { DispatcherLedger } from '../model/ledgers.js';
import type { PoolReport } from '../model/pool-report.js';
import { share, sum } from './sums.js';

/** Measured times of the program's main thread, ms. */
export interface ParentTimes {
  wallMs: number;
  idleMs: number;
  /** Sums of all pools. */
  encodeMs: number;
  decodeMs: number;
  dispatchMs: number;
  gcMs: number;
  profilerMs: number;
  loopDelayMaxMs: number;
  loopDelayP99Ms: number;
}

/**
 * Where the time of the main thread went. Its parts add up to the wall time. The active time is divided among the costs of the pools,
 * the collector and our own work. The rest is the program's. Costs beyond the active time are cut in proportion: two
 * clocks measure them.
 */
export function dispatcherLedger(times: ParentTimes, pools: readonly PoolReport[]): DispatcherLedger {
  const { wallMs, loopDelayMaxMs, loopDelayP99Ms } = times;
  const idleMs = Math.min(times.idleMs, wallMs);
  const activeMs = wallMs - idleMs;
  const costs = times.encodeMs + times.decodeMs + times.dispatchMs + times.gcMs + times.profilerMs;
  const scale = costs > activeMs ? share(activeMs, costs) : 1;
  const encodeMs = times.encodeMs * scale;
  const decodeMs = times.decodeMs * scale;
  const dispatchMs = times.dispatchMs * scale;
  const gcMs = times.gcMs * scale;
  const profilerMs = times.profilerMs * scale;
  const known = encodeMs + decodeMs + dispatchMs + gcMs + profilerMs;
  const tasks = sum(pools, (pool) => pool.tries);
  const perTaskMs = share(encodeMs + decodeMs + dispatchMs, tasks);
  const occupiedMs = share(
    sum(pools, ({ byTask }) => sum(byTask, ({ segments }) => segments.decode.totalMs + segments.execution.totalMs)),
    tasks,
  );
  return {
    ...{ wallMs, idleMs, encodeMs, decodeMs, dispatchMs, gcMs, profilerMs },
    userMs: Math.max(0, activeMs - known),
    unattributedMs: 0,
    loopDelayMaxMs,
    loopDelayP99Ms,
    ceilingPerSecond: share(1000, perTaskMs),
    workersAtCeiling: share(occupiedMs, perTaskMs),
  };
}
