import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool, PoolOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, nextEvent, withPool, WORKER_KINDS } from './pools.js';
import { withFolder } from './temp.js';

/** A pool whose workers write down what they do, and what they wrote. */
async function withDiary(
  options: PoolOptions,
  body: (pool: Pool, diary: () => string[]) => Promise<void>,
): Promise<string[]> {
  let all: string[] = [];
  await withFolder(async (folder) => {
    const file = join(folder, 'diary');
    const diary = (): string[] => readFileSync(file, 'utf8').trim().split('\n');
    await withPool('keeps-diary.mjs', { ...options, workerData: { diary: file } }, (pool) => body(pool, diary));
    all = diary();
  });
  return all;
}

describe.each(KINDS)('a worker of kind %s', (kind) => {
  it('sets up, warms up, works, and tears down, in this order', async () => {
    const diary = await withDiary({ kind, workers: 1 }, async (pool) => {
      const results = ['a', 'b'].map((input) => pool.run('work', input));
      expect(await Promise.all(results)).toEqual(['opened', 'opened']);
    });
    expect(diary).toEqual([
      '1 setup begins, data undefined',
      '1 setup ends',
      '1 warmup, data opened',
      '1 task a, data opened',
      '1 task b, data opened',
      '1 teardown begins, data opened',
      '1 teardown ends',
    ]);
  });

  it('is ready only when it is warm', async () => {
    await withDiary({ kind, workers: 1 }, async (pool, diary) => {
      await pool.ready();
      expect(diary().at(-1)).toBe('1 warmup, data opened');
      expect(pool.stats().workers).toMatchObject({ idle: 1, starting: 0 });
    });
  });

  it('tells how long it took to become ready', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const ready = await nextEvent<{ workerId: number; bootMs: number }>(pool, 'worker:ready');
      expect(ready.workerId).toBe(1);
      expect(ready.bootMs).toBeGreaterThan(0);
    });
  });

  it('has a pid only as a process, a threadId only as a thread', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const type = {
        process: ['number', 'undefined'],
        thread: ['undefined', 'number'],
        inline: Array(2).fill('undefined'),
      };
      const typesOf = (of: object | undefined): unknown[] => {
        const { pid, threadId } = of as { pid: unknown; threadId: unknown };
        return [typeof pid, typeof threadId];
      };
      const exited = nextEvent<object>(pool, 'worker:exited');
      expect(typesOf(await nextEvent<object>(pool as Pool<never>, 'worker:ready'))).toEqual(type[kind]);
      const [worker] = pool.stats().workerList;
      expect(typesOf(worker)).toEqual(type[kind]);
      if (kind === 'process') expect(worker?.pid).not.toBe(process.pid);
      await pool.close();
      expect(typesOf(await exited)).toEqual(type[kind]);
    });
  });
});

describe.each(WORKER_KINDS)('a worker of kind %s', (kind) => {
  it('tears down nothing when it crashes, and its replacement begins anew', async () => {
    const diary = await withDiary({ kind, workers: 1 }, async (pool) => {
      await failure(pool.run('exit'));
      await pool.run('work', 'after');
    });
    expect(diary.filter((line) => line.startsWith('1 teardown'))).toEqual([]);
    expect(diary.filter((line) => line.startsWith('2'))).toEqual([
      '2 setup begins, data undefined',
      '2 setup ends',
      '2 warmup, data opened',
      '2 task after, data opened',
      '2 teardown begins, data opened',
      '2 teardown ends',
    ]);
  });

  it('tears down when the pool wants fewer, and starts when it wants more', async () => {
    const diary = await withDiary({ kind, workers: 2 }, async (pool) => {
      await pool.ready();
      const exited = nextEvent<{ workerId: number; expected: boolean; exitCode: number }>(pool, 'worker:exited');
      pool.resize(1);
      const { workerId, expected, exitCode } = await exited;
      expect({ expected, exitCode }).toEqual({ expected: true, exitCode: 0 });
      expect(pool.stats().workerList.map(({ id }) => id)).toEqual([3 - workerId]);
      pool.resize(3);
      await pool.ready();
      expect(pool.stats().workerList.map(({ id }) => id)).toEqual([3 - workerId, 3, 4]);
    });
    expect(diary.filter((line) => line.endsWith('teardown ends'))).toHaveLength(4);
  });

  it('finishes its task before it goes', async () => {
    await withPool('takes-turns.mjs', { kind, workers: 2 }, async (pool) => {
      await pool.ready();
      const results = [10, 11].map((turns) => pool.run('wait', turns));
      pool.resize(1);
      expect(await Promise.all(results)).toEqual([10, 11]);
    });
  });

  it('is replaced by recycle only when its replacement is warm', async () => {
    const diary = await withDiary({ kind, workers: 2 }, async (pool) => {
      await pool.ready();
      const recycled: { workerId: number; reason: string; ready: number }[] = [];
      pool.on('worker:recycled', (event) => recycled.push({ ...event, ready: pool.stats().workers.idle }));
      await pool.recycle('new model');
      expect(recycled.toSorted((a, b) => a.workerId - b.workerId)).toEqual([
        { workerId: 1, reason: 'new model', ready: 3 },
        { workerId: 2, reason: 'new model', ready: 3 },
      ]);
      expect(pool.stats().workerList.map(({ id }) => id)).toEqual([3, 4]);
      expect(await pool.run('work', 'after')).toBe('opened');
    });
    const warm = ['3', '4'].map((id) => diary.indexOf(`${id} warmup, data opened`));
    const gone = diary.flatMap((line, at) => (/^[12] teardown begins/.test(line) ? [at] : []));
    expect(gone).toHaveLength(2);
    for (const turn of [0, 1]) expect(gone[turn]).toBeGreaterThan(warm[turn] as number);
  });

  it('does not lose a task while workers are recycled under load', async () => {
    await withPool('takes-turns.mjs', { kind, workers: 2 }, async (pool) => {
      const results = Array.from({ length: 300 }, (_, n) => pool.run('wait', n % 7));
      const recycled = [pool.recycle(), pool.recycle()];
      await Promise.all(recycled);
      expect(await Promise.all(results)).toEqual(Array.from({ length: 300 }, (_, n) => n % 7));
      expect(pool.stats().workers.wanted).toBe(2);
    });
  });
});

describe.each(WORKER_KINDS)('a teardown of kind %s', (kind) => {
  it('that throws does not keep the pool from closing', async () => {
    await withPool('throws-in-teardown.mjs', { kind, workers: 1, stdio: 'ignore' }, async (pool) => {
      await pool.run('echo', 1);
      const exited = nextEvent<{ exitCode: number; stderrTail: string }>(pool, 'worker:exited');
      await pool.close();
      const { exitCode, stderrTail } = await exited;
      expect(exitCode).toBe(0);
      expect(stderrTail).toMatch('broken in teardown');
    });
  });

  it('that hangs ends with a kill', async () => {
    await withPool('hangs-in-teardown.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.run('echo', 1);
      // The time close() is given ends the waiting; without it, a worker has 5 s for its teardown.
      await pool.close({ timeoutMs: 50 });
      expect(pool.stats()).toMatchObject({ state: 'closed', workerList: [] });
    });
  });
});
