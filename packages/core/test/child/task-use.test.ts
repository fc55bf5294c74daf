import { describe, expect, it } from 'vitest';
import { CallSampler, TaskUse } from '../../src/child/task-use.js';

/** Time in handlers. */
const handlerMs = (use: TaskUse, nowMs: number): number => use.totals(nowMs).handlerMs;

describe('the time of tasks in handlers', () => {
  it('is what handlers took that returned at once', () => {
    const use = new TaskUse();
    use.ran(10);
    use.ran(2.5);
    expect(handlerMs(use, 1000)).toBe(12.5);
  });

  it('goes on while a handler waits, and ends with it', () => {
    const use = new TaskUse();
    use.waits(100, 100);
    expect([handlerMs(use, 100), handlerMs(use, 150), handlerMs(use, 400)]).toEqual([0, 50, 300]);
    use.ended(100, 400);
    expect([handlerMs(use, 400), handlerMs(use, 9000)]).toEqual([300, 300]);
  });

  it('counts each of those that wait at once', () => {
    const use = new TaskUse();
    use.waits(0, 0);
    use.waits(100, 100);
    use.ran(5);
    expect(handlerMs(use, 200)).toBe(305);
    use.ended(0, 200);
    expect(handlerMs(use, 300)).toBe(405);
    use.ended(100, 300);
    expect(handlerMs(use, 1000)).toBe(405);
  });
});

describe('the time for which handlers keep their loop', () => {
  it('is that of calls until they return, whatever their promises take', () => {
    const use = new TaskUse();
    use.ran(10);
    use.waits(100, 103);
    use.ended(100, 900);
    expect(use.totals(1000)).toMatchObject({ handlerMs: 810, calledMs: 13 });
  });
});

describe('processor time of calls', () => {
  const compute = (ms: number): number => {
    const startedAt = performance.now();
    while (performance.now() - startedAt < ms);
    return performance.now() - startedAt;
  };
  const block = (ms: number): number => {
    const startedAt = performance.now();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    return performance.now() - startedAt;
  };
  const sample = (call: () => number): ReturnType<TaskUse['totals']> => {
    const [sampler, use] = [new CallSampler(), new TaskUse()];
    sampler.begin(0, 0);
    sampler.end(use, call());
    return use.totals(0);
  };

  it('is taken of one that computes, and is little of one that blocks', () => {
    const [computing, blocking] = [sample(() => compute(50)), sample(() => block(200))];
    expect(computing.sampledMs).toBeGreaterThanOrEqual(50);
    expect(blocking.sampledMs).toBeGreaterThanOrEqual(199);
    expect(blocking.sampledCpuMs / blocking.sampledMs).toBeLessThan(computing.sampledCpuMs / computing.sampledMs);
  });

  it('is taken every 20 ms at most, and of no call that is too short to be measured', () => {
    const [sampler, use] = [new CallSampler(), new TaskUse()];
    sampler.begin(1000, 0);
    sampler.end(use, 5);
    sampler.begin(1019, 0);
    sampler.end(use, 5);
    expect(use.totals(0).sampledMs).toBe(5);
    sampler.begin(1020, 0);
    sampler.end(use, 0.09);
    sampler.begin(1040, 0);
    sampler.end(use, 0.5);
    expect(use.totals(0).sampledMs).toBe(5.5);
  });
});
