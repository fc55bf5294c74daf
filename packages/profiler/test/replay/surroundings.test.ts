import { describe, expect, it } from 'vitest';
import { freeCores } from '../../src/replay/surroundings.js';
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
