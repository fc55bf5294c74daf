import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/base/histogram.js';
import { resolveHedge } from '../../src/contract/resolve-hedge.js';
import { HedgePolicy } from '../../src/limits/hedge-policy.js';

describe('HedgePolicy', () => {
  it('waits as long as its options say', () => {
    expect(new HedgePolicy(resolveHedge({ after: 30 })).afterMs(new Histogram())).toBe(30);
  });

  it('knows the 95th percentile from 100 runs on, and follows it', () => {
    const policy = new HedgePolicy(resolveHedge({}));
    const runs = new Histogram();
    for (let run = 0; run < 99; run++) runs.record(10);
    expect(policy.afterMs(runs)).toBeUndefined();
    runs.record(1000);
    expect(policy.afterMs(runs)).toBeCloseTo(10, 0);
    for (let run = 0; run < 100; run++) runs.record(500);
    expect((policy.afterMs(runs) as number) / 500).toBeCloseTo(1, 1);
  });

  it('waits for a millisecond at least', () => {
    const runs = new Histogram();
    for (let run = 0; run < 100; run++) runs.record(0.01);
    expect(new HedgePolicy(resolveHedge({})).afterMs(runs)).toBe(1);
  });

  it('does not look for the percentile at each task', () => {
    const policy = new HedgePolicy(resolveHedge({}));
    let looks = 0;
    const runs = { count: 100, percentile: () => ++looks };
    for (let task = 0; task < 1000; task++) policy.afterMs(runs);
    expect(looks).toBe(1);
    runs.count = 105;
    policy.afterMs(runs);
    expect(looks).toBe(2);
  });

  it('has a budget of its own', () => {
    const { budget } = new HedgePolicy(resolveHedge({ budget: 0.05 }));
    for (let task = 0; task < 100; task++) budget.payIn();
    let further = 0;
    while (budget.takeOut()) further++;
    expect(further).toBe(10);
  });
});
