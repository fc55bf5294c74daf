import { type ProfileTerms, type WorkerUsage } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { KINDS, withPool, WORKER_KINDS } from './pools.js';
import { CPU, type CpuPart, hearing, msByLabel, profile, STATS, WITHIN_MS } from './profiled-pools.js';

describe.each(KINDS)('a worker of kind %s that is profiled', (kind) => {
  it('says what it uses: loop, collector, heap, and inputs and results by task name', async () => {
    await hearing(async (heard) => {
      await withPool('profiled.mjs', { kind, workers: 1 }, async (pool) => {
        const profiling = profile(pool, STATS);
        await Promise.all(Array.from({ length: 20 }, () => pool.run('allocates', 20_000)));
        await pool.run('echo', 'x'.repeat(1_000_000));
        await pool.run('waits', 50);
        expect(await profiling.collect(WITHIN_MS)).toEqual({ answered: 1, silent: 0 });
        const usage = heard.latest(1) as WorkerUsage;
        expect(usage.gcCount).toBeGreaterThan(0);
        expect(usage.gcMs).toBeCloseTo(usage.gcScavengeMs + usage.gcMarkMs, 6);
        expect(usage.gcWorstSecondMs).toBeLessThanOrEqual(usage.gcMs + 1e-6);
        expect(usage.allocatedBytes).toBeGreaterThan(1_000_000);
        expect(usage.loopActiveMs).toBeGreaterThan(0);
        expect(usage.loopIdleMs).toBeGreaterThan(0);
        expect(usage.loopActiveMs + usage.loopIdleMs).toBeLessThanOrEqual(usage.atMs - usage.sinceMs + 20);
        expect(usage.heapUsedBytes).toBeLessThan(usage.heapLimitBytes);
        expect(usage.decodeMs).toBeGreaterThan(0);
        expect(usage.tasks.map(({ task }) => task).sort()).toEqual(['allocates', 'echo', 'waits']);
        const [allocates, echo, waits] = ['allocates', 'echo', 'waits'].map((name) =>
          usage.tasks.find(({ task }) => task === name),
        );
        expect(allocates?.calledMs).toBeGreaterThan(0);
        expect(echo?.encodeMs).toBeGreaterThan(0);
        // It has returned at once, and waited for the rest.
        expect(waits?.calledMs).toBeLessThan(50);
        expect(usage.tasks.reduce((sum, { decodeMs }) => sum + decodeMs, 0)).toBeCloseTo(usage.decodeMs, 6);
        profiling.stop();
      });
    });
  });

  it('counts native threads of a process, and no part of a shared one', async () => {
    await hearing(async (heard) => {
      await withPool('profiled.mjs', { kind, workers: 1 }, async (pool) => {
        const profiling = profile(pool, STATS);
        for (let n = 0; n < 5; n++) await pool.run('hashesNatively', 50_000);
        await profiling.collect(WITHIN_MS);
        const { cpuMs, processCpuMs } = heard.latest(1) as WorkerUsage;
        if (kind !== 'process') expect(processCpuMs).toBeNull();
        // Of its own, the thread only starts the work and takes the result.
        else expect(processCpuMs).toBeGreaterThan(2 * (cpuMs ?? 0));
        profiling.stop();
      });
    });
  });

  it('sends its sums while it works, and the last ones at its end', async () => {
    await hearing(async (heard) => {
      let before = 0;
      await withPool('profiled.mjs', { kind, workers: 1 }, async (pool) => {
        profile(pool, STATS);
        for (let n = 0; n < 10; n++) await pool.run('waits', 50);
        before = heard.usage.length;
        expect(before).toBeGreaterThanOrEqual(2);
        const times = heard.usage.map(({ usage }) => usage.atMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        await pool.run('echo', 1);
      });
      expect(heard.usage.length).toBeGreaterThan(before);
      expect(heard.latest(1)?.tasks.map(({ task }) => task)).toContain('echo');
    });
  });

  it('is measured for as long as any profiler asks for it', async () => {
    await hearing(async (heard) => {
      await withPool('profiled.mjs', { kind, workers: 1 }, async (pool) => {
        const [first, second] = [profile(pool, STATS), profile(pool, { ...STATS, level: 'trace' })];
        await pool.run('echo', 1);
        first.stop();
        first.stop();
        await pool.run('echo', 1);
        await second.collect(WITHIN_MS);
        expect(heard.latest(1)?.tasks.map(({ task }) => task)).toEqual(['echo']);
        second.stop();
        await pool.run('waits', 150);
        const { length } = heard.usage;
        await second.collect(WITHIN_MS);
        expect(heard.usage).toHaveLength(length);
        // Another one counts from its own beginning.
        const third = profile(pool, STATS);
        await pool.run('waits', 1);
        await third.collect(WITHIN_MS);
        expect(heard.latest(1)?.tasks.map(({ task }) => task)).toEqual(['waits']);
        third.stop();
      });
    });
  });

  it('refuses terms that are none', async () => {
    await withPool('profiled.mjs', { kind, workers: 1 }, async (pool) => {
      for (const terms of [undefined, {}, { ...CPU, level: 'all' }, { ...CPU, sampleUs: 10 }])
        expect(() => profile(pool, terms as ProfileTerms)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
    });
  });
});

describe.each(WORKER_KINDS)('a worker of kind %s at level cpu', (kind) => {
  it('shows who allocates', async () => {
    await hearing(async (heard) => {
      await withPool('profiled.mjs', { kind, workers: 1 }, async (pool) => {
        const profiling = profile(pool, CPU);
        for (let n = 0; n < 20; n++) await pool.run('allocates', 50_000);
        await profiling.collect(WITHIN_MS);
        const heads = heard.profiles.flatMap(({ part }) => (part.kind === 'heap' ? [part.head] : []));
        expect(JSON.stringify(heads)).toContain('plantedAllocation');
        profiling.stop();
      });
    });
  });

  it('gives its profile when it is recycled, and its successor is profiled too', async () => {
    await hearing(async (heard) => {
      await withPool('profiled.mjs', { kind, workers: 1 }, async (pool) => {
        const profiling = profile(pool, CPU);
        await pool.run('spinsFor', 100);
        await pool.recycle();
        await pool.run('spinsFor', 100);
        await profiling.collect(WITHIN_MS);
        const ids = new Set(heard.profiles.filter(({ part }) => part.kind === 'cpu').map(({ workerId }) => workerId));
        expect(ids).toEqual(new Set([1, 2]));
        expect(heard.lost()).toEqual([]);
        profiling.stop();
      });
    });
  });

  it('labels no sample with one of several tasks in flight, unless it is in its synchronous part', async () => {
    await hearing(async (heard) => {
      await withPool('profiled.mjs', { kind, workers: 1, concurrency: 4 }, async (pool) => {
        const profiling = profile(pool, CPU);
        // Until there are samples, however busy this machine is.
        for (let round = 0; round < 30 && !msByLabel(heard.cpu()).ms.has('spinsFor'); round++) {
          const waiting = [pool.run('waits', 400), pool.run('waits', 400)];
          await pool.run('spinsFor', 200);
          await Promise.all(waiting);
          await profiling.collect(WITHIN_MS);
        }
        expect(msByLabel(heard.cpu()).ms.get('spinsFor')).toBeGreaterThan(0);
        await pool.run('waits', 50);
        await profiling.collect(WITHIN_MS);
        const parts = heard.cpu();
        // The last one was alone.
        const { labels } = parts.findLast((part) => part.labels.names.includes('waits')) as CpuPart;
        expect(labels.atMs).toEqual(labels.atMs.toSorted((a, b) => a - b));
        profiling.stop();
      });
    });
  });
});
