import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BusyTime } from '../../src/record/busy-time.js';

type Interval = readonly [start: number, end: number];

const interval = fc
  .tuple(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 200 }))
  .map(([start, length]): Interval => [start, start + length]);

function busyOf(intervals: readonly Interval[]): number {
  const busy = new BusyTime();
  for (const [start, end] of intervals) busy.add(start, end);
  return busy.totalMs;
}

/** The union by the plain way: sort, then sweep. */
function unionOf(intervals: readonly Interval[]): number {
  let total = 0;
  let covered = -Infinity;
  for (const [start, end] of intervals.toSorted((a, b) => a[0] - b[0])) {
    total += Math.max(0, end - Math.max(start, covered));
    covered = Math.max(covered, end);
  }
  return total;
}

describe('busy time', () => {
  it('is the union of the intervals, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 200 }), (intervals) => {
        expect(busyOf(intervals)).toBeCloseTo(unionOf(intervals), 6);
      }),
    );
  });

  it('counts tasks that overlap once', () => {
    expect(busyOf([[0, 10], [5, 15], [5, 8]])).toBe(15); // prettier-ignore
  });

  it('fills the gaps when a long task ends after the short ones it covers', () => {
    expect(busyOf([[10, 20], [30, 40], [50, 60], [0, 70]])).toBe(70); // prettier-ignore
  });

  it('is exact over a million tasks, one after another', () => {
    const busy = new BusyTime();
    for (let i = 0; i < 1_000_000; i++) busy.add(i * 4, i * 4 + 3);
    expect(busy.totalMs).toBeCloseTo(3_000_000, 3);
  });

  it('is exact when one task covers a hundred thousand others', () => {
    const busy = new BusyTime();
    for (let i = 0; i < 100_000; i++) busy.add(i * 10, i * 10 + 1);
    busy.add(0, 1_000_000);
    expect(busy.totalMs).toBeCloseTo(1_000_000, 3);
  });

  it('is near when a task begins among many older ones, and never beyond what is possible', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: 1, max: 60_000 }), (start, length) => {
        const intervals: Interval[] = Array.from({ length: 10_000 }, (_, i) => [i * 4, i * 4 + 1]);
        intervals.push([start, start + length]);
        // Half of the error bound is the widest coarse stretch: here a quarter of everything.
        expect(Math.abs(busyOf(intervals) - unionOf(intervals))).toBeLessThan(1000);
      }),
      { numRuns: 20 },
    );
  });

  it('takes no notice of an interval that is empty, turned round or not a number', () => {
    expect(busyOf([[5, 5], [9, 7], [NaN, 3], [3, NaN]])).toBe(0); // prettier-ignore
  });

  it('tells each newly covered stretch once, and together they are the union', () => {
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 100 }), (intervals) => {
        const told: Interval[] = [];
        const busy = new BusyTime((from, to) => told.push([from, to]));
        for (const [start, end] of intervals) busy.add(start, end);
        const sum = told.reduce((total, [from, to]) => total + to - from, 0);
        expect(sum).toBeCloseTo(busy.totalMs, 6);
        // None overlaps another one.
        expect(unionOf(told)).toBeCloseTo(sum, 6);
        expect(unionOf([...told, ...intervals])).toBeCloseTo(sum, 6);
      }),
    );
  });
});
