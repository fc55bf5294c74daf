import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeathReport } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, nextEvent, started, withPool, WORKER_KINDS } from './pools.js';
import { withFolder } from './temp.js';

type Exit = DeathReport & { expected: boolean };

/** Warnings of this process with a code, while `body` runs and in the turn after it. */
async function warnings(code: string, body: () => Promise<void>): Promise<string[]> {
  const seen: string[] = [];
  const listener = (warning: Error & { code?: string }): void => {
    if (warning.code === code) seen.push(warning.message);
  };
  process.on('warning', listener);
  try {
    await body();
    // Warnings are emitted in the next tick.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', listener);
  }
  return seen;
}

/** Runs `body` with the path of a file to which workers of keeps-diary.mjs write, and returns its lines that contain `word`. */
async function diaryOf(word: string, body: (file: string) => Promise<void>): Promise<string[]> {
  let lines: string[] = [];
  await withFolder(async (folder) => {
    const file = join(folder, 'diary');
    await body(file);
    if (existsSync(file)) lines = readFileSync(file, 'utf8').split('\n');
  });
  return lines.filter((line) => line.includes(word));
}

describe.each(WORKER_KINDS)('a teardown that hangs, kind %s,', (kind) => {
  it('is ended after teardownMs, which an event and a warning say', async () => {
    const said = await warnings('MILLPOND_TEARDOWN', () =>
      withPool('hangs-in-teardown.mjs', { kind, workers: 2, teardownMs: 50 }, async (pool) => {
        await pool.ready();
        const exited = nextEvent<Exit>(pool, 'worker:exited');
        await pool.close();
        expect(await exited).toMatchObject({
          expected: true,
          killedFor: 'it had not torn down and ended within 50 ms',
        });
        expect(pool.stats()).toMatchObject({ state: 'closed', workerList: [] });
      }),
    );
    // Once for a pool.
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(
      /^Pool "hangs-in-teardown": worker [12] was killed when it was to stop: it had not torn down/,
    );
  });

  it('holds up destroy() for graceMs at most', async () => {
    await withPool('hangs-in-teardown.mjs', { kind, workers: 1, graceMs: 20, teardownMs: 600_000 }, async (pool) => {
      await pool.ready();
      const exited = nextEvent<Exit>(pool, 'worker:exited');
      await pool.destroy();
      expect(await exited).toMatchObject({ killedFor: 'it had not torn down and ended within 20 ms' });
    });
  });

  it('that has begun is cut short by destroy()', async () => {
    await withPool('hangs-in-teardown.mjs', { kind, workers: 1, graceMs: 20, teardownMs: 600_000 }, async (pool) => {
      await pool.ready();
      const closed = pool.close();
      // The worker has been asked to stop, and its state says so.
      while (pool.stats().workerList[0]?.state !== 'stopping') await new Promise((resolve) => setImmediate(resolve));
      await pool.destroy();
      await closed;
      expect(pool.stats()).toMatchObject({ state: 'closed', workerList: [] });
    });
  });
});

describe.each(KINDS)('destroy() of a pool of kind %s', (kind) => {
  it('lets idle workers tear down', async () => {
    const ends = await diaryOf('teardown', (file) =>
      withPool('keeps-diary.mjs', { kind, workers: 1, graceMs: 30_000, workerData: { diary: file } }, async (pool) => {
        await pool.run('work', 'a');
        await pool.destroy();
      }),
    );
    expect(ends).toEqual(['1 teardown begins, data opened', '1 teardown ends']);
  });
});

describe.each(WORKER_KINDS)('destroy() of a pool of kind %s', (kind) => {
  it('lets none tear down with graceMs: 0', async () => {
    const ends = await diaryOf('teardown', (file) =>
      withPool('keeps-diary.mjs', { kind, workers: 1, graceMs: 0, workerData: { diary: file } }, async (pool) => {
        await pool.run('work', 'a');
        await pool.destroy();
      }),
    );
    expect(ends).toEqual([]);
  });

  it('kills the worker in which a handler runs, and lets the other tear down', async () => {
    const ends = await diaryOf('teardown ends', (file) =>
      withPool(
        'keeps-diary.mjs',
        { kind, workers: 2, concurrency: 1, graceMs: 30_000, workerData: { diary: file } },
        async (pool) => {
          await pool.ready();
          const { result, value: busy } = await started(pool, 'hold');
          const error = failure(result);
          await pool.destroy();
          expect(await error).toMatchObject({ code: 'ERR_POOL_CLOSED' });
          expect([1, 2]).toContain(busy);
          const idle = readFileSync(file, 'utf8')
            .split('\n')
            .filter((line) => line.endsWith('teardown ends'));
          expect(idle).toEqual([`${3 - Number(busy)} teardown ends`]);
        },
      ),
    );
    expect(ends).toHaveLength(1);
  });
});

describe('teardownMs', () => {
  it.each([-1, NaN, Infinity, '1s'])('is refused when it is %s', (teardownMs) => {
    const open = () => withPool('echo.mjs', { teardownMs: teardownMs as number }, async () => {});
    return expect(open()).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringMatching(
        /^Option "teardownMs" must be a finite number of milliseconds of at least 0/,
      ) as string,
    });
  });
});
