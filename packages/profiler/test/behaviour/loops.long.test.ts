import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from '@millpond/core';
import { Profiler } from '@millpond/profiler';
import { describe, expect, it } from 'vitest';

const MODULE = new URL('./fixtures/any-work.mjs', import.meta.url);
const COUNT = 60;

describe.each(['process', 'thread'] as const)('workers of kind %s that wait for a loop of the program', (kind) => {
  const report = async (loop: (pool: Pool) => Promise<void>) => {
    await using pool = new Pool(MODULE, { kind, workers: 2, name: 'work' });
    await pool.ready();
    const profiler = new Profiler({ level: 'trace' }).attach(pool);
    await loop(pool);
    return profiler.stop();
  };

  it.each(['map', 'mapSettled'] as const)(
    'have a verdict that names the body of %s where that is slow',
    async (method) => {
      const { data, toText } = await report(async (pool) => {
        for await (const _ of pool[method](
          'computes',
          Array.from({ length: COUNT }, () => 1000),
        ))
          await sleep(20);
      }).then((each) => ({ data: each.data, toText: each.toText() }));
      const { loops, activeMs } = data.pools[0]!;
      expect(loops.readerMs).toBeGreaterThan(0.8 * activeMs);
      expect(loops.sourceMs).toBeLessThan(loops.readerMs);
      expect(data.verdict.sentence).toMatch(
        /wait for the program: the body of its loop over results takes \d+ % of the time/,
      );
      expect(data.verdict.step).toMatch(/Let the handler do that work/);
      // On a busy machine, calls of their own may be too slow. Nothing in the pool makes the run shorter.
      expect(data.findings.filter(({ saving }) => saving === null || saving.of !== 'call')).toEqual([]);
      expect(toText).toContain('the bodies of loops over results took');
    },
  );

  it('have a verdict that names the source of inputs where that is slow', async () => {
    const { data } = await report(async (pool) => {
      const source = async function* () {
        for (let i = 0; i < COUNT; i++) {
          await sleep(20);
          yield 1000;
        }
      };
      for await (const _ of pool.map('computes', source()));
    });
    const { loops, activeMs } = data.pools[0]!;
    expect(loops.sourceMs).toBeGreaterThan(0.8 * activeMs);
    expect(loops.readerMs).toBeLessThan(loops.sourceMs);
    expect(data.verdict.sentence).toMatch(/wait for the program: the source of its inputs takes \d+ % of the time/);
  });

  it('are not seen where the loop takes no time', async () => {
    const { data } = await report(async (pool) => {
      for await (const _ of pool.map(
        'waits',
        Array.from({ length: COUNT }, () => 20),
      ));
    });
    const { loops, activeMs } = data.pools[0]!;
    expect(loops.readerMs + loops.sourceMs).toBeLessThan(0.5 * activeMs);
    expect(data.verdict.sentence).not.toContain('wait for the program');
  });
});
