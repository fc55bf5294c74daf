import { describe, expect, it } from 'vitest';
import { freshnessOf, lifetimeOf } from '../../src/cache/freshness.js';

const TERMS = { ttlMs: 100, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
const at = (nowMs: number, terms: Partial<typeof TERMS> = {}, random?: number, tookMs = 10): string =>
  freshnessOf(lifetimeOf({ ...TERMS, ...terms }, 1000, tookMs), nowMs, random);

describe('a result', () => {
  it('is fresh for its time, then over', () => {
    expect([1000, 1099, 1100].map((nowMs) => at(nowMs))).toEqual(['fresh', 'fresh', 'over']);
  });

  it('without an end is fresh for ever, also where results are computed ahead', () => {
    expect([at(1e12, { ttlMs: 0 }), at(1e12, { ttlMs: 0 }, 0)]).toEqual(['fresh', 'fresh']);
  });

  it('answers for a while after its time, and stands in for a failure for another', () => {
    const terms = { staleWhileRevalidateMs: 50, staleIfErrorMs: 200 };
    expect([1149, 1150, 1299, 1300].map((nowMs) => at(nowMs, terms))).toEqual([
      'stale',
      'fallback',
      'fallback',
      'over',
    ]);
    expect(at(1149, { staleWhileRevalidateMs: 50 })).toBe('stale');
  });

  it('is due before its end with a chance that grows with time and the length of its execution', () => {
    // XFetch: due at once where −ln(random) executions reach beyond the end.
    const e = Math.exp(-1);
    expect([at(1089, {}, e), at(1091, {}, e)]).toEqual(['fresh', 'due']);
    expect([at(1049, {}, e, 50), at(1051, {}, e, 50)]).toEqual(['fresh', 'due']);
    expect([at(1099, {}, 1), at(1000, {}, 0)]).toEqual(['fresh', 'due']);
  });
});
