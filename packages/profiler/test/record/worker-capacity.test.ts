import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAPACITY_IDS } from '../../src/model/ledgers.js';
import { workerCapacity, type WorkerTimes } from '../../src/record/worker-capacity.js';
import { usageOf } from '../fakes.js';

const ms = fc.double({ min: 0, max: 1e4, noNaN: true });
const nullable = fc.option(ms, { nil: null });

const usage = fc
  .record({
    loopActiveMs: ms,
    cpuMs: nullable,
    runQueueMs: nullable,
    gcMs: ms,
    decodeMs: ms,
    encodeMs: ms,
    profilerMs: ms,
  })
  .map(usageOf);
const times = fc.record({
  bootMs: ms,
  upMs: ms,
  occupiedMs: ms,
  handlingMs: ms,
  idle: fc.record({ noWork: ms, notParallel: ms, starved: ms, limited: ms, paused: ms }),
  transitMs: ms,
  usage: fc.option(usage, { nil: undefined }),
});

function sumOf(capacity: Record<string, number>): number {
  return CAPACITY_IDS.reduce((sum, id) => sum + (capacity[id] ?? 0), 0);
}

const rest: WorkerTimes = {
  ...{ bootMs: 0, upMs: 1000, occupiedMs: 600, handlingMs: 500, transitMs: 0 },
  idle: { noWork: 400, notParallel: 0, starved: 0, limited: 0, paused: 0 },
  usage: undefined,
};

describe('the capacity of one worker', () => {
  it('adds up to its time, and no bucket is negative, whatever was measured', () => {
    fc.assert(
      fc.property(times, (each) => {
        const capacity = workerCapacity(each);
        expect(sumOf(capacity)).toBeCloseTo(each.bootMs + each.upMs, 6);
        for (const id of CAPACITY_IDS) expect(capacity[id]).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('calls the work of a silent worker unattributed', () => {
    expect(workerCapacity(rest)).toMatchObject({ noWork: 400, unattributed: 500, other: 100, cpu: 0 });
  });

  it('knows handlers that wait from handlers that compute', () => {
    const waits = workerCapacity({ ...rest, usage: usageOf({ loopActiveMs: 20, cpuMs: 20 }) });
    expect(waits.loopIdle).toBeCloseTo(480);
    expect(waits.cpu).toBeCloseTo(20);
    const computes = workerCapacity({ ...rest, usage: usageOf({ loopActiveMs: 520, cpuMs: 500, runQueueMs: 20 }) });
    expect(computes.loopIdle).toBe(0);
    expect(computes.runQueue).toBeCloseTo((500 * 20) / 520);
  });

  it('knows handlers that block, and handlers without a core', () => {
    const blocks = workerCapacity({ ...rest, usage: usageOf({ loopActiveMs: 500, cpuMs: 10, runQueueMs: 0 }) });
    expect(blocks.offCpu).toBeCloseTo(490);
    const lacks = workerCapacity({ ...rest, usage: usageOf({ loopActiveMs: 500, cpuMs: 250, runQueueMs: 250 }) });
    expect([lacks.cpu, lacks.runQueue, lacks.offCpu]).toEqual([250, 250, 0]);
  });

  it('says `onLoop` where processor time cannot be measured', () => {
    const capacity = workerCapacity({ ...rest, usage: usageOf({ loopActiveMs: 500, cpuMs: null, gcMs: 50 }) });
    expect(capacity).toMatchObject({ onLoop: 450, gc: 50, cpu: 0, offCpu: 0 });
  });
});
