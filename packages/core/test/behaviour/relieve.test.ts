import type { Pool, PoolRelief, WorkerRelief } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, started, withPool, WORKER_KINDS } from './pools.js';

const FIXTURE = 'frees-on-pressure.mjs';
const MIB = 1024 * 1024;

const only = ({ workers }: PoolRelief): WorkerRelief => workers[0] as WorkerRelief;

describe.each(KINDS)('relieve(), kind %s,', (kind) => {
  it('runs the hook of each worker, and tells what memory was before and after', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      const relief = await pool.relieve();
      expect(relief).toMatchObject({ level: 'high', cacheBytes: 0 });
      expect(only(relief)).toMatchObject({ workerId: 1, slot: 1, outcome: 'relieved', hook: 'done' });
      const { beforeBytes, afterBytes, heapBeforeBytes, heapAfterBytes, freedBytes } = only(relief);
      for (const bytes of [beforeBytes, afterBytes, heapBeforeBytes, heapAfterBytes])
        expect(bytes).toBeGreaterThan(MIB);
      expect(freedBytes).toBe(Math.max(0, beforeBytes - afterBytes));
      expect(relief.freedBytes).toBe(freedBytes);
      await pool.relieve('critical');
      expect(await pool.run('seen')).toEqual(['high', 'critical']);
    });
  });

  it('drops the half of the cache that was used least recently', async () => {
    await withPool(FIXTURE, { kind, workers: 1, tasks: { square: { cache: true } } }, async (pool) => {
      for (let n = 0; n < 40; n++) await pool.run('square', n);
      const before = pool.stats().cache?.bytes ?? 0;
      const { cacheBytes } = await pool.relieve('elevated');
      expect(pool.stats().cache?.entries).toBe(20);
      expect(cacheBytes).toBe(before - (pool.stats().cache?.bytes ?? 0));
      expect(cacheBytes).toBeGreaterThan(0);
    });
  });

  it('outlives a hook that fails, or never ends', async () => {
    await withPool(FIXTURE, { kind, workers: 1, stdio: 'ignore' }, async (pool) => {
      await pool.run('behave', 'throws');
      expect(only(await pool.relieve())).toMatchObject({ outcome: 'relieved', hook: 'failed' });
      await pool.run('behave', 'hangs');
      expect(only(await pool.relieve('high', { timeoutMs: 1000 }))).toMatchObject({
        outcome: 'relieved',
        hook: 'late',
      });
      expect(await pool.run('square', 3)).toBe(9);
      expect(pool.stats().workerList).toMatchObject([{ id: 1 }]);
    });
  });

  it('refuses wrong arguments at once', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      expect(() => pool.relieve('normal' as never)).toThrow(/"level" must be one of "elevated", "high", "critical"/);
      expect(() => pool.relieve('high', { timeoutMs: Infinity })).toThrow(/"timeoutMs" must be a finite number/);
      expect(() => pool.relieve('high', { within: 5 } as never)).toThrow(/"within" is unknown/);
      await pool.run('square', 1);
    });
  });
});

describe.each(WORKER_KINDS)('relieve() of a worker of kind %s', (kind) => {
  it('that is in synchronous code ends without it, in time', async () => {
    await withPool(FIXTURE, { kind, workers: 1, graceMs: 0 }, async (pool) => {
      const controller = new AbortController();
      const { result } = await started(pool, 'spin', 0, { signal: controller.signal });
      const relief = only(await pool.relieve('high', { timeoutMs: 50 }));
      expect(relief).toMatchObject({ outcome: 'late', hook: 'none', collected: false, freedBytes: 0 });
      controller.abort('enough');
      expect(await failure(result)).toBe('enough');
    });
  });

  it('that ends meanwhile says so; the others are relieved', async () => {
    await withPool(FIXTURE, { kind, workers: 2 }, async (pool) => {
      await pool.ready();
      await pool.run('behave', 'exits');
      const { workers } = await pool.relieve();
      expect(workers.map(({ outcome }) => outcome).sort()).toEqual(['gone', 'relieved']);
    });
  });
});

describe.each(KINDS)('relieve() of a pool of kind %s', (kind) => {
  it('may be called several times at once, and each call has all answers', async () => {
    await withPool(FIXTURE, { kind, workers: kind === 'inline' ? 1 : 2 }, async (pool) => {
      // An inline module keeps what an earlier pool has told it.
      if (kind === 'inline') await pool.run('behave', 'frees');
      await pool.ready();
      const all = await Promise.all([pool.relieve('high'), pool.relieve('critical'), pool.relieve('elevated')]);
      expect(all.map(({ level }) => level)).toEqual(['high', 'critical', 'elevated']);
      for (const { workers } of all) {
        expect(workers.map(({ outcome, hook }) => [outcome, hook])).toEqual(workers.map(() => ['relieved', 'done']));
      }
    });
  });

  it('ends when the pool closes meanwhile', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      const relief = pool.relieve();
      const closed = pool.close();
      expect(['relieved', 'gone']).toContain(only(await relief).outcome);
      await closed;
      await withoutWorkers(pool);
    });
  });

  it('ends when the pool is destroyed meanwhile', async () => {
    await withPool(FIXTURE, { kind, workers: 1, graceMs: 0 }, async (pool) => {
      await pool.ready();
      const relief = pool.relieve();
      await pool.destroy();
      expect(['relieved', 'gone']).toContain(only(await relief).outcome);
      await withoutWorkers(pool);
    });
  });

  async function withoutWorkers(pool: Pool): Promise<void> {
    expect((await pool.relieve()).workers).toEqual([]);
  }
});

describe('relieve() of worker processes with --expose-gc', () => {
  it('gives back memory that the hook has let go', async () => {
    const options = { kind: 'process', workers: 1, execArgv: ['--expose-gc'] } as const;
    await withPool(FIXTURE, options, async (pool) => {
      for (let n = 0; n < 4; n++) await pool.run('keep', 32 * MIB);
      const relief = only(await pool.relieve());
      expect(relief).toMatchObject({ collected: true, hook: 'done' });
      expect(relief.freedBytes).toBeGreaterThan(64 * MIB);
    });
  });
});

describe('relieve() of a pool that is closed', () => {
  it('finds no worker', async () => {
    await withPool(FIXTURE, { kind: 'thread', workers: 1 }, async (pool) => {
      await pool.close();
      expect(await pool.relieve()).toEqual({ level: 'high', cacheBytes: 0, freedBytes: 0, workers: [] });
    });
  });
});
