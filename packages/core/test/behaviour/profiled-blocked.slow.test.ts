import { describe, expect, it } from 'vitest';
import { failure, nextEvent, started, withPool, WORKER_KINDS } from './pools.js';
import { CPU, functionsIn, hearing, profile, WITHIN_MS } from './profiled-pools.js';

describe.each(WORKER_KINDS)('a worker of kind %s at level cpu that is blocked', (kind) => {
  it('gives its profile while a handler blocks it, also to a profiler that has come later', async () => {
    await hearing(async (heard) => {
      await withPool('profiled.mjs', { kind, workers: 1 }, async (pool) => {
        await pool.run('echo', 1);
        const profiling = profile(pool, CPU);
        // It has the terms once it answers.
        await profiling.collect(WITHIN_MS);
        let isOver = false;
        const { result } = await started(pool, 'spinsFor', 6000);
        void result.then(() => (isOver = true));
        let names = new Set<string>();
        while (!names.has('plantedSpin') && !isOver) {
          expect(await profiling.collect(3000)).toEqual({ answered: 1, silent: 0 });
          names = new Set(heard.cpu().flatMap((part) => [...functionsIn(part.profile)]));
        }
        expect({ isOver, hasSpin: names.has('plantedSpin') }).toEqual({ isOver: false, hasSpin: true });
        expect(heard.cpu().some(({ labels }) => labels.names.includes('spinsFor'))).toBe(true);
        await result;
        profiling.stop();
      });
    });
  });

  it('gives the profile of a task that runs into its time limit, and says what is lost when it is killed', async () => {
    await hearing(async (heard) => {
      await withPool('profiled.mjs', { kind, workers: 1, graceMs: 2000 }, async (pool) => {
        const profiling = profile(pool, CPU);
        await pool.run('echo', 1);
        const exited = nextEvent(pool, 'worker:exited');
        await failure(pool.run('spinsFor', 60_000, { timeoutMs: 1000 }));
        await exited;
        const names = new Set(heard.cpu().flatMap((part) => [...functionsIn(part.profile)]));
        expect(names).toContain('plantedSpin');
        const [lost] = heard.lost();
        expect(lost).toMatchObject({ kind: 'lost', what: 'cpu', why: expect.stringContaining('it was killed') });
        expect(lost?.toMs).toBeGreaterThan(lost?.fromMs ?? Infinity);
        profiling.stop();
      });
    });
  });

  it('counts a worker as silent that native code blocks, and does not wait for it', async () => {
    await hearing(async (heard) => {
      await withPool('profiled.mjs', { kind, workers: 1 }, async (pool) => {
        const profiling = profile(pool, CPU);
        await profiling.collect(WITHIN_MS);
        const { result } = await started(pool, 'blocks', 2500);
        expect(await profiling.collect(600)).toEqual({ answered: 0, silent: 1 });
        expect(heard.lost()).toMatchObject([{ what: 'cpu', why: 'it did not answer within 600 ms' }]);
        // Its profile comes once it goes on.
        await result;
        await profiling.collect(WITHIN_MS);
        expect(heard.cpu().some(({ labels }) => labels.names.includes('blocks'))).toBe(true);
        profiling.stop();
      });
    });
  });
});
