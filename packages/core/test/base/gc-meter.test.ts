import { describe, expect, it } from 'vitest';
import { type Collection, GcMeter, GcSums } from '../../src/base/gc-meter.js';

function collection(gcType: string, costMs: number, before: number, after: number): Collection {
  return {
    gcType,
    cost: costMs * 1000,
    beforeGC: { heapStatistics: { usedHeapSize: before } },
    afterGC: { heapStatistics: { usedHeapSize: after } },
  };
}

describe('sums of the collector', () => {
  it('count each collection of a batch, by kind, and what was allocated between them', () => {
    const sums = new GcSums(100);
    sums.add(10, [collection('Scavenge', 2, 150, 120), collection('MarkSweepCompact', 5, 160, 80)], 90);
    sums.add(20, [collection('MinorMarkSweep', 1, 100, 95), collection('IncrementalMarking', 3, 99, 99)], 99);
    expect(sums.totals).toMatchObject({
      gcMs: 11,
      gcScavengeMs: 3,
      gcMarkMs: 8,
      gcCount: 4,
      // 50 + 40 + 10, and 10 + 4.
      allocatedBytes: 114,
      // After the full collection.
      heapFloorBytes: 80,
    });
  });

  it('know the worst second: batches of the last one together', () => {
    const sums = new GcSums(0);
    for (const [atMs, ms] of [
      [100, 30],
      [600, 40],
      [1200, 50],
      [5000, 60],
    ] as const)
      sums.add(atMs, [collection('Scavenge', ms, 0, 0)], 0);
    // 600 and 1200 lie within a second.
    expect(sums.totals.gcWorstSecondMs).toBe(90);
  });

  it('take no numbers that are none', () => {
    const sums = new GcSums(0);
    sums.add(0, [collection('Scavenge', NaN, 5, 1), collection('Scavenge', -1, 5, 1)], 1);
    expect(sums.totals).toMatchObject({ gcMs: 0, gcCount: 2 });
  });
});

describe('a meter of the collector', () => {
  it('sees what this thread allocates', () => {
    const meter = new GcMeter(process.memoryUsage().heapUsed);
    const kept: unknown[] = [];
    for (let n = 0; n < 3_000_000; n++) kept[n % 1000] = { n, list: [n] };
    const { gcCount, gcMs, allocatedBytes } = meter.read(0, process.memoryUsage().heapUsed);
    expect(gcCount).toBeGreaterThan(0);
    expect(gcMs).toBeGreaterThan(0);
    expect(allocatedBytes).toBeGreaterThan(50_000_000);
    meter.stop();
  });
});
