import { describe, expect, it } from 'vitest';
import { freeCores, userStretches } from '../../src/replay/surroundings.js';
import { Draw, drawPool } from '../support/plants/draw.js';
import { measuredOf } from '../support/plants/measured-of.js';
import { simulate } from '../support/plants/simulated.js';
import { sampleReport } from '../support/sample-report.js';

/** A pool whose handlers used `cpu` cores and waited for `runQueue` further ones. */
function poolOf(workers: number, cpu: number, runQueue: number) {
  const [pool] = sampleReport({ tasks: 10 }).pools;
  const { asked, capacity, wallMs } = pool!;
  const totals = { ...capacity.totals, cpu: cpu * wallMs, gc: 0, runQueue: runQueue * wallMs };
  return {
    wallMs,
    peakWorkers: workers,
    asked: { ...asked, workers: { ...asked.workers, peak: workers, max: workers } },
    capacity: { ...capacity, totals },
  };
}

describe('the cores that a pool can have', () => {
  it('are all of them where others use none, or too little to be sure', () => {
    expect(freeCores({ cores: 2, otherCores: null, programCores: null }, poolOf(2, 0.1, 0))).toBe(2);
    expect(freeCores({ cores: 2, otherCores: 0.2, programCores: 0.1 }, poolOf(2, 0.1, 0))).toBe(2);
  });

  it('are those that others leave where there are enough', () => {
    expect(freeCores({ cores: 8, otherCores: 2, programCores: 1 }, poolOf(2, 1, 0))).toBe(6);
  });

  it('are a share by threads where others use all, however little the pool had used', () => {
    // Two threads of others: two workers get half.
    expect(freeCores({ cores: 2, otherCores: 1.95, programCores: 0.02 }, poolOf(2, 0.02, 0))).toBeCloseTo(1, 1);
    // One worker gets a third.
    expect(freeCores({ cores: 2, otherCores: 2, programCores: 0 }, poolOf(1, 0, 0))).toBeCloseTo(2 / 3, 2);
  });

  it('are those that it had where both had wanted more', () => {
    // One thread of others beside two workers that always computed: each had two thirds of a core.
    const pool = poolOf(2, 4 / 3, 2 / 3);
    expect(freeCores({ cores: 2, otherCores: 2 / 3, programCores: 4 / 3 }, pool)).toBeCloseTo(4 / 3, 5);
  });
});

describe('what the program does on its main thread', () => {
  it('is all of its own time, though a busy thread is late with its looks', () => {
    const { pools, parent } = measuredOf(
      simulate(drawPool(new Draw(4), { workers: 2, arrivals: 'batch', tasks: 200 })),
    );
    const pool = pools[0]!;
    const { curves } = pool;
    curves.parentLoop = curves.atMs.map((_, i) => (i % 3 === 2 ? 1 : null));
    curves.parentDelayMs = curves.atMs.map(() => 10);
    const whole = curves.atMs.length * curves.windowMs;
    Object.assign(parent.ledger, {
      wallMs: whole,
      userMs: 0.9 * whole,
      gcMs: 0,
      encodeMs: 0,
      decodeMs: 0,
      dispatchMs: 0,
    });
    const stretches = userStretches(pool, parent);
    const ms = stretches.reduce((sum, each) => sum + each.ms, 0);
    // Windows after the last look are thought to be idle.
    expect(ms).toBeGreaterThan(0.85 * whole);
    expect(ms).toBeLessThanOrEqual(0.9 * whole + 1e-6);
  });

  it('has all of its time in a bounded number of stretches', () => {
    const { pools, parent } = measuredOf(
      simulate(drawPool(new Draw(4), { workers: 2, arrivals: 'batch', tasks: 200 })),
    );
    const pool = pools[0]!;
    const windows = 600;
    Object.assign(pool.curves, {
      windowMs: 100,
      atMs: Array.from({ length: windows }, (_, i) => i * 100),
      parentLoop: Array.from({ length: windows }, () => 0.8),
      parentDelayMs: Array.from({ length: windows }, () => 0.5),
      settled: Array.from({ length: windows }, () => 1),
    });
    Object.assign(parent.ledger, { wallMs: 60_000, userMs: 48_000, gcMs: 0, encodeMs: 0, decodeMs: 0, dispatchMs: 0 });
    const stretches = userStretches(pool, parent);
    expect(stretches.length).toBeLessThanOrEqual(5000);
    expect(stretches.reduce((sum, each) => sum + each.ms, 0)).toBeCloseTo(48_000, 3);
  });
});
