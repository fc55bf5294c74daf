import { describe, expect, it } from 'vitest';
import { coreUse } from '../../src/build/core-use.js';
import type { PoolReport } from '../../src/model/pool-report.js';
import { sampleReport } from '../support/sample-report.js';

const WALL_MS = 1000;

/** A pool of two workers, each with this processor time of its thread and of its process. */
function poolOf(kind: PoolReport['kind'], cpuMs: number, processCpuMs: number | null, awaitedMs = 0): PoolReport {
  const [pool] = sampleReport({ tasks: 40, workers: 2 }).pools as [PoolReport];
  pool.kind = kind;
  pool.wallMs = WALL_MS;
  pool.capacity.totals.boot = 0;
  for (const worker of pool.workers) Object.assign(worker, { cpuMs, processCpuMs, upMs: WALL_MS });
  for (const task of pool.byTask) task.execution.loopIdleMs = awaitedMs / pool.byTask.length;
  return pool;
}

describe('the use of cores', () => {
  it('has the native threads of worker processes: what is left of each process', () => {
    const times = { processMs: 100, threadMs: 90, machineMs: 2300 };
    const { pools, programCores, otherCores } = coreUse(times, WALL_MS, 90, [poolOf('process', 300, 900)]);
    expect(pools[0]?.asked.cores.meanNative).toBeCloseTo(1.2, 9);
    expect(programCores).toBeCloseTo(1.9, 9);
    expect(otherCores).toBeCloseTo(0.4, 9);
  });

  it('counts ended workers that have no row as if they were like the others', () => {
    const pool = poolOf('process', 300, 900);
    pool.foldedWorkers.upMs = 2 * WALL_MS;
    const { pools } = coreUse({ processMs: 0, threadMs: 0, machineMs: null }, WALL_MS, 0, [pool]);
    expect(pools[0]?.asked.cores.meanNative).toBeCloseTo(2.4, 9);
  });

  it('takes no start of a worker thread for work of native threads', () => {
    const pool = poolOf('thread', 100, null, 300);
    pool.capacity.totals.boot = 600;
    const { pools } = coreUse({ processMs: 1000, threadMs: 100, machineMs: null }, WALL_MS, 0, [pool]);
    expect(pools[0]?.asked.cores.meanNative).toBeCloseTo((1000 - 100 - 200 - 600) / WALL_MS, 9);
  });

  it('gives the native threads of the program to pools of threads, by the time that their handlers wait', () => {
    const times = { processMs: 1000, threadMs: 100, machineMs: null };
    const all = [poolOf('thread', 100, null, 300), poolOf('thread', 100, null, 100), poolOf('inline', 50, null, 500)];
    const { pools, programCores, otherCores } = coreUse(times, WALL_MS, 999, all);
    const native = pools.map(({ asked }) => asked.cores.meanNative);
    expect(native[0]).toBeCloseTo(0.375, 9);
    expect(native[1]).toBeCloseTo(0.125, 9);
    expect(native[2]).toBe(all[2]?.asked.cores.meanNative);
    expect(programCores).toBe(1);
    expect(otherCores).toBeNull();
  });

  it('is unknown at level off', () => {
    const pool = poolOf('process', 300, 900);
    expect(coreUse(undefined, WALL_MS, 0, [pool])).toEqual({ programCores: null, otherCores: null, pools: [pool] });
  });

  it('leaves the starts of workers out of what others used', () => {
    const pool = poolOf('process', 100, 100);
    pool.capacity.totals.boot = 300;
    const { otherCores } = coreUse({ processMs: 100, threadMs: 100, machineMs: 600 }, WALL_MS, 0, [pool]);
    expect(otherCores).toBeCloseTo(0, 9);
  });
});
