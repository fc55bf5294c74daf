import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Windows } from '../../src/record/windows.js';

const span = fc.tuple(fc.integer({ min: 0, max: 400_000 }), fc.integer({ min: 0, max: 50_000 }));

describe('curves over windows that double', () => {
  it('have the sums and the means of what was added, however long the run became', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 60 }), (spans) => {
        const windows = new Windows(1000);
        const sums = windows.sums();
        const levels = windows.levels();
        let end = 1000;
        for (const [from, ms] of spans) {
          sums.add(1000 + from, 2);
          levels.add(1000 + from, 1000 + from + ms);
          end = Math.max(end, 1000 + from + ms);
        }
        const count = windows.countTo(end + 1);
        expect(count).toBeLessThanOrEqual(600);
        expect(sums.values(count).reduce((sum, each) => sum + each, 0)).toBe(2 * spans.length);
        const means = levels.values(count);
        for (const [i, mean] of means.entries()) {
          const [low, high] = [i * windows.windowMs, (i + 1) * windows.windowMs];
          const covered = spans.reduce(
            (sum, [from, ms]) => sum + Math.max(0, Math.min(high, from + ms) - Math.max(low, from)),
            0,
          );
          expect(mean).toBeCloseTo(covered / windows.windowMs, 6);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keep the last or the largest reading when windows are joined', () => {
    const windows = new Windows(0);
    const last = windows.readings('last');
    const most = windows.readings('max');
    for (const [atMs, value] of [
      [10, 5],
      [110, 3],
      [310, 9],
    ] as const) {
      last.set(atMs, value);
      most.set(atMs, value);
    }
    windows.at(60_001);
    expect(windows.windowMs).toBe(200);
    expect(last.values(3)).toEqual([3, 9, null]);
    expect(most.values(3)).toEqual([5, 9, null]);
  });

  it('take a moment before the beginning as the beginning', () => {
    const windows = new Windows(1000);
    const sums = windows.sums();
    sums.add(500);
    expect(sums.values(1)).toEqual([1]);
  });
});
