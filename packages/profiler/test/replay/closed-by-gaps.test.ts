import { describe, expect, it } from 'vitest';
import type { PoolReport } from '../../src/model/pool-report.js';
import { closedByGaps } from '../../src/replay/arrivals.js';
import { sampleReport } from '../support/sample-report.js';

/** A pool that settled 1,000 tasks in a second, one each millisecond, with five in flight. */
function poolOf(submitGaps: PoolReport['submitGaps']): PoolReport {
  const [pool] = sampleReport().pools as [PoolReport];
  const { submitGaps: _, ...rest } = pool;
  const run = { ...rest, tasks: 1000, activeMs: 1000, wallMs: 2000, meanInFlight: 2.5 };
  return submitGaps === undefined ? run : { ...run, submitGaps };
}

describe('a program that submits at each result', () => {
  it('is known by its short gaps, and has the mean number in flight', () => {
    expect(closedByGaps(poolOf({ count: 990, p50Ms: 0.1, p85Ms: 0.2 }))).toEqual({
      kind: 'closed',
      cap: 5,
      thinkMs: 0.1,
    });
  });

  it.each([
    ['submits that come at any time', { count: 990, p50Ms: 0.5, p85Ms: 0.85 }],
    ['gaps of few submits', { count: 400, p50Ms: 0.1, p85Ms: 0.2 }],
    ['no gaps', undefined],
  ])('is none with %s', (_, gaps) => {
    expect(closedByGaps(poolOf(gaps))).toBeUndefined();
  });
});
