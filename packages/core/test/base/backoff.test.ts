import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDelayMs } from '../../src/base/backoff.js';

describe('nextDelayMs', () => {
  it('doubles the upper bound with every try, up to the maximum', () => {
    const bounds = [1, 2, 3, 4, 5, 6].map((tries) => nextDelayMs(tries, 100, 1000, 1));
    expect(bounds).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  it('spreads evenly from nothing to the bound', () => {
    expect([0, 0.25, 0.5, 1].map((random) => nextDelayMs(3, 100, 5000, random))).toEqual([0, 100, 200, 400]);
  });

  it('stays within its bounds for any number of tries', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (tries, baseMs, maxMs, random) => {
          fc.pre(baseMs > 0);
          const delayMs = nextDelayMs(tries, baseMs, maxMs, random);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(Math.min(maxMs, baseMs * 2 ** (tries - 1)));
        },
      ),
    );
  });

  it('is a number of milliseconds without a base, however many tries there were', () => {
    expect(nextDelayMs(5000, 0, 5000, 0.5)).toBe(0);
  });
});
