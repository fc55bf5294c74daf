import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, nextEvent, withPool, WORKER_KINDS } from './pools.js';
import { withFolder } from './temp.js';

describe.each(KINDS)('ctx.cache of a worker of kind %s', (kind) => {
  const PRIMED = ['by setup', 'by warmup', 'by task'];

  it('is primed by setup, warmup and warm-up tasks, and holds no more than its size', async () => {
    const warmup = { tasks: [{ name: 'put', input: { key: 'by task', value: 3 } }] };
    await withPool('keeps-in-worker.mjs', { kind, workers: 1, warmup }, async (pool) => {
      expect(await pool.run('has', PRIMED)).toEqual(PRIMED);
      expect(await pool.run('put', { key: 'later', value: 4 })).toBe(true);
      expect(await pool.run('has', [...PRIMED, 'later'])).toEqual(['by warmup', 'by task', 'later']);
    });
  });

  it('gives all tasks of a worker the same object, and other workers one of their own', async () => {
    await withPool('keeps-in-worker.mjs', { kind, workers: 1 }, async (pool) => {
      for (const uses of [1, 2, 3]) expect(await pool.run('touch', 'shared')).toBe(uses);
      if (kind !== 'inline') await pool.recycle();
      expect(await pool.run('touch', 'shared')).toBe(kind === 'inline' ? 4 : 1);
    });
  });

  it('of a wrong size fails the start, and says what is wrong', async () => {
    await withPool('limits-cache-wrongly.mjs', { kind, workers: 1, stdio: 'ignore' }, async (pool) => {
      const refused = await failure(pool.run('echo', 1));
      expect(refused).toMatchObject({ code: 'ERR_POOL_FAILED' });
      expect(refused.message).toMatch(/cache of defineWorker\(\) needs max to be an integer of at least 1, not all/);
    });
  });
});

describe.each(KINDS)('lazy values of a worker of kind %s', (kind) => {
  it('are made once, at their first use, and freed after teardown, the latest first', async () => {
    await withFolder(async (folder) => {
      const diary = join(folder, 'diary');
      const options = { kind, workers: 1, concurrency: 4, workerData: { diary } };
      await withPool('loads-lazily.mjs', options, async (pool) => {
        await pool.ready();
        expect(await Promise.all([pool.run('useDb'), pool.run('useDb'), pool.run('useDb')])).toEqual(
          Array(3).fill('used'),
        );
        for (let tries = 0; tries < 2; tries++) await expect(pool.run('useFlaky')).rejects.toThrow('not today');
      });
      expect(readFileSync(diary, 'utf8').trim().split('\n')).toEqual([
        'settings made',
        'db made in m',
        'flaky tried',
        'flaky tried',
        'teardown in m',
        'db freed',
        'settings freed',
      ]);
    });
  });

  it('may be handlers, whose modules load with their first task', async () => {
    await withFolder(async (folder) => {
      const workerData = { diary: join(folder, 'diary') };
      await withPool('loads-lazily.mjs', { kind, workers: 1, workerData }, async (pool) => {
        // A program loads a module once, for all of its inline workers.
        if (kind !== 'inline') expect(await pool.run('isLoaded')).toBe(false);
        const calls = [pool.run('triple', 2), pool.run('triple', 3)];
        expect(await Promise.all(calls)).toEqual([6, 9].map((triple) => ({ triple, hasContext: true })));
        expect(await pool.run('isLoaded')).toBe(true);
        for (let tries = 0; tries < 2; tries++) {
          expect(await failure(pool.run('missing', 1))).toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' });
        }
      });
    });
  });
});

describe.each(WORKER_KINDS)('lazy values of a worker of kind %s', (kind) => {
  it('that never come do not hold up the end of a failed start', async () => {
    const options = { kind, workers: 1, startTimeoutMs: 3_600_000, stdio: 'ignore' } as const;
    await withPool('fails-beside-lazy.mjs', options, async (pool) => {
      expect(await nextEvent(pool, 'worker:exited')).toMatchObject({ exitCode: 1, killedFor: undefined });
    });
  });
});
