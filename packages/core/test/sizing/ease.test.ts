import { describe, expect, it } from 'vitest';
import { AT_EASE, type Ease, fewerFrom, see, slowdown } from '../../src/sizing/ease.js';
import { sampleOf } from '../support/sizing-sample.js';

const at = (nowMs: number, inflation: number, { concurrency = 20, ended = 100, handlerMs = 5000 } = {}) =>
  sampleOf({ nowMs, inflation, concurrency, ended, handlerMs });

/** There were 40 tasks at once that took four times as long as usual, and are 20 since. */
const CUT: Ease = fewerFrom(AT_EASE, at(1000, 4, { concurrency: 40 }));

describe('tasks that take longer than at their best', () => {
  it('are slowed down, as far as is known', () => {
    expect(slowdown(AT_EASE, at(1000, 4))).toBe(4);
    expect(slowdown(AT_EASE, at(1000, 4, { ended: 3 }))).toBe(1);
  });

  it('say nothing while those end that began among more', () => {
    expect(slowdown(CUT, at(1250, 4))).toBe(1);
    expect(see(CUT, at(1250, 4), 1).cut).toBeDefined();
    expect(see(CUT, at(1750, 4, { handlerMs: 50_000 }), 1).cut).toBeDefined();
  });

  it('do it to each other if fewer are faster', () => {
    expect(see(CUT, at(1750, 2.2), 1)).toEqual({ usual: 1, cut: undefined });
  });

  it('just take longer if fewer are not: that is usual from now on', () => {
    const after = see(CUT, at(1750, 3.9), 1);
    expect(after).toEqual({ usual: 3.9, cut: undefined });
    expect(slowdown(after, at(2000, 3.9))).toBe(1);
  });

  it('leave the question open when too few of them end, and not for ever', () => {
    expect(see(CUT, at(10_750, 4, { ended: 3 }), 1)).toBe(CUT);
    expect(see(CUT, at(11_000, 4, { ended: 3 }), 1)).toEqual({ usual: 1, cut: undefined });
    expect(see(AT_EASE, at(11_000, 4, { ended: 3 }), 1)).toBe(AT_EASE);
  });

  it('until they take less again', () => {
    const slow: Ease = { usual: 4, cut: undefined };
    expect(see(slow, at(2000, 1.2), 1).usual).toBe(1.2);
    expect(see(slow, at(2000, 1, { ended: 0 }), 1).usual).toBe(4);
  });

  it('take what is usual when there is one at a time', () => {
    expect(see(AT_EASE, at(1000, 5, { concurrency: 1 }), 1).usual).toBe(5);
  });
});
