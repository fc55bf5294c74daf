import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RateLimiter, StrictWindow, TokenBucket } from '../../src/limits/rate-limiter.js';

interface Call {
  /** When it asks. */
  readonly afterMs: number;
  readonly cost: number;
  readonly tookMs: number;
}

interface Begun {
  readonly atMs: number;
  readonly endMs: number;
  readonly cost: number;
}

/** Calls that ask one after another. Each begins as soon as the limiter lets it, and takes some time. */
function simulate(limiter: RateLimiter, calls: readonly Call[]): Begun[] {
  const begun: Begun[] = [];
  const ends: { endMs: number; end: () => void }[] = [];
  let nowMs = 0;
  const endUntil = (ms: number): void => {
    ends.sort((a, b) => a.endMs - b.endMs);
    while ((ends[0]?.endMs ?? Infinity) <= ms) ends.shift()?.end();
  };
  const goTo = (ms: number): void => {
    endUntil(ms);
    nowMs = ms;
  };
  for (const { afterMs, cost, tookMs } of calls) {
    goTo(nowMs + afterMs);
    for (let readyMs = limiter.readyAtMs(cost, nowMs); readyMs > nowMs; readyMs = limiter.readyAtMs(cost, nowMs)) {
      goTo(Math.min(readyMs, ...ends.map(({ endMs }) => endMs)));
    }
    const grant = limiter.take(cost, nowMs);
    const endMs = nowMs + tookMs;
    begun.push({ atMs: nowMs, endMs, cost });
    ends.push({ endMs, end: () => limiter.ended(grant, endMs) });
  }
  return begun;
}

const CALLS = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 60, noNaN: true })),
    cost: fc.oneof(fc.integer({ min: 0, max: 15 }), fc.double({ min: 0.1, max: 12, noNaN: true })),
    tookMs: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.double({ min: 0, max: 5, noNaN: true })),
  }),
  { minLength: 1, maxLength: 80 },
);

/** What rounding may add, for a size of 10. */
const ROUNDING = 1e-4;

describe('a token bucket', () => {
  it('never lets calls cost more than its size and its rate allow, from any moment on', () => {
    fc.assert(
      fc.property(CALLS, (calls) => {
        const begun = simulate(new TokenBucket(10, 100), calls);
        for (const [from, { atMs }] of begun.entries()) {
          let sum = 0;
          for (const call of begun.slice(from)) {
            // A call above the size runs alone, so its excess shows only in what follows it.
            const allowed = 10 + (call.atMs - atMs) * 0.1;
            expect(sum + Math.min(call.cost, 10)).toBeLessThanOrEqual(allowed + ROUNDING);
            sum += call.cost;
          }
        }
      }),
    );
  });

  it('is used up to the last token', () => {
    const calls = Array.from({ length: 1010 }, () => ({ afterMs: 0, cost: 1, tookMs: 1 }));
    const begun = simulate(new TokenBucket(10, 1000), calls);
    expect(Math.round(begun.at(-1)?.atMs ?? 0)).toBe(100_000);
  });

  it('begins no call again and again at the same moment, however the fractions are rounded', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        fc.double({ min: 1, max: 1e7, noNaN: true }),
        fc.double({ min: 0, max: 1e12, noNaN: true }),
        (max, perMs, nowMs) => {
          const bucket = new TokenBucket(max, perMs);
          bucket.take(max * 1.5, nowMs);
          const readyMs = bucket.readyAtMs(max / 3, nowMs);
          expect(readyMs).toBeGreaterThan(nowMs);
          // A timer fires in whole milliseconds, and later.
          expect(bucket.readyAtMs(max / 3, Math.ceil(readyMs) + 1)).toBe(Math.ceil(readyMs) + 1);
        },
      ),
    );
  });

  it('takes the true cost of a call afterwards', () => {
    const bucket = new TokenBucket(10, 100);
    const grant = bucket.take(2, 0);
    bucket.correct(grant, 10, 0);
    expect(bucket.readyAtMs(1, 0)).toBe(10);
    bucket.correct(grant, 4, 0);
    expect(bucket.readyAtMs(6, 0)).toBe(0);
    bucket.giveBack(grant);
    expect(bucket.readyAtMs(10, 0)).toBe(0);
  });

  it('takes a correction off what it has then, and not off what ran over before', () => {
    const bucket = new TokenBucket(10, 100);
    const grant = bucket.take(1, 0);
    bucket.correct(grant, 9, 1000);
    expect(bucket.freeAt(1000)).toBe(2);
  });

  it('counts the calls that go before', () => {
    const bucket = new TokenBucket(10, 100);
    expect([bucket.readyAtMs(4, 0, 6), bucket.readyAtMs(4, 0, 7)]).toEqual([0, 10]);
  });
});

describe('a strict window', () => {
  it('never lets a service see more than its size in any window, whenever it sees each call', () => {
    fc.assert(
      fc.property(CALLS, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (calls, shares) => {
        const begun = simulate(new StrictWindow(10, 100), calls);
        const seen = begun
          .map(({ atMs, endMs, cost }) => ({ atMs: atMs + (endMs - atMs) * (shares.next().value as number), cost }))
          .sort((a, b) => a.atMs - b.atMs);
        for (const { atMs } of seen) {
          const inWindow = seen.filter((call) => call.atMs >= atMs && call.atMs < atMs + 100);
          const most = Math.max(10, ...inWindow.map(({ cost }) => cost));
          expect(inWindow.reduce((sum, { cost }) => sum + cost, 0)).toBeLessThanOrEqual(most + ROUNDING);
        }
      }),
    );
  });

  it('is used but for the length of a call, and a thousandth', () => {
    const calls = Array.from({ length: 1000 }, () => ({ afterMs: 0, cost: 1, tookMs: 2 }));
    const begun = simulate(new StrictWindow(10, 1000), calls);
    expect(begun.at(-1)?.atMs ?? 0).toBeLessThanOrEqual(99 * 1003);
    // 98 of 100 calls that any window allows.
    expect(99_000 / (begun.at(-1)?.atMs ?? 0)).toBeGreaterThanOrEqual(0.98);
  });

  it('waits for the end of a call where only that makes room', () => {
    const window = new StrictWindow(1, 100);
    const grant = window.take(1, 0);
    expect(window.readyAtMs(1, 500)).toBe(Infinity);
    window.ended(grant, 600);
    expect([window.readyAtMs(1, 600), window.readyAtMs(1, 700)]).toEqual([700, 700]);
  });

  it('knows when as many calls as a costly one needs will have gone', () => {
    const window = new StrictWindow(10, 100);
    for (let at = 0; at < 10; at++) window.ended(window.take(1, at), at);
    expect([window.readyAtMs(1, 9), window.readyAtMs(4, 9), window.readyAtMs(99, 9)]).toEqual([100, 103, 109]);
    expect(window.readyAtMs(1, 9, 2)).toBe(102);
  });

  it('runs a call above its size alone', () => {
    const window = new StrictWindow(10, 100);
    const first = window.take(1, 0);
    expect(window.readyAtMs(25, 0)).toBe(Infinity);
    window.ended(first, 5);
    expect(window.readyAtMs(25, 5)).toBe(105);
    const large = window.take(25, 105);
    window.ended(large, 110);
    expect([window.readyAtMs(1, 110), window.readyAtMs(0, 110)]).toEqual([210, 210]);
  });

  it('forgets a call that was not made', () => {
    const window = new StrictWindow(1, 100);
    window.giveBack(window.take(1, 0));
    expect(window.readyAtMs(1, 0)).toBe(0);
    expect(window.isIdle(0)).toBe(true);
  });

  it('takes the true cost of a call while it runs, after its end, and not once it is over', () => {
    const window = new StrictWindow(10, 100);
    const grant = window.take(2, 0);
    window.correct(grant, 8);
    expect(window.freeAt(0)).toBe(2);
    window.ended(grant, 10);
    window.correct(grant, 5);
    expect(window.freeAt(10)).toBe(5);
    expect(window.freeAt(110)).toBe(10);
    window.correct(grant, 9);
    expect([window.freeAt(110), window.isIdle(110)]).toEqual([10, true]);
  });

  it('remembers no more than a thousand parts, however many calls end', () => {
    const window = new StrictWindow(1e9, 1000);
    for (let call = 0; call < 100_000; call++) window.ended(window.take(1, call / 100), call / 100);
    // All calls of the last second, whose parts end one by one.
    expect(window.freeAt(1000)).toBeLessThanOrEqual(1e9 - 99_000);
    expect(window.freeAt(2001)).toBe(1e9);
  });
});
