import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { eventLoopUtilization } from '../../src/base/loop-use.js';

/** Lets the loop wait, and then work. */
async function waitAndWork(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const until = performance.now() + 50;
  while (performance.now() < until);
}

/** Two clocks of one process are read here, which agree to a fraction of a millisecond. */
function expectBetween(low: number, value: number, high: number): void {
  expect(value).toBeGreaterThan(low - 1);
  expect(value).toBeLessThan(high + 1);
}

describe('the use of the event loop', () => {
  it("is what Node's own function says, from the start and between two moments", async () => {
    const nodes = (): ReturnType<typeof performance.eventLoopUtilization> => performance.eventLoopUtilization();
    // Each of ours lies between two of Node's, however long the machine takes for the three.
    const [from, ours, fromLatest] = [nodes(), eventLoopUtilization(), nodes()];
    await waitAndWork();
    const [until, total, since, untilLatest] = [nodes(), eventLoopUtilization(), eventLoopUtilization(ours), nodes()];
    expectBetween(until.active, total.active, untilLatest.active);
    expectBetween(until.active - fromLatest.active, since.active, untilLatest.active - from.active);
    expect(total.idle).toBeCloseTo(until.idle, 0);
    expect(since.idle).toBeCloseTo(until.idle - from.idle, 0);
    for (const mine of [total, since]) {
      expect(mine.utilization).toBeCloseTo(mine.active / (mine.active + mine.idle));
    }
  });

  it('does not ask process.hrtime(), which tests fake', () => {
    const { hrtime } = process;
    process.hrtime = Object.assign(() => undefined as never, { bigint: () => 0n });
    try {
      expect(eventLoopUtilization().utilization).toBeGreaterThan(0);
    } finally {
      process.hrtime = hrtime;
    }
  });
});
