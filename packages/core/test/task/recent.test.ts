import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/base/histogram.js';
import { RecentSlices } from '../../src/task/recent.js';
import { joined, NO_COUNTS, percentiles, type Slice, takeGrowth } from '../../src/task/slice.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A slice in which this number of tasks completed. Each took `ms`. */
function slice(fromMs: number, toMs: number, completed = 0, ms = 1, failed = 0): Slice {
  const histogram = new Histogram();
  for (let task = 0; task < completed + failed; task++) histogram.record(ms);
  const counts = Uint32Array.from(histogram.toCounts().flat());
  const busyMs = (completed + failed) * ms;
  const rest = { cancelled: 0, placeMs: toMs - fromMs, lateMs: 0, total: counts, run: counts };
  return { fromMs, toMs, completed, failed, busyMs, ...rest };
}

/** Slices of a second, with one task in each. */
function seconds(count: number): RecentSlices {
  const recent = new RecentSlices();
  for (let second = 0; second < count; second++) recent.add(slice(second * SECOND, (second + 1) * SECOND, 1));
  return recent;
}

const nothingSince = (atMs: number): Slice => slice(atMs, atMs);

describe('the recent past of a pool', () => {
  it('is known by the second for a minute', () => {
    const recent = seconds(60);
    for (const length of [1, 5, 59]) {
      const { overMs, completed, throughput } = recent.since((60 - length) * SECOND, nothingSince(60 * SECOND));
      expect({ overMs, completed, throughput }).toEqual({ overMs: length * SECOND, completed: length, throughput: 1 });
    }
  });

  it('is known by the minute for an hour before that, and no longer', () => {
    const recent = seconds(3 * 3600);
    const now = 3 * 3600 * SECOND;
    const half = recent.since(now - 30 * MINUTE, nothingSince(now));
    expect(half.completed).toBeGreaterThanOrEqual(30 * 60);
    expect(half.completed).toBeLessThanOrEqual(31 * 60);
    expect(half.overMs).toBe(half.completed * SECOND);
    const all = recent.since(0, nothingSince(now));
    expect(all.completed).toBeGreaterThanOrEqual(3600);
    expect(all.completed).toBeLessThanOrEqual(61 * 60 + 60);
  });

  it('covers the whole hour, however work and rest take turns', () => {
    const recent = new RecentSlices();
    let now = 0;
    const add = (ms: number, completed: number): void => recent.add(slice(now, (now += ms), completed));
    for (let turn = 0; turn < 500; turn++) {
      add(SECOND, 1);
      add(30 * SECOND, 0);
    }
    const hour = recent.since(now - 60 * MINUTE, nothingSince(now));
    expect(hour.overMs).toBeGreaterThanOrEqual(60 * MINUTE);
    expect(hour.overMs).toBeLessThanOrEqual(61 * MINUTE);
    const all = recent.since(0, nothingSince(now));
    expect(all.overMs).toBeLessThanOrEqual(62 * MINUTE);
    // After hours of rest, the next task finds nothing to join.
    add(5 * 60 * MINUTE, 0);
    for (let turn = 0; turn < 200; turn++) add(SECOND, 1);
    expect(recent.since(now - 60 * MINUTE, nothingSince(now)).completed).toBe(200);
  });

  it('includes what has been done since the last slice', () => {
    const { completed, overMs } = seconds(3).since(2 * SECOND, slice(3 * SECOND, 3500, 7));
    expect({ completed, overMs }).toEqual({ completed: 8, overMs: 1500 });
  });

  it('counts of a rest only the part within the window, and of tasks all that began before it', () => {
    const recent = new RecentSlices();
    recent.add(slice(0, SECOND, 10));
    recent.add(slice(SECOND, 10 * MINUTE));
    recent.add(slice(10 * MINUTE, 10 * MINUTE + SECOND, 3));
    const now = 10 * MINUTE + SECOND;
    const { overMs, completed, utilization } = recent.since(now - 5 * SECOND, nothingSince(now));
    expect({ overMs, completed }).toEqual({ overMs: 5 * SECOND, completed: 3 });
    expect(utilization).toBeCloseTo(3 / (5 * SECOND));
    expect(recent.since(now - 20 * MINUTE, nothingSince(now)).completed).toBe(13);
  });

  it('keeps what came before hours of rest that was looked at each second', () => {
    const recent = seconds(10);
    for (let second = 10; second < 20_000; second++) recent.add(slice(second * SECOND, (second + 1) * SECOND));
    expect(recent.since(0, nothingSince(20_000 * SECOND)).completed).toBe(10);
  });

  it('has the percentiles of all tasks in the window, and their errors', () => {
    const recent = new RecentSlices();
    recent.add(slice(0, SECOND, 98, 10));
    recent.add(slice(SECOND, 2 * SECOND, 0, 1000, 2));
    const { totalMs, runMs, errorRate } = recent.since(0, nothingSince(2 * SECOND));
    expect(totalMs.p50).toBeCloseTo(10, 0);
    expect(Math.abs(runMs.p99 - 1000)).toBeLessThan(20);
    expect(errorRate).toBe(0.02);
  });

  it('without any task is all zeros', () => {
    expect(new RecentSlices().since(-SECOND, nothingSince(0))).toEqual({
      overMs: 0,
      completed: 0,
      failed: 0,
      cancelled: 0,
      throughput: 0,
      errorRate: 0,
      totalMs: { p50: 0, p99: 0 },
      runMs: { p50: 0, p99: 0 },
      utilization: 0,
      loopLagMs: 0,
    });
  });

  it('has the longest delay of the event loop', () => {
    const recent = new RecentSlices();
    for (const [at, lateMs] of [5, 90, 20].entries()) recent.add({ ...slice(at, at + 1, 1), lateMs });
    expect(recent.since(0, nothingSince(3)).loopLagMs).toBe(90);
    expect(recent.ratesSince(2, nothingSince(3)).loopLagMs).toBe(20);
  });
});

describe('slices', () => {
  it('that follow one another join to the slice of both, whatever is in them', () => {
    const times = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { maxLength: 50 });
    fc.assert(
      fc.property(times, times, (first, second) => {
        const table = new Uint32Array(44 * 32);
        const before = new Uint32Array(table.length);
        const cut = (ms: readonly number[]): Uint32Array => {
          const histogram = new Histogram();
          for (const each of ms) histogram.record(each);
          histogram.addTo(table);
          return takeGrowth(table, before);
        };
        const [one, other] = [cut(first), cut(second)];
        const both = joined({ ...slice(0, 1), total: one }, { ...slice(1, 2), total: other }).total;
        const all = new Histogram();
        for (const ms of [...first, ...second]) all.record(ms);
        expect([...both]).toEqual(all.toCounts().flat());
        expect(cut([])).toEqual(NO_COUNTS);
        const [p50, expected] = [percentiles([one, other]).p50, all.percentile(0.5)];
        expect(Math.abs(p50 - expected)).toBeLessThanOrEqual(0.016 * expected + 0.0001);
      }),
    );
  });
});
