import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { eventLoopUtilization } from '../../src/base/loop-use.js';

/** Lets the loop wait, and then work. */
async function waitAndWork(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const until = performance.now() + 50;
  while (performance.now() < until);
}

describe('the use of the event loop', () => {
  it("is what Node's own function says, from the start and between two moments", async () => {
    const ours = eventLoopUtilization();
    const nodes = performance.eventLoopUtilization();
    await waitAndWork();
    const pairs = [
      [eventLoopUtilization(), performance.eventLoopUtilization()],
      [eventLoopUtilization(ours), performance.eventLoopUtilization(nodes)],
    ] as const;
    for (const [mine, theirs] of pairs) {
      expect(Math.abs(mine.idle - theirs.idle)).toBeLessThan(1);
      // What passes between the two readings.
      expect(Math.abs(mine.active - theirs.active)).toBeLessThan(10);
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
