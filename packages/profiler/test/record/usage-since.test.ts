import { describe, expect, it } from 'vitest';
import { IdleClock } from '../../src/record/idle-clock.js';
import { usageSince } from '../../src/record/usage-since.js';
import { WorkerRecord } from '../../src/record/worker-record.js';
import { usageOf } from '../fakes.js';

const task = { task: 'resize', calledMs: 10, sampledMs: 4, sampledCpuMs: 2, decodeMs: 1, encodeMs: 1 };

describe('what a worker measured since another report of it', () => {
  it('has sums less those of before, and the rest as it is now', () => {
    const before = usageOf({ atMs: 100, loopActiveMs: 50, cpuMs: 40, gcMs: 5, heapUsedBytes: 9, tasks: [task] });
    const now = usageOf({
      ...{ atMs: 300, loopActiveMs: 90, cpuMs: 60, runQueueMs: null, gcMs: 6, heapUsedBytes: 7 },
      tasks: [
        { ...task, calledMs: 30 },
        { ...task, task: 'new' },
      ],
    });
    expect(usageSince(now, before)).toMatchObject({
      ...{ sinceMs: 100, loopActiveMs: 40, cpuMs: 20, runQueueMs: null, gcMs: 1, heapUsedBytes: 7 },
      tasks: [
        { task: 'resize', calledMs: 20, sampledMs: 0 },
        { task: 'new', calledMs: 10 },
      ],
    });
  });

  it('counts a sum that began anew from its beginning', () => {
    expect(usageSince(usageOf({ gcMs: 3 }), usageOf({ gcMs: 8 })).gcMs).toBe(3);
  });

  it('is what a worker has within a window that began after its measuring', () => {
    const worker = new WorkerRecord(1, 0, 1000, new IdleClock('noWork', 1000), () => {});
    worker.readyMs = 1000;
    worker.used(usageOf({ atMs: 1050, sinceMs: 0, loopActiveMs: 700 }));
    worker.used(usageOf({ atMs: 1150, sinceMs: 0, loopActiveMs: 760 }));
    expect(worker.usage?.loopActiveMs).toBe(60);
    const fresh = new WorkerRecord(2, 1, 1000, new IdleClock('noWork', 1000), () => {});
    fresh.used(usageOf({ atMs: 1050, sinceMs: 1001, loopActiveMs: 30 }));
    expect(fresh.usage?.loopActiveMs).toBe(30);
  });
});
