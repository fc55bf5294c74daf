import { describe, expect, it } from 'vitest';
import { TraceRing } from '../../src/record/trace-ring.js';
import { fromStamps, ran, traceOf } from '../fakes.js';

describe('the ring of traces', () => {
  it('gives back what it was given', () => {
    const ring = new TraceRing(10);
    const stamps = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    ring.add({ taskId: 2 ** 40, task: 'a', attempt: 3, workerId: 70_000, outcome: 'timeout', ...fromStamps(stamps) });
    ring.add(traceOf([1], { task: 'b', outcome: 'crash' }));
    const [first, second] = ring.traces();
    expect(first).toEqual({
      taskId: 2 ** 40,
      task: 'a',
      attempt: 3,
      workerId: 70_000,
      outcome: 'timeout',
      stamps: Float64Array.from(stamps),
    });
    expect(second).toMatchObject({ task: 'b', outcome: 'crash' });
    expect([...(second?.stamps ?? [])]).toEqual([1000, 1001, ...Array<number>(8).fill(NaN)]);
  });

  it.each([1, 7, 1024, 3000])('keeps the latest %i, oldest first, and counts the others', (capacity) => {
    const ring = new TraceRing(capacity);
    for (let i = 0; i < 5000; i++) ring.add(ran(i, i + 1, { taskId: i }));
    expect({ size: ring.size, dropped: ring.dropped }).toEqual({ size: capacity, dropped: 5000 - capacity });
    expect(Array.from(ring.traces(), (trace) => trace.taskId)).toEqual(
      Array.from({ length: capacity }, (_, i) => 5000 - capacity + i),
    );
  });

  it('drops nothing while there is room', () => {
    const ring = new TraceRing(100_000);
    for (let i = 0; i < 2500; i++) ring.add(ran(i, i + 1, { taskId: i }));
    expect({ size: ring.size, dropped: ring.dropped }).toEqual({ size: 2500, dropped: 0 });
    expect(Array.from(ring.traces(), (trace) => trace.taskId)).toEqual(Array.from({ length: 2500 }, (_, i) => i));
  });
});
