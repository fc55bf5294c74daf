import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool, PoolOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, nextEvent, withPool, WORKER_KINDS } from './pools.js';
import { withFolder } from './temp.js';

interface Counted {
  calls: number;
  workerId: number;
}
interface Failed {
  workerId: number;
  reason: string;
  error: Error & { code: string };
}

/** A pool of a module that can be broken while it works. */
async function withBreakable(
  options: PoolOptions,
  body: (pool: Pool, breakIt: (how: string) => void, mend: () => void) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const mark = join(folder, 'mark');
    await withPool('breaks-later.mjs', { argv: [mark], ...options }, async (pool) => {
      await pool.ready();
      await body(
        pool,
        (how) => writeFileSync(mark, how),
        () => rmSync(mark),
      );
    });
  });
}

const idsOf = (pool: Pool): number[] => pool.stats().workerList.map(({ id }) => id);

describe.each(WORKER_KINDS)('recycle of a pool of kind %s whose module is broken since', (kind) => {
  it.each(['throws', 'exits', 'hangs'])('rejects, and the old workers go on working (%s)', async (how) => {
    await withBreakable(
      { kind, workers: 3, startTimeoutMs: how === 'hangs' ? 3000 : 30_000 },
      async (pool, breakIt) => {
        const failed: Failed[] = [];
        const recycled: unknown[] = [];
        pool.on('recycle:failed', (event) => failed.push(event as Failed));
        pool.on('worker:recycled', (event) => recycled.push(event));
        breakIt(how);
        // As often as would have failed the pool.
        for (let time = 0; time < (how === 'hangs' ? 1 : 6); time++) {
          expect(await failure(pool.recycle('new code'))).toMatchObject({
            code: 'ERR_WORKER_START',
            message: expect.stringContaining('0 of 3 workers were replaced, and the others stay.') as string,
            cause: { code: 'ERR_WORKER_START' },
          });
        }
        expect(failed[0]).toMatchObject({ workerId: 1, reason: 'new code', error: { code: 'ERR_WORKER_START' } });
        expect(recycled).toEqual([]);
        expect(pool.stats()).toMatchObject({ state: 'open', workers: { wanted: 3, idle: 3, starting: 0 } });
        const done = (await Promise.all(Array.from({ length: 9 }, () => pool.run('count')))) as Counted[];
        expect(done.every(({ workerId }) => workerId <= 3)).toBe(true);
      },
    );
  });

  it('works as soon as the module is mended', async () => {
    await withBreakable({ kind, workers: 2 }, async (pool, breakIt, mend) => {
      breakIt('throws');
      await failure(pool.recycle());
      mend();
      await pool.recycle();
      const workers = idsOf(pool);
      expect(workers).toHaveLength(2);
      expect(workers.some((id) => id <= 2)).toBe(false);
    });
  });

  it('replaces workers that only start, too', async () => {
    await withFolder((folder) =>
      withPool('breaks-later.mjs', { argv: [join(folder, 'mark')], kind, workers: 2 }, async (pool) => {
        await pool.recycle();
        await pool.ready();
        const started = (await Promise.all([pool.run('count'), pool.run('count')])) as Counted[];
        expect(started.map(({ workerId }) => workerId).includes(1)).toBe(false);
        expect(idsOf(pool).includes(1)).toBe(false);
      }),
    );
  });
});

describe.each(WORKER_KINDS)('a rule of recycle, kind %s, while no new worker can start', (kind) => {
  it('keeps the old worker at work beyond its tasks, and replaces it when the module is mended', async () => {
    const recycle = { afterTasks: 3, jitter: 0 };
    await withBreakable({ kind, workers: 1, recycle }, async (pool, breakIt, mend) => {
      breakIt('throws');
      const failed = nextEvent<Failed>(pool, 'recycle:failed');
      const counts: number[] = [];
      for (let n = 0; n < 12; n++) counts.push(((await pool.run('count')) as Counted).calls);
      expect(counts).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
      const { workerId, reason, error } = await failed;
      expect([workerId, reason, error.code]).toEqual([1, '3 tasks', 'ERR_WORKER_START']);
      mend();
      const recycled = nextEvent<{ workerId: number }>(pool, 'worker:recycled');
      let isOver = false;
      void recycled.then(() => (isOver = true));
      while (!isOver) await pool.run('wait', 10);
      expect(await recycled).toEqual({ workerId: 1, reason: '3 tasks' });
      expect(((await pool.run('count')) as Counted).workerId).toBeGreaterThan(1);
      expect(pool.stats().state).toBe('open');
    });
  });

  it('keeps an old worker, and does not try in a hurry', async () => {
    const recycle = { afterMs: 100, jitter: 0 };
    await withBreakable({ kind, workers: 1, recycle }, async (pool, breakIt) => {
      breakIt('exits');
      let failures = 0;
      pool.on('recycle:failed', () => failures++);
      await pool.run('count');
      const { workerId } = await nextEvent<Failed>(pool, 'recycle:failed');
      expect(workerId).toBe(1);
      await nextEvent(pool as Pool<never>, 'recycle:failed');
      expect(failures).toBe(2);
      expect(pool.stats()).toMatchObject({ state: 'open', workers: { idle: 1 } });
      expect(await pool.run('count')).toMatchObject({ workerId: 1 });
    });
  });

  it('fails a pool whose workers run one task each: there is none that could go on', async () => {
    await withBreakable({ kind, workers: 1, recycle: { afterTasks: 1 } }, async (pool, breakIt) => {
      breakIt('throws');
      const ends = await Promise.allSettled(Array.from({ length: 4 }, () => pool.run('count')));
      const codes = ends.map((end) => (end.status === 'fulfilled' ? 'done' : (end.reason as { code: string }).code));
      expect(codes[0]).toBe('done');
      expect(codes.at(-1)).toBe('ERR_POOL_FAILED');
      for (const end of ends) if (end.status === 'fulfilled') expect((end.value as Counted).calls).toBe(1);
    });
  });
});
