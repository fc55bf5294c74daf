import { describe, expect, it } from 'vitest';
import { batchWaitMs, leavesAtOnce } from '../../src/child/batch-wait.js';

describe('results gather', () => {
  it('for 4 ms while the parent has more and enough is left here for a refill', () => {
    for (const leftMs of [1.001, 2, 4, 100]) expect(batchWaitMs(leftMs, true)).toBe(4);
  });

  it('no longer than the work that is left takes where the parent has no more, or this worker is about to run dry', () => {
    for (const leftMs of [0.3, 0.5, 1]) {
      expect(batchWaitMs(leftMs, true)).toBe(leftMs);
      expect(batchWaitMs(leftMs, false)).toBe(leftMs);
    }
    expect([2, 3.9, 4.1, 100].map((leftMs) => batchWaitMs(leftMs, false))).toEqual([2, 3.9, 4, 4]);
  });

  it('for a quarter of a millisecond when nothing is left', () => {
    expect([batchWaitMs(0, true), batchWaitMs(0, false)]).toEqual([0.25, 0.25]);
  });
});

describe('the result of a long task leaves at once', () => {
  it('when it took 1 ms and the parent has no more, or as long as results wait', () => {
    expect([leavesAtOnce(1.1, 4, false), leavesAtOnce(0.9, 4, false), leavesAtOnce(0.3, 0.25, false)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('when it took as long as results wait, where the parent has more', () => {
    expect([leavesAtOnce(1.1, 4, true), leavesAtOnce(4.1, 4, true), leavesAtOnce(0.3, 0.25, true)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
