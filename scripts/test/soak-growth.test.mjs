// Whether the soak tells a leak from the noise of its readings.
import { describe, expect, it } from 'vitest';
import { grows, slopeOf } from '../soak-growth.mjs';

const LIMIT = { perMinute: 2, inAll: 10 };
const EVERY_MS = 11_000;

/** Readings of a run without a leak: resident memory at rest, MiB. */
const WITH_TWO_ARENAS = [
  124.3, 126.8, 128.3, 129.6, 129.3, 130.4, 130.7, 130.0, 131.1, 130.8, 129.6, 130.0, 130.1, 130.8,
];
/** The same without a limit of arenas. */
const WITH_ARENAS = [130.8, 134.6, 125.5, 126.3, 126.1, 128.7, 127.9, 135.9, 136.4, 134.3, 128.7, 131.0, 131.7, 135.6];

/** Points of these values, in which memory is lost besides. */
const series = (values, lostPerMinute = 0) =>
  values.map((value, at) => ({ atMs: at * EVERY_MS, value: value + (lostPerMinute * at * EVERY_MS) / 60_000 }));

/** Numbers from 0 to 1 that are the same at each run. */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Share of series of `count` noisy readings that grow. */
function shareOf({ count, spread, lostPerMinute }) {
  const random = randomOf(count);
  const runs = 2000;
  let growing = 0;
  for (let run = 0; run < runs; run++) {
    const values = Array.from({ length: count }, () => 130 + (random() - 0.5) * spread);
    growing += Number(grows(slopeOf(series(values, lostPerMinute)), LIMIT));
  }
  return growing / runs;
}

describe('the growth of a series', () => {
  it('is known from six points on', () => {
    expect(slopeOf(series([1, 2, 3, 4, 5]))).toBeUndefined();
    expect(slopeOf(series([1, 1, 1, 1, 1, 1], 6))).toMatchObject({ minutes: (5 * EVERY_MS) / 60_000 });
  });

  it('is the median slope, which a quarter of odd points does not move', () => {
    const values = Array(16).fill(100);
    for (const at of [1, 7, 8, 14]) values[at] = at % 2 === 0 ? 20 : 400;
    const { perMinute, least } = slopeOf(series(values, 10));
    expect(perMinute).toBeCloseTo(10);
    expect(least).toBeLessThanOrEqual(perMinute);
  });

  it.each([
    ['two arenas', WITH_TWO_ARENAS],
    ['arenas without a limit', WITH_ARENAS],
  ])('of readings with %s counts only with a leak of 10 MiB a minute', (_, values) => {
    expect(grows(slopeOf(series(values)), LIMIT)).toBe(false);
    expect(grows(slopeOf(series(values, 10)), LIMIT)).toBe(true);
  });

  it('is not found in the noise of a short run, and a leak of 10 MiB a minute is', () => {
    const short = { count: 9, spread: 3 };
    expect(shareOf({ ...short, lostPerMinute: 0 })).toBe(0);
    expect(shareOf({ ...short, lostPerMinute: 10 })).toBe(1);
  });

  it('is hardly ever found in noise five times as large', () => {
    expect(shareOf({ count: 9, spread: 15, lostPerMinute: 0 })).toBeLessThan(0.01);
    expect(shareOf({ count: 30, spread: 15, lostPerMinute: 0 })).toBe(0);
  });
});
