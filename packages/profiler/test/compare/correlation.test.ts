import { describe, expect, it } from 'vitest';
import { correlationOf } from '../../src/compare/correlation.js';
import { seeded } from '../support/sample-report.js';

/** Each value is `keep` of the one before and the rest by chance: its correlation is (1 + keep) ÷ (1 − keep). */
function chained(keep: number, count: number): Float64Array {
  const random = seeded(11);
  let value = 0;
  return Float64Array.from({ length: count }, () => (value = keep * value + random() - 0.5));
}

describe('the correlation of a series', () => {
  it.each([
    [0, 1],
    [0.5, 3],
    [0.9, 19],
  ])('of a chain that keeps %d is about %d', (keep, expected) => {
    const found = correlationOf(chained(keep, 4_000));
    expect(found).toBeGreaterThan(expected * 0.7);
    expect(found).toBeLessThan(expected * 1.5);
  });

  it('is found in a long series by groups', () => {
    const found = correlationOf(chained(0.99, 100_000));
    expect(found).toBeGreaterThan(130);
    expect(found).toBeLessThan(320);
  });

  it('is that of the whole for a series that only rises, and 1 for equal values', () => {
    expect(correlationOf(Float64Array.from({ length: 400 }, (_, i) => i))).toBeGreaterThan(50);
    expect(correlationOf(new Float64Array(400).fill(3))).toBe(1);
    expect(correlationOf(Float64Array.of(1, 2))).toBe(2);
  });
});
