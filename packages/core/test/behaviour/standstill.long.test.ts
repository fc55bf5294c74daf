import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, fixture, nextEvent, withPool, WORKER_KINDS } from './pools.js';
import { withFolder } from './temp.js';

const FIXTURE = 'keeps-promises.mjs';

/** Resolves when a file is there. No event reports it, so we look. */
async function written(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.each(WORKER_KINDS)('a worker that stands still outside of any handler, kind %s,', (kind) => {
  it.each([1, 2])('is replaced, and its next tasks run elsewhere, with %i workers', async (workers) => {
    await withFolder(async (folder) => {
      await withPool(FIXTURE, { kind, workers, prefetch: 10 }, async (pool) => {
        await pool.ready();
        const stuck = nextEvent<{ workerId: number; tasks: string[] }>(pool, 'worker:stuck');
        const looping = await pool.run('leaveLoop', join(folder, 'loops'));
        await written(join(folder, 'loops'));
        const next = await Promise.all(Array.from({ length: 20 }, () => pool.run('whoAmI')));
        expect(next).not.toContain(looping);
        expect((await stuck).workerId).toBe(looping);
        expect(pool.stats().tasks).toMatchObject({ failed: 0, crashed: 0, retried: 0 });
      });
    });
  });

  it('does not keep its pool from closing', async () => {
    await withFolder(async (folder) => {
      await withPool(FIXTURE, { kind, workers: 1, prefetch: 10 }, async (pool) => {
        await pool.ready();
        await pool.run('leaveLoop', join(folder, 'loops'));
        await written(join(folder, 'loops'));
        const last = pool.run('echo', 'last');
        await pool.close();
        expect(await last).toBe('last');
      });
    });
  });

  it.each(['timeoutMs', 'queueTimeoutMs'] as const)('costs no task its %s more than the wait', async (limit) => {
    await withFolder(async (folder) => {
      await withPool(FIXTURE, { kind, workers: 1, prefetch: 10 }, async (pool) => {
        await pool.ready();
        await pool.run('leaveLoop', join(folder, 'loops'));
        await written(join(folder, 'loops'));
        const ends = await Promise.allSettled([1, 2, 3].map((n) => pool.run('echo', n, { [limit]: 400 })));
        const codes = ends.map((end) => (end.status === 'rejected' ? (end.reason as { code: string }).code : 'done'));
        // They wait in a worker that gives no sign: run elsewhere, or refused for their wait.
        for (const code of codes) expect(['done', 'ERR_QUEUE_TIMEOUT']).toContain(code);
        if (limit === 'timeoutMs') expect(codes).toEqual(['done', 'done', 'done']);
      });
    });
  });
});

describe.each(WORKER_KINDS)('an input that cannot be decoded, kind %s,', (kind) => {
  // Two workers in turn stand still for a second of processor time and twice their start.
  it('since the codec does not come to an end, settles, and the pool goes on', { timeout: 180_000 }, async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'called');
      const codec = fixture('codecs/ends-worker.mjs');
      await withPool(FIXTURE, { kind, workers: 1, prefetch: 10, codec }, async (pool) => {
        await pool.ready();
        const stuck = nextEvent<{ tasks: string[] }>(pool, 'worker:stuck');
        const rejected = failure(pool.run('note', { end: 'loop', path }));
        const others = Array.from({ length: 5 }, (_, n) => pool.run('echo', n));
        expect((await stuck).tasks).toContain('note');
        expect(['ERR_WORKER_CRASHED', 'ERR_TASK_TIMEOUT', 'ERR_TASK_POISON']).toContain((await rejected).code);
        expect(await Promise.all(others)).toEqual([0, 1, 2, 3, 4]);
        expect(existsSync(path)).toBe(false);
      });
    });
  });
});
