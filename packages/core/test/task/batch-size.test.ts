import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIRST_SIZE, nextBatchSize } from '../../src/task/batch-size.js';

/** The sizes of batches of a handler that takes this long for an item, beside a fixed time for the call. */
function sizesAt(itemMs: number, callMs = 0, maxSize = 1000, calls = 20): number[] {
  const sizes: number[] = [FIRST_SIZE];
  for (let call = 0; call < calls; call++) {
    const size = sizes.at(-1) as number;
    sizes.push(nextBatchSize(size, size, callMs + size * itemMs, maxSize));
  }
  return sizes;
}

describe('the size of a batch of size auto', () => {
  it.each([
    [1, 200, 1000],
    [10, 20, 200],
    [100, 2, 20],
    [5000, 1, 1],
    [0.001, 1000, 1000],
  ])('becomes one with which items of %d ms take 0.2 to 2 s, and stays: %d to %d', (itemMs, least, most) => {
    const last = sizesAt(itemMs).slice(-5);
    expect(new Set(last).size).toBe(1);
    expect(last[0]).toBeGreaterThanOrEqual(least);
    expect(last[0]).toBeLessThanOrEqual(most);
  });

  it('counts the time of the call itself', () => {
    expect(sizesAt(0.1, 300).at(-1)).toBe(FIRST_SIZE);
  });

  it('at most doubles or halves with one call', () => {
    expect([nextBatchSize(16, 16, 0, 1000), nextBatchSize(16, 16, 1e9, 1000)]).toEqual([32, 8]);
  });

  it('does not grow for a batch that left with fewer items, and shrinks for one that took too long', () => {
    expect([nextBatchSize(100, 3, 1, 1000), nextBatchSize(100, 60, 6000, 1000)]).toEqual([100, 50]);
  });

  it('is an integer from 1 to the most, whatever calls take', () => {
    const size = fc.integer({ min: 1, max: 1000 });
    const ms = fc.oneof(fc.double({ min: 0, max: 1e7, noNaN: true }), fc.constant(Infinity));
    fc.assert(
      fc.property(size, size, ms, size, (now, inputs, took, most) => {
        const next = nextBatchSize(now, inputs, took, most);
        expect(next === now || (Number.isInteger(next) && next >= 1 && next <= most)).toBe(true);
      }),
    );
  });
});
