import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool, PoolOptions } from '@millpond/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failure, KINDS, nextEvent, withPool, WORKER_KINDS } from './pools.js';
import { withFolder } from './temp.js';

/** A pool whose workers write down what they do, and what they wrote. */
async function withDiary(
  worker: string,
  options: PoolOptions,
  body: (pool: Pool, diary: () => string[]) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const file = join(folder, 'diary');
    const diary = (): string[] => readFileSync(file, 'utf8').trim().split('\n');
    await withPool(worker, { ...options, workerData: { diary: file } }, (pool) => body(pool, diary));
  });
}

const WARMUP = {
  tasks: [
    { name: 'work', input: 'warm', times: 2 },
    { name: 'work', input: 'warmer' },
  ],
};

describe.each(KINDS)('warm-up tasks of a worker of kind %s', (kind) => {
  it('run after setup and warmup, and before its first task', async () => {
    await withDiary('keeps-diary.mjs', { kind, workers: 1, warmup: WARMUP }, async (pool, diary) => {
      expect(await pool.run('work', 'first')).toBe('opened');
      expect(diary()).toEqual([
        '1 setup begins, data undefined',
        '1 setup ends',
        '1 warmup, data opened',
        '1 task warm, data opened',
        '1 task warm, data opened',
        '1 task warmer, data opened',
        '1 task first, data opened',
      ]);
    });
  });

  it('are done when ready() resolves', async () => {
    await withDiary('warms-up.mjs', { kind, workers: 1, warmup: WARMUP }, async (pool, diary) => {
      await pool.ready();
      expect(diary()).toEqual(['1 task warm', '1 task warm', '1 task warmer']);
      expect(pool.stats().workerList).toMatchObject([{ state: 'idle', tasksDone: 0, dispatched: 0, running: 0 }]);
    });
  });

  it('run again in a worker that takes the place of another', async () => {
    await withDiary('warms-up.mjs', { kind, workers: 1, warmup: WARMUP }, async (pool, diary) => {
      await pool.run('work', 'before');
      await pool.recycle();
      await pool.run('work', 'after');
      expect(diary().filter((line) => line.startsWith('2'))).toEqual([
        '2 task warm',
        '2 task warm',
        '2 task warmer',
        '2 task after',
      ]);
    });
  });

  it('count nowhere, and report no progress', async () => {
    const warmup = { tasks: [{ name: 'report', input: 'of a warm-up', times: 3 }] };
    await withPool('warms-up.mjs', { kind, workers: 1, warmup }, async (pool) => {
      await pool.ready();
      expect(pool.stats()).toMatchObject({
        tasks: { submitted: 0, completed: 0, dispatched: 0, running: 0 },
        byTask: {},
        latencyMs: { run: { count: 0 } },
        ignoredResults: 0,
        droppedProgress: 0,
      });
      const heard: unknown[] = [];
      await pool.run('report', 'of a task', { onProgress: (value) => heard.push(value) });
      expect(heard).toEqual(['of a task']);
      expect(pool.stats().tasks).toMatchObject({ submitted: 1, completed: 1 });
    });
  });

  it('are part of the time in which a worker boots', async () => {
    const warmup = { tasks: [{ name: 'compute', input: 60, times: 2 }] };
    await withPool('warms-up.mjs', { kind, workers: 1, warmup }, async (pool) => {
      expect(pool.stats().workerList).toMatchObject([{ bootMs: 0 }]);
      const { bootMs } = await nextEvent<{ bootMs: number }>(pool, 'worker:ready');
      expect(bootMs).toBeGreaterThanOrEqual(120);
      expect(pool.stats().workerList).toMatchObject([{ bootMs }]);
    });
  });
});

describe.each(KINDS)('a worker of kind %s whose warm-up task', (kind) => {
  // The delay before the next start is a random part of its bound: here, none of it.
  beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
  afterEach(() => void vi.restoreAllMocks());

  it.each([
    ['throws', 'fail', 'RangeError: no model'],
    ['rejects', 'rejectLater', 'TypeError: no model'],
  ])('%s has failed to start, and after five of them the pool has', async (_what, name, said) => {
    const warmup = {
      tasks: [
        { name: 'compute', input: 0 },
        { name, input: 'no model', times: 2 },
      ],
    };
    await withPool('warms-up.mjs', { kind, workers: 1, warmup }, async (pool) => {
      let exits = 0;
      pool.on('worker:exited', () => exits++);
      const [ready, task] = await Promise.all([failure(pool.ready()), failure(pool.run('compute', 0))]);
      expect(task).toBe(ready);
      expect(ready.message).toMatch(/5 workers in a row failed to start/);
      const message = `The warm-up task "${name}" failed in run 1 of 2: ${said}`;
      expect(ready).toMatchObject({
        code: 'ERR_POOL_FAILED',
        cause: {
          code: 'ERR_WORKER_START',
          details: { phase: 'warmup', reason: `Error: ${message}` },
          cause: { message, cause: { message: 'no model' } },
        },
      });
      await pool.idle();
      expect(exits).toBe(5);
    });
  });

  it('is none of its handlers has failed to start', async () => {
    await withPool('warms-up.mjs', { kind, workers: 1, warmup: { tasks: [{ name: 'wrok' }] } }, async (pool) => {
      const { code, cause } = await failure(pool.ready());
      expect({ code, cause }).toMatchObject({
        code: 'ERR_POOL_FAILED',
        cause: { code: 'ERR_WORKER_START', details: { phase: 'warmup' }, cause: { name: 'RangeError' } },
      });
      expect((cause as Error).message).toMatch(/warmup\.tasks names "wrok".*\(it exports .*work/);
    });
  });
});

describe.each(WORKER_KINDS)('a worker of kind %s that dies', (kind) => {
  it('is replaced by one that has warmed up, too', async () => {
    await withDiary('keeps-diary.mjs', { kind, workers: 1, warmup: WARMUP }, async (pool, diary) => {
      await failure(pool.run('exit'));
      await pool.run('work', 'after');
      expect(diary().filter((line) => line.startsWith('2 task'))).toEqual([
        '2 task warm, data opened',
        '2 task warm, data opened',
        '2 task warmer, data opened',
        '2 task after, data opened',
      ]);
    });
  });
});

describe('inputs of warm-up tasks', () => {
  it('that cannot be sent to a worker are refused', async () => {
    const warmup = { tasks: [{ name: 'work', input: () => {} }] };
    const open = (): Promise<void> => withPool('warms-up.mjs', { workers: 1, warmup }, () => Promise.resolve());
    await expect(open()).rejects.toMatchObject({ code: 'ERR_OPTION' });
  });
});
