import { describe, expect, it } from 'vitest';
import { SpanSample } from '../../src/record/span-sample.js';
import { randomFrom } from '../../src/statistics/random.js';
import { traceOf } from '../fakes.js';

describe('the sample of tries', () => {
  it('has every try as long as there is room, in order of the submits', () => {
    const sample = new SpanSample(2000, randomFrom(1));
    for (let i = 0; i < 1500; i++) sample.add(traceOf([1, 1, 1, 1, 1, 1, 1, 1, 1], { taskId: i, t0: 5000 - i }));
    const columns = SpanSample.columns([sample], 1000);
    expect(columns).toMatchObject({ kept: 1500, of: 1500, tasks: ['resize'] });
    expect(columns.taskId.slice(0, 3)).toEqual([1499, 1498, 1497]);
    expect(columns.stamps[0]?.[0]).toBe(5000 - 1499 - 1000);
    expect(new Set(columns.weight)).toEqual(new Set([1]));
  });

  it('is uniform beyond that, and weights add up to the number of tries', () => {
    const sample = new SpanSample(1000, randomFrom(7));
    for (let i = 0; i < 20_000; i++) sample.add(traceOf([1, 1, 1, 1, 1, 1, 1, 1, 1], { taskId: i, t0: i }));
    const { kept, of, weight, taskId } = SpanSample.columns([sample], 0);
    expect([kept, of]).toEqual([1000, 20_000]);
    expect(weight.reduce((sum, each) => sum + each, 0)).toBeCloseTo(20_000);
    // A quarter of the run has 250 ± 14 of them (one standard deviation).
    for (let quarter = 0; quarter < 4; quarter++) {
      const inside = taskId.filter((id) => Math.floor(id / 5000) === quarter).length;
      expect(Math.abs(inside - 250)).toBeLessThan(70);
    }
  });

  it('has null for stamps that a try did not reach', () => {
    const sample = new SpanSample(10, randomFrom(1));
    sample.add(traceOf([1, 1], { outcome: 'crash' }));
    const [stamps] = SpanSample.columns([sample], 0).stamps;
    expect(stamps?.slice(3, 9)).toEqual([null, null, null, null, null, null]);
  });

  it('has the trace of the caller where a call had one, and no column where none had', () => {
    const stamps = [1, 1, 1, 1, 1, 1, 1, 1, 1];
    const sample = new SpanSample(10, randomFrom(1));
    sample.add(traceOf(stamps, { t0: 1 }));
    expect(SpanSample.columns([sample], 0)).not.toHaveProperty('traceparent');
    sample.add({ ...traceOf(stamps, { t0: 2 }), traceparent: '00-aa-bb-01' });
    sample.add(traceOf(stamps, { t0: 3 }));
    expect(SpanSample.columns([sample], 0).traceparent).toEqual(['', '00-aa-bb-01', '']);
  });
});
