import { describe, expect, it } from 'vitest';
import { addWork, NO_RATE, type Rate, standardError } from '../../src/sizing/rate.js';
import { sampleOf } from '../support/sizing-sample.js';

/** Ticks of a quarter of a second, each with the number of tasks of 10 ms that ended in two workers. */
function after(...ended: number[]): Rate {
  return ended.reduce(
    (rate, count) => addWork(rate, sampleOf({ ready: 2, ended: count, workMs: count * 10 })),
    NO_RATE,
  );
}

describe('the rate of work', () => {
  it('is the mean of its readings, in ms of work for each ms', () => {
    const rate = after(40, 50, 60);
    expect(rate.count).toBe(3);
    expect(rate.mean).toBeCloseTo(2);
    expect(standardError(rate)).toBeCloseTo(0.4 / Math.sqrt(3));
  });

  it('waits with a reading until enough tasks have ended for each worker, over several ticks', () => {
    expect(after(1, 1, 1).count).toBe(0);
    const rate = after(1, 1, 1, 1);
    expect(rate.count).toBe(1);
    expect(rate.mean).toBeCloseTo(0.04);
    expect(after(1, 1, 1, 1, 1)).toMatchObject({ count: 1, ended: 1, elapsedMs: 250 });
  });

  it('is not known to be steady before there are two', () => {
    expect(standardError(NO_RATE)).toBe(Infinity);
    expect(standardError(after(50))).toBe(Infinity);
    expect(standardError(after(50, 50))).toBe(0);
  });
});
