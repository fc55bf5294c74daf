import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/base/histogram.js';

/** 0.1 µs, the step of the histogram. */
const UNIT_MS = 1e-4;

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

function asData({ count, sum, min, max }: Histogram) {
  return { count, sum, min, max };
}

/** Times from nothing to a week, as many short ones as long ones. */
const durations = fc.array(
  fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: -4, max: 8 })).map(([x, e]) => x * 10 ** e),
  { minLength: 1, maxLength: 200 },
);

describe('Histogram', () => {
  it('gives percentiles within 1.6 % of the exact ones, or one unit', () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1] as number;
        const given = histogramOf(values).percentile(share);
        expect(Math.abs(given - exact)).toBeLessThanOrEqual(exact * 0.016 + UNIT_MS);
      }),
    );
  });

  it('counts, sums and bounds exactly', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = histogramOf(values);
        const sum = values.reduce((total, value) => total + value, 0);
        expect(asData(histogram)).toEqual({
          count: values.length,
          sum,
          min: Math.min(...values),
          max: Math.max(...values),
        });
        expect(histogram.mean).toBe(sum / values.length);
      }),
    );
  });

  it('never gives a higher share a lower value, nor one outside of what was recorded', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = histogramOf(values);
        const shares = [0, 0.1, 0.5, 0.9, 0.99, 1].map((share) => histogram.percentile(share));
        expect(shares).toEqual(shares.toSorted((a, b) => a - b));
        expect(shares.at(0)).toBeGreaterThanOrEqual(histogram.min);
        expect(shares.at(-1)).toBeLessThanOrEqual(histogram.max);
      }),
    );
  });

  it('merges into what one histogram of all values would be', () => {
    fc.assert(
      fc.property(durations, durations, (some, others) => {
        const whole = histogramOf([...some, ...others]);
        const merged = histogramOf(some);
        const other = histogramOf(others);
        merged.merge({ ...asData(other), counts: other.toCounts() });
        expect(merged.toCounts()).toEqual(whole.toCounts());
        expect({ ...asData(merged), sum: 0 }).toEqual({ ...asData(whole), sum: 0 });
        expect(merged.sum).toBeCloseTo(whole.sum, 3);
      }),
    );
  });

  it('is unchanged by merging an empty one, and takes over all of another when it is empty', () => {
    const histogram = histogramOf([5, 7]);
    histogram.merge({ ...asData(new Histogram()), counts: [] });
    expect(asData(histogram)).toEqual({ count: 2, sum: 12, min: 5, max: 7 });
    const empty = new Histogram();
    empty.merge({ ...asData(histogram), counts: histogram.toCounts() });
    expect(asData(empty)).toEqual({ count: 2, sum: 12, min: 5, max: 7 });
    expect(empty.percentile(1)).toBe(histogram.percentile(1));
  });

  it('says 0 to every question while it is empty', () => {
    const histogram = new Histogram();
    expect([histogram.mean, histogram.percentile(0.5), histogram.min, histogram.max]).toEqual([0, 0, 0, 0]);
    expect(histogram.toCounts()).toEqual([]);
  });

  it('begins anew when it is cleared', () => {
    fc.assert(
      fc.property(durations, durations, (before, after) => {
        const histogram = histogramOf(before);
        histogram.clear();
        expect([asData(histogram), histogram.toCounts()]).toEqual([asData(new Histogram()), []]);
        for (const value of after) histogram.record(value);
        const fresh = histogramOf(after);
        expect([asData(histogram), histogram.toCounts()]).toEqual([asData(fresh), fresh.toCounts()]);
      }),
    );
  });

  it('counts negative and missing times as 0', () => {
    expect(asData(histogramOf([-3, NaN]))).toEqual({ count: 2, sum: 0, min: 0, max: 0 });
    expect(histogramOf([-3, NaN]).percentile(1)).toBe(0);
  });

  it('keeps times beyond its range countable and their maximum exact', () => {
    const histogram = histogramOf([1, 1e12, 1e13]);
    expect(histogram.max).toBe(1e13);
    expect(histogram.percentile(0.1)).toBeCloseTo(1, 1);
    expect(histogram.percentile(1)).toBeGreaterThan(1e10);
  });
});
