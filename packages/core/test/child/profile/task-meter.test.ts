import { describe, expect, it } from 'vitest';
import { TaskMeter } from '../../../src/child/profile/task-meter.js';

const use = (calledMs: number) => ({ calledMs, sampledMs: calledMs / 2, sampledCpuMs: calledMs / 4 });

describe('what a worker says of its task names', () => {
  it('counts from the beginning of the profiling, and leaves out names without use', () => {
    const meter = new TaskMeter();
    meter.serve(['load', 'save', 'rest'], [use(100), use(0), use(8)]);
    meter.decoded(1, 2);
    meter.encoded(1, 3);
    meter.encoded(1, -1);
    meter.sent(4);
    expect(meter.tasks([use(140), use(0), use(8)])).toEqual([
      { task: 'load', calledMs: 40, sampledMs: 20, sampledCpuMs: 10, decodeMs: 0, encodeMs: 0 },
      { task: 'save', calledMs: 0, sampledMs: 0, sampledCpuMs: 0, decodeMs: 2, encodeMs: 3 },
    ]);
    expect([meter.decodeMs, meter.encodeMs]).toEqual([2, 7]);
  });

  it('is bounded: the names with the least time are one', () => {
    const meter = new TaskMeter();
    const names = Array.from({ length: 1000 }, (_, n) => `task ${n}`);
    meter.serve(names, []);
    const tasks = meter.tasks(names.map((_, n) => use(n + 1)));
    expect(tasks).toHaveLength(200);
    expect(tasks[0]?.task).toBe('task 999');
    expect(tasks.at(-1)?.task).toBe('(other)');
    expect(tasks.reduce((sum, { calledMs }) => sum + calledMs, 0)).toBe((1000 * 1001) / 2);
  });

  it('gives the longest synchronous part of a handler once', () => {
    const meter = new TaskMeter();
    for (const ms of [3, 9, 4]) meter.returned(ms);
    expect([meter.takeLongestMs(), meter.takeLongestMs()]).toEqual([9, 0]);
  });
});
