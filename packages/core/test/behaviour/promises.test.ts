import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, nextEvent, started, withPool, WORKER_KINDS } from './pools.js';
import { withFolder } from './temp.js';

const FIXTURE = 'keeps-promises.mjs';

/** Codes of those that reject, by position. */
async function rejections(promises: readonly Promise<unknown>[]): Promise<[number, unknown][]> {
  const ends = await Promise.allSettled(promises);
  return [...ends.entries()].flatMap(([index, end]) =>
    end.status === 'rejected' ? [[index, (end.reason as { code?: string }).code] as [number, unknown]] : [],
  );
}

/** The event loop of this process takes 5 to 25 ms a turn while `body` goes on. */
async function whileTurnsAreLong<T>(body: () => Promise<T>): Promise<T> {
  let isOver = false;
  let turns = 0;
  const turn = (): void => {
    const until = performance.now() + 5 + ((turns++ * 7) % 21);
    while (performance.now() < until);
    if (!isOver) setImmediate(turn);
  };
  turn();
  try {
    return await body();
  } finally {
    isOver = true;
  }
}

/** Resolves when the only task of a pool has begun. */
async function hasLeft(pool: Pool): Promise<void> {
  while (pool.stats().workers.busy === 0) await new Promise(setImmediate);
  await new Promise(setImmediate);
}

describe.each(WORKER_KINDS)('a task that does not end, kind %s,', (kind) => {
  it('is the only one that its time limit rejects, among 200 of some microseconds', async () => {
    await withPool(FIXTURE, { kind, workers: 2, timeoutMs: 500, graceMs: 50 }, async (pool) => {
      await pool.ready();
      const tasks = Array.from({ length: 200 }, (_, n) => pool.run(n === 100 ? 'spin' : 'echo', n));
      expect(await rejections(tasks)).toEqual([[100, 'ERR_TASK_TIMEOUT']]);
    });
  });

  it.each([
    [1, false, 'blockAt'],
    [50, false, 'blockAt'],
    [1, true, 'blockAt'],
    [50, true, 'blockAt'],
    [1, false, 'blockAtAsync'],
    [4, false, 'blockAtAsync'],
    [50, false, 'blockAtAsync'],
    [4, true, 'blockAtAsync'],
  ] as const)(
    'holds back no result of a handler that returned before it, %i at once, idempotent: %s, %s',
    async (concurrency, idempotent, name) => {
      await withFolder(async (folder) => {
        await withPool(FIXTURE, { kind, workers: 1, concurrency, prefetch: 100 }, async (pool) => {
          await pool.ready();
          // Of one name, since only then do tasks keep their order.
          const before = Array.from({ length: 50 }, (_, n) => pool.run(name, n, { idempotent }));
          const blocked = pool.run(name, join(folder, 'go'), { idempotent });
          const after = Array.from({ length: 20 }, (_, n) => pool.run(name, n));
          // The handler ends only once these have arrived.
          expect(await Promise.all(before)).toEqual(before.map((_, n) => n));
          writeFileSync(join(folder, 'go'), '');
          expect(await blocked).toBe('blocked');
          expect(await Promise.all(after)).toEqual(after.map((_, n) => n));
        });
      });
    },
  );

  it('is ended by its time limit in a program whose every turn is long', async () => {
    await withPool(FIXTURE, { kind, workers: 1, graceMs: 100 }, async (pool) => {
      const exited = nextEvent<{ expected: boolean }>(pool, 'worker:exited');
      const error = await whileTurnsAreLong(async () => {
        const rejected = await failure(pool.run('spin', undefined, { timeoutMs: 200 }));
        await exited;
        return rejected;
      });
      expect(error).toMatchObject({ code: 'ERR_TASK_TIMEOUT', details: { by: 'timeoutMs' } });
      expect(await pool.run('echo', 1)).toBe(1);
    });
  });

  it('is ended by its deadline in a program whose every turn is long', async () => {
    await withPool(FIXTURE, { kind, workers: 1, graceMs: 100 }, async (pool) => {
      await pool.ready();
      const exited = nextEvent(pool as Pool<never>, 'worker:exited');
      const error = await whileTurnsAreLong(async () => {
        const rejected = await failure(pool.run('spin', undefined, { deadline: Date.now() + 300 }));
        await exited;
        return rejected;
      });
      expect(error).toMatchObject({ code: 'ERR_TASK_TIMEOUT', details: { by: 'deadline' } });
    });
  });

  it('is ended after its grace when it is cancelled in a program whose every turn is long', async () => {
    await withPool(FIXTURE, { kind, workers: 1, graceMs: 100 }, async (pool) => {
      await pool.ready();
      const stop = new AbortController();
      const exited = nextEvent<{ expected: boolean }>(pool, 'worker:exited');
      await whileTurnsAreLong(async () => {
        const cancelled = failure(pool.run('spin', undefined, { signal: stop.signal, onProgress: () => stop.abort() }));
        expect(await cancelled).toMatchObject({ name: 'AbortError' });
        expect(await exited).toMatchObject({ expected: true });
      });
    });
  });
});

describe.each(WORKER_KINDS)('more tasks than one worker has places for, kind %s,', (kind) => {
  it('settle all, as broadcasts: done, or refused with a code', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      const ends = await Promise.allSettled(Array.from({ length: 2100 }, (_, n) => pool.broadcast('echo', n)));
      for (const [n, end] of ends.entries()) {
        if (end.status === 'fulfilled') expect(end.value).toEqual([n]);
        else expect(JSON.stringify(end.reason) + String(end.reason)).toContain('ERR_QUEUE_FULL');
      }
      expect(await pool.run('echo', 1)).toBe(1);
    });
  });

  it('settle all, with the most tasks at once, the most ahead, and broadcasts beside them', async () => {
    await withPool(FIXTURE, { kind, workers: 1, concurrency: 1000, prefetch: 1000 }, async (pool) => {
      await pool.ready();
      const tasks = Array.from({ length: 2500 }, () => pool.run('waitFor', 5));
      const broadcasts = Array.from({ length: 60 }, (_, n) => pool.broadcast('echo', n));
      expect(await Promise.all(tasks)).toEqual(tasks.map(() => 5));
      for (const end of await Promise.allSettled(broadcasts)) {
        if (end.status === 'rejected') expect(JSON.stringify(end.reason)).toContain('ERR_QUEUE_FULL');
      }
    });
  });
});

describe.each(WORKER_KINDS)('a task that ends, kind %s,', (kind) => {
  it.each([1, 4])('has told the last of its progress before its result arrives, %i at once', async (concurrency) => {
    await withPool(FIXTURE, { kind, workers: 1, concurrency }, async (pool) => {
      await pool.ready();
      const told = new Set<number>();
      const tasks = Array.from({ length: 300 }, async (_, n) => {
        await pool.run('tell', n, { onProgress: (value) => told.add(value as number) });
        return told.has(n);
      });
      expect((await Promise.all(tasks)).filter((wasTold) => !wasTold)).toEqual([]);
    });
  });

  it.each([
    ['its worker is replaced', Infinity, (pool: Pool) => void pool.recycle()],
    ['its time limit has passed', 300, () => {}],
  ])('has told all of its progress when its parent stood still, and %s', async (_, timeoutMs, act) => {
    await withFolder(async (folder) => {
      await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
        await pool.ready();
        const [go, told] = [join(folder, 'go'), join(folder, 'told')];
        const values: unknown[] = [];
        const onProgress = (value: unknown): unknown => values.push(value);
        const task = pool.run('tellMany', { go, told }, { timeoutMs, onProgress, progressEveryMs: 0 });
        await hasLeft(pool);
        // The result is in the log before the parent reads any progress.
        writeFileSync(go, '');
        const until = performance.now() + (timeoutMs < Infinity ? timeoutMs + 50 : 0);
        const giveUp = performance.now() + 30_000;
        while ((!existsSync(told) || performance.now() < until) && performance.now() < giveUp);
        act(pool);
        await task;
        expect([values, pool.stats().droppedProgress]).toEqual([[...Array(100).keys()], 0]);
      });
    });
  });

  it.each([
    ['the handler of another task blocks', 'blockBetween', (begun: string, go: string) => ({ begun, go })],
    ['code that another task left behind loops', 'leaveLoop', (begun: string) => begun],
  ])('settles while its progress is stuck in its worker, where %s', async (_, name, inputOf) => {
    await withFolder(async (folder) => {
      const [begun, go] = [join(folder, 'begun'), join(folder, 'go')];
      await withPool(FIXTURE, { kind, workers: 1, concurrency: 2 }, async (pool) => {
        await pool.ready();
        const teller = pool.run('tellMuch', undefined, { onProgress: () => {} });
        const blocker = pool.run(name, inputOf(begun, go));
        await hasLeft(pool);
        // Until then, nothing of the progress is read here.
        while (!existsSync(begun));
        expect(await teller).toBe('told');
        writeFileSync(go, '');
        await blocker;
        // Its worker may loop, and would hold up an orderly end.
        await pool.destroy();
      });
    });
  });

  it('keeps its result when a handler that was called beside it ends their worker', async () => {
    await withPool(FIXTURE, { kind, workers: 1, concurrency: 4 }, async (pool) => {
      await pool.ready();
      for (let round = 0; round < 5; round++) {
        const returned = [1, 2, 3].map((n) => pool.run('leaveAt', n));
        const left = failure(pool.run('leaveAt', -1));
        expect(await Promise.all(returned)).toEqual([1, 2, 3]);
        expect(await left).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
      }
    });
  });

  it('keeps its result while its worker is ended by the next one', async () => {
    await withPool(FIXTURE, { kind, workers: 1, prefetch: 100, graceMs: 0 }, async (pool) => {
      await pool.ready();
      const stop = new AbortController();
      const done = Array.from({ length: 50 }, (_, n) => pool.run('echo', n));
      const { result } = await started(pool, 'spin', undefined, { signal: stop.signal });
      stop.abort();
      expect(await failure(result)).toMatchObject({ name: 'AbortError' });
      expect(await Promise.all(done)).toEqual(done.map((_, n) => n));
    });
  });
});
