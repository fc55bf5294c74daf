import { describe, expect, it } from 'vitest';
import { decide, startSizing } from '../../src/sizing/decide.js';
import type { SizingLimits } from '../../src/sizing/sample.js';
import { sampleOf } from '../support/sizing-sample.js';

const LIMITS: SizingLimits = { minWorkers: 1, maxWorkers: 16, minConcurrency: 1, maxConcurrency: 1, cores: 2 };

/** What two workers on two cores do with each ms, and the share of it in which the pool's own loop is active. */
interface Use {
  /** Processor time. */
  cpu: number;
  /** Loops are active and wait for a core. */
  delay: number;
  parent: number;
}

/** The numbers of workers that half a minute of a steady load leads to. Tasks wait all the time. */
function workersFor({ cpu, delay, parent }: Use): Set<number> {
  let state = startSizing(0);
  let workers = 2;
  const seen = new Set<number>();
  for (let nowMs = 250; nowMs <= 30_000; nowMs += 250) {
    const spanMs = workers * 250;
    // A third worker brings nothing: what there is goes round among them.
    const [cpuMs, delayMs] = [cpu * 500, delay * 500 + (workers - 2) * 250];
    const work = { ended: 200, workMs: cpuMs, spanMs, handlerMs: spanMs, loopMs: spanMs, cpuMs, delayMs };
    const counts = { ready: workers, executing: workers, waiting: 100, backlogMs: 1000 };
    const sample = sampleOf({ nowMs, workers, ...counts, ...work, parentShare: parent });
    ({ state, workers } = decide(state, sample, LIMITS));
    seen.add(workers);
  }
  return seen;
}

describe('two workers on two cores', () => {
  it.each([
    ['whose tasks compute, and wait for a core now and then', { cpu: 0.87, delay: 0.08, parent: 0.1 }],
    ['that leave no more of the cores than the own thread of the pool takes', { cpu: 0.88, delay: 0, parent: 0.2 }],
    ['that use up a quota, where the system reports no waits', { cpu: 0.95, delay: 0, parent: 0.05 }],
    ['that wait for cores which other programs use', { cpu: 0.55, delay: 0.43, parent: 0.2 }],
  ])('%s, get no third one on trial', (_title, use) => {
    expect(workersFor(use)).toEqual(new Set([2]));
  });

  it('that leave a part of the cores unused get a third one on trial', () => {
    expect(workersFor({ cpu: 0.8, delay: 0, parent: 0.1 })).toContain(3);
  });
});
