import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryCourse } from '../../src/sizing/memory-trend.js';
import { robustSlope } from '../../src/sizing/robust-slope.js';

const MIB = 1024 * 1024;
const MINUTE = 60_000;

/** The trend after this many seconds of readings. */
function trendAfter(seconds: number, bytesAt: (second: number) => number) {
  const course = new MemoryCourse();
  for (let second = 0; second < seconds; second++) course.add(second * 1000, bytesAt(second));
  return course.trend(seconds * 1000);
}

describe('the trend of memory', () => {
  it('is its slope in bytes a minute, whatever garbage lies on it', () => {
    const garbage = (second: number): number => (second % 7) * 3 * MIB;
    const rising = trendAfter(120, (second) => 100 * MIB + second * MIB + garbage(second));
    expect(rising.direction).toBe('rising');
    expect(rising.bytesPerMinute / MIB).toBeGreaterThan(54);
    expect(rising.bytesPerMinute / MIB).toBeLessThan(66);
    expect(rising.overMs).toBeGreaterThan(100_000);
    const falling = trendAfter(120, (second) => 500 * MIB - second * MIB + garbage(second));
    expect(falling.direction).toBe('falling');
    expect(falling.bytesPerMinute).toBeLessThan(-54 * MIB);
  });

  it('is stable where memory comes and goes, changes by little, or jumps once', () => {
    expect(trendAfter(120, (second) => 100 * MIB + (second % 40) * 8 * MIB).direction).toBe('stable');
    expect(trendAfter(120, (second) => 100 * MIB + second * 100_000).direction).toBe('stable');
    expect(trendAfter(120, (second) => (second < 60 ? 100 : 400) * MIB).direction).toBe('stable');
    expect(trendAfter(120, () => 100 * MIB)).toMatchObject({ direction: 'stable', bytesPerMinute: 0 });
  });

  it('is stable at first, and where the last readings are long ago', () => {
    expect(trendAfter(31, (second) => second * 10 * MIB)).toEqual({
      direction: 'stable',
      bytesPerMinute: 0,
      overMs: 0,
    });
    expect(trendAfter(32, (second) => second * 10 * MIB).direction).toBe('rising');
    const course = new MemoryCourse();
    for (let second = 0; second < 120; second++) course.add(second * 1000, second * 10 * MIB);
    expect(course.trend(3 * MINUTE).direction).toBe('rising');
    expect(course.trend(13 * MINUTE).direction).toBe('stable');
  });

  it('is the same however often memory is read within a second', () => {
    const course = new MemoryCourse();
    for (let quarter = 0; quarter < 480; quarter++) course.add(quarter * 250, 100 * MIB + (quarter / 4) * MIB);
    const { direction, bytesPerMinute } = course.trend(120_000);
    expect(direction).toBe('rising');
    expect(bytesPerMinute / MIB).toBeCloseTo(60, 0);
  });
});

describe('a robust slope', () => {
  it('is that of the line on which most points lie', () => {
    const xs = Array.from({ length: 20 }, (_, x) => x);
    fc.assert(
      fc.property(
        fc.integer({ min: -100, max: 100 }),
        fc.array(fc.integer({ min: 0, max: 19 }), { maxLength: 4 }),
        (slope, outliers) => {
          const ys = xs.map((x) => (outliers.includes(x) ? 1e6 : slope * x));
          expect(robustSlope(xs, ys)?.slope).toBeCloseTo(slope);
        },
      ),
    );
  });

  it('is none where no two points differ', () => {
    expect([robustSlope([], []), robustSlope([1], [5]), robustSlope([1, 1], [5, 9])]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
