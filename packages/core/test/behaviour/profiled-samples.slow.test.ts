import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CHANNELS, type SectionsMessage } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withPool, WORKER_KINDS } from './pools.js';
import { CPU, functionsIn, hearing, msByLabel, profile, WITHIN_MS } from './profiled-pools.js';

/** Share of the section `first` in the time of both, as the worker's clock has it. A busy machine may stretch either one. */
async function timedShare(body: () => Promise<void>): Promise<number> {
  const ms: Record<string, number> = { first: 0, second: 0 };
  const listen = (message: unknown): void => {
    for (const { path, totalMs } of (message as SectionsMessage).sections)
      ms[path[0] ?? ''] = (ms[path[0] ?? ''] ?? 0) + totalMs;
  };
  subscribe(CHANNELS.sections, listen);
  try {
    await body();
  } finally {
    unsubscribe(CHANNELS.sections, listen);
  }
  return (ms.first ?? 0) / ((ms.first ?? 0) + (ms.second ?? 0));
}

describe.each(WORKER_KINDS)('a worker of kind %s at level cpu', (kind) => {
  it('labels its samples: two sections with times of 1 to 3 have samples of 1 to 3', async () => {
    await hearing(async (heard) => {
      await withPool('profiled.mjs', { kind, workers: 1 }, async (pool) => {
        // Before the profile: V8 compiles the function that runs first while it runs, and so it is the slower one.
        for (let n = 0; n < 8; n++) await pool.run('oneToThree', 5_000_000);
        const profiling = profile(pool, CPU);
        // Until there are enough samples, however busy this machine is.
        let found = msByLabel([]);
        const timed = await timedShare(async () => {
          for (let round = 0; round < 40 && found.samples < 2000; round++) {
            for (let n = 0; n < 8; n++) await pool.run('oneToThree', 5_000_000);
            await profiling.collect(WITHIN_MS);
            found = msByLabel(heard.cpu());
          }
        });
        profiling.stop();
        expect(found.samples).toBeGreaterThanOrEqual(2000);
        const first = found.ms.get('oneToThree › first') ?? 0;
        const second = found.ms.get('oneToThree › second') ?? 0;
        const share = first / (first + second);
        expect(Math.abs(share - timed)).toBeLessThan(0.03);
        const names = new Set(heard.cpu().flatMap((part) => [...functionsIn(part.profile)]));
        expect(names).toContain('spinFirst');
        expect(names).toContain('spinSecond');
        expect(heard.lost()).toEqual([]);
      });
    });
  });
});
