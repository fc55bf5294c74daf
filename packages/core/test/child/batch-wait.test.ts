import { describe, expect, it } from 'vitest';
import { batchWaitMs, longTaskMs } from '../../src/child/batch-wait.js';

describe('results gather', () => {
  it('until half of the work is done, where the parent has no more', () => {
    expect([1, 4, 7.9].map((leftMs) => batchWaitMs(0, leftMs, false))).toEqual([0.5, 2, 3.95]);
  });

  it('until a refill is needed, where it has', () => {
    expect([2, 3, 4.5].map((leftMs) => batchWaitMs(0, leftMs, true))).toEqual([1, 2, 3.5]);
    // With less than that the half counts.
    expect(batchWaitMs(0, 1, true)).toBe(0.5);
  });

  it('for 4 ms at most, and a quarter of a millisecond at least', () => {
    for (const hasMore of [true, false]) {
      expect([8.1, 100].map((leftMs) => batchWaitMs(0, leftMs, hasMore))).toEqual([4, 4]);
      expect([0, 0.1, 0.4].map((leftMs) => batchWaitMs(0, leftMs, hasMore))).toEqual([0.25, 0.25, 0.25]);
    }
  });

  it('longer when more work has come meanwhile, by what is left of it', () => {
    // What was done is as long as what will be left: 1 + 2 = 5 − 2.
    expect(batchWaitMs(1, 5, false)).toBe(3);
    expect(batchWaitMs(1, 3.5, true)).toBe(3.5);
    expect(batchWaitMs(3, 1, false)).toBe(2);
    expect(batchWaitMs(3, 30, true)).toBe(4);
  });
});

describe('a task is long', () => {
  it('from 1 ms on where the parent has no more, and when results do not wait for so long', () => {
    expect([longTaskMs(4, false), longTaskMs(0.25, false), longTaskMs(4, true), longTaskMs(0.25, true)]).toEqual([
      1, 0.25, 4, 0.25,
    ]);
  });
});
