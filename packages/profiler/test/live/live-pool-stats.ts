import type { PoolHealth, PoolStats, Summary } from '@millpond/core';
import type { WatchedPool } from '../../src/live/pools-source.js';

export const NO_SUMMARY: Summary = { count: 0, mean: 0, min: 0, max: 0, p50: 0, p90: 0, p99: 0, p999: 0 };
const NO_LATENCY = { wait: NO_SUMMARY, run: NO_SUMMARY, total: NO_SUMMARY };

/** Statistics of a pool at rest with two workers, and the given fields. */
export function statsOf(fields: Partial<PoolStats> = {}): PoolStats {
  const worker = (id: number): PoolStats['workerList'][number] => ({
    ...{
      id,
      slot: id - 1,
      pid: 100 + id,
      threadId: undefined,
      state: 'idle',
      tasksDone: 10,
      dispatched: 0,
      running: 0,
    },
    ...{ ageMs: 5_400, bootMs: 40, rssBytes: 50_000_000, heapUsedBytes: 9_000_000, cpu: 0.5, elu: 0.5 },
  });
  return {
    ...{ name: 'resize', kind: 'process', state: 'open', paused: false },
    workers: { wanted: 2, starting: 0, idle: 2, busy: 0, draining: 0, spare: 0 },
    workerList: [worker(1), worker(2)],
    tasks: {
      ...{ submitted: 20, queued: 0, dispatched: 0, running: 0, completed: 19, failed: 1, cancelled: 0 },
      ...{ timedOut: 0, retried: 0, crashed: 0, slow: 0 },
    },
    latencyMs: NO_LATENCY,
    byTask: {
      resize: {
        ...{ completed: 19, failed: 1, slow: 0, retriesRefused: 0, latencyMs: NO_LATENCY, breaker: undefined },
        ...{ hedges: undefined, limitWaitMs: undefined, detected: undefined, batch: undefined },
      },
    },
    utilization: 0.5,
    balance: undefined,
    sizing: { workers: 2, min: 1, max: 4, concurrency: 1, detected: undefined, reason: 'the option workers' },
    memory: undefined,
    ...{ ignoredResults: 0, droppedProgress: 0, cache: undefined, window: undefined, shaping: undefined },
    ...fields,
  };
}

function healthOk(): PoolHealth {
  return { status: 'ok', checks: [{ name: 'state', ok: true, value: 'open', limit: 'open', since: 0 }] };
}

/** A pool that says what a test has it say. */
export class SaidPool implements WatchedPool {
  said: PoolStats;
  healthSaid: PoolHealth = healthOk();

  constructor(fields: Partial<PoolStats> = {}) {
    this.said = statsOf(fields);
  }

  stats(): PoolStats {
    return this.said;
  }

  health(): PoolHealth {
    return this.healthSaid;
  }
}
