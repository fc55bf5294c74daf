import { Histogram } from '../base/histogram.js';
import type { PoolKind } from '../contract/options.js';
import type { LatencyStats, MemoryStats, PoolStats, SizingStats, Summary, WorkerStats } from '../contract/stats.js';
import type { WindowStats } from '../contract/window-stats.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { TaskType } from '../task/task-type.js';
import { countRunning } from '../worker/running-count.js';
import type { Worker } from '../worker/worker.js';
import type { BackendStats } from './backend.js';
import type { PastWorkers } from './past-workers.js';

export interface StatsParts {
  kind: PoolKind;
  paused: boolean;
  nowMs: number;
  wanted: number;
  sizing: SizingStats;
  memory: MemoryStats | undefined;
  workers: Iterable<Worker>;
  spares: number;
  /** Sum of the time for which places for tasks have existed, ms. */
  placeMs: number;
  past: PastWorkers;
  registry: TaskRegistry;
  types: Iterable<TaskType>;
  window: WindowStats | undefined;
}

/** A snapshot of workers and tasks, as plain data. */
export function backendStats(parts: StatsParts): BackendStats {
  const workers = [...parts.workers];
  const running = workers.map((worker) => countRunning(worker.assigned));
  const workerList = workers.map((worker, index) => workerStats(worker, running[index]?.handlers ?? 0, parts.nowMs));
  const count = (...states: string[]): number => workerList.filter(({ state }) => states.includes(state)).length;
  const types = [...parts.types];
  // A caller may use any name, even "__proto__" or "valueOf", so the object inherits nothing.
  const byTask = Object.create(null) as PoolStats['byTask'];
  for (const type of types) {
    const { name, completed, failed, slow, retriesRefused, profile, hedge, limits } = type;
    const breaker = type.breakers?.stats(parts.nowMs);
    const hedges = hedge && { ...hedge.counts };
    const batch = type.batches?.stats();
    const limitWaitMs = limits && summary([limits.limitWait]);
    const latencyMs = latency([type]);
    const policies = { retriesRefused, breaker, hedges, batch, limitWaitMs };
    byTask[name] = { completed, failed, slow, ...policies, latencyMs, detected: profile.kind };
  }
  return {
    paused: parts.paused,
    workers: {
      wanted: parts.wanted,
      starting: count('starting', 'warming'),
      idle: count('idle'),
      busy: count('busy'),
      draining: count('draining', 'stopping'),
      spare: parts.spares,
    },
    workerList,
    tasks: { ...parts.registry.counts, running: running.reduce((sum, { unsettled }) => sum + unsettled, 0) },
    ignoredResults: workers.reduce((sum, worker) => sum + worker.received.ignoredResults, parts.past.ignoredResults),
    droppedProgress: workers.reduce((sum, worker) => sum + worker.received.droppedProgress, parts.past.droppedProgress),
    latencyMs: latency(types),
    byTask,
    utilization: utilization(parts, types),
    balance:
      parts.kind === 'inline' ? undefined : parts.registry.balance.stats(loopShare(types), parts.sizing.detected),
    sizing: parts.sizing,
    memory: parts.memory,
    window: parts.window,
  };
}

function workerStats(worker: Worker, running: number, nowMs: number): WorkerStats {
  const { id, slot, pid, threadId, state, tasksDone, inFlight, startedAt, bootMs, metrics } = worker;
  const { rssBytes, heapUsedBytes, cpu, elu } = metrics;
  const load = { tasksDone, dispatched: inFlight, running };
  const own = { id, slot, pid, threadId, state, ...load, ageMs: nowMs - startedAt, bootMs };
  return { ...own, rssBytes, heapUsedBytes, cpu, elu };
}

/** Execution time ÷ the time for which places existed. */
function utilization({ placeMs }: StatsParts, types: readonly TaskType[]): number {
  const busyMs = types.reduce((sum, type) => sum + type.run.sum - type.sharedMs, 0);
  return placeMs === 0 ? 0 : Math.min(1, busyMs / placeMs);
}

/** Share of the time in handlers in which tasks had their event loop, weighted by that time. */
function loopShare(types: readonly TaskType[]): number {
  const ranMs = types.reduce((sum, { run }) => sum + run.sum, 0);
  const loopMs = types.reduce((sum, { run, profile }) => sum + run.sum * profile.loopShare, 0);
  return ranMs === 0 ? 1 : loopMs / ranMs;
}

function latency(types: readonly TaskType[]): LatencyStats {
  return {
    wait: summary(types.map((type) => type.wait)),
    run: summary(types.map((type) => type.run)),
    total: summary(types.map((type) => type.total)),
  };
}

/** The counts and percentiles of all these together. */
export function summary(histograms: readonly Histogram[]): Summary {
  const all = histograms.length === 1 && histograms[0] !== undefined ? histograms[0] : merged(histograms);
  const { count, mean, min, max } = all;
  return {
    count,
    mean,
    min,
    max,
    p50: all.percentile(0.5),
    p90: all.percentile(0.9),
    p99: all.percentile(0.99),
    p999: all.percentile(0.999),
  };
}

function merged(histograms: readonly Histogram[]): Histogram {
  const all = new Histogram();
  for (const each of histograms) {
    const { count, sum, min, max } = each;
    all.merge({ count, sum, min, max, counts: each.toCounts() });
  }
  return all;
}
