import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlameTimes } from '../../src/cpu/flame-times.js';

describe('times of a flame', () => {
  it('have all time, in at most 120 windows and as many cells as there may be, however long a run is', () => {
    const anySample = fc.record({
      node: fc.integer({ min: 0, max: 40 }),
      atMs: fc.double({ min: -10, max: 1e7, noNaN: true }),
      ms: fc.double({ min: 0, max: 20, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(anySample, { maxLength: 300 }), (samples) => {
        const times = new FlameTimes(50);
        for (const { node, atMs, ms } of samples) times.add(node, atMs, ms);
        const { windowMs, window, node, ms } = times.toColumns();
        expect(window.length).toBeLessThanOrEqual(50);
        expect(window.every((each) => each < 120)).toBe(true);
        expect(ms.reduce((sum, each) => sum + each, 0)).toBeCloseTo(
          samples.reduce((sum, each) => sum + each.ms, 0),
          0,
        );
        for (const sample of samples) {
          const at = Math.floor(Math.max(0, sample.atMs) / windowMs);
          expect(window.some((each, i) => each === at && node[i] === sample.node)).toBe(true);
        }
      }),
    );
  });

  it('leave out a sample without a time', () => {
    const times = new FlameTimes(10);
    times.add(1, NaN, 5);
    times.add(1, Infinity, 5);
    times.add(1, 120, 5);
    expect(times.toColumns()).toEqual({ windowMs: 50, window: [2], node: [1], ms: [5] });
  });
});
