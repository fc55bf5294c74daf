import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeLeak, LEAK_POINTS, LeakPoints, type MemoryPoint } from '../../src/sizing/leak.js';

const MIB = 1024 * 1024;

/** Readings of a worker that grows by `perTask` bytes, 100 tasks apart, with what `noise` adds. */
function grow(perTask: number, noise: (index: number) => number = () => 0, count = LEAK_POINTS): MemoryPoint[] {
  return Array.from({ length: count }, (_, index) => ({
    tasksDone: index * 100,
    keptBytes: 60 * MIB + index * 100 * perTask + noise(index),
  }));
}

describe('a worker', () => {
  it('that grows with every task leaks, and the verdict says how much', () => {
    const verdict = judgeLeak(grow(10_000));
    expect(verdict).toMatchObject({ isLeak: true, points: LEAK_POINTS, risingShare: 1 });
    expect(verdict?.bytesPerTask).toBeCloseTo(10_000);
    expect(verdict?.grownBytes).toBeCloseTo(29 * 100 * 10_000);
  });

  it('that stays as it is does not, nor one whose memory comes and goes', () => {
    expect(judgeLeak(grow(0))?.isLeak).toBe(false);
    expect(judgeLeak(grow(0, (index) => (index % 5) * 40 * MIB))?.isLeak).toBe(false);
  });

  it('that grows by a little does not', () => {
    expect(judgeLeak(grow(100))?.isLeak).toBe(false);
  });

  it('is judged by no fewer than 30 points', () => {
    expect(judgeLeak(grow(1e6, undefined, LEAK_POINTS - 1))).toBeUndefined();
    expect(judgeLeak(Array.from({ length: 40 }, () => ({ tasksDone: 5, keptBytes: MIB })))).toBeUndefined();
  });

  it('is judged the same with a fifth of wild readings', () => {
    const wild = fc.array(fc.tuple(fc.nat(LEAK_POINTS - 1), fc.integer({ min: -50 * MIB, max: 500 * MIB })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(wild, (jumps) => {
        const noise = new Map(jumps);
        const verdict = judgeLeak(grow(50_000, (index) => noise.get(index) ?? 0));
        expect(verdict?.bytesPerTask).toBeGreaterThan(25_000);
        expect(verdict?.bytesPerTask).toBeLessThan(100_000);
      }),
    );
  });
});

describe('the points of a verdict', () => {
  it('are the least of each stretch of readings, the last thirty', () => {
    const points = new LeakPoints(3);
    for (let reading = 1; reading <= 120; reading++) {
      points.add({ tasksDone: reading, keptBytes: 1000 + (reading % 3) });
    }
    expect(points.points).toHaveLength(30);
    expect(points.points.at(-1)).toEqual({ tasksDone: 120, keptBytes: 1000 });
    expect(points.points[0]).toEqual({ tasksDone: 33, keptBytes: 1000 });
  });
});
