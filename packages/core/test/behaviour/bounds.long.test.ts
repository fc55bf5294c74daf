import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CHANNELS, type SectionsMessage } from '@millpond/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failure, KINDS, withPool, WORKER_KINDS } from './pools.js';

function busyFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe.each(KINDS)('names made of data, kind %s,', (kind) => {
  it('of tasks that no worker has are counted as one, and each is refused by its own name', async () => {
    await withPool('names-of-data.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      const errors = await Promise.all(Array.from({ length: 2000 }, (_, n) => failure(pool.run(`user ${n}`))));
      expect(errors.map(({ code, message }) => [code, message.includes('"user ')])).toEqual(
        new Array(2000).fill(['ERR_TASK_NOT_FOUND', true]),
      );
      expect(errors[1234]?.details).toMatchObject({ task: 'user 1234', known: ['echo', 'load'] });
      expect(await pool.run('echo', 1)).toBe(1);
      const { byTask, tasks } = pool.stats();
      expect(Object.keys(byTask)).toEqual(['echo', '(other)']);
      expect(byTask['(other)']?.failed).toBe(2000);
      expect(tasks.failed).toBe(2000);
    });
  });

  it('of tasks before a worker is ready are counted by themselves up to 250', async () => {
    await withPool('names-of-data.mjs', { kind, workers: 1 }, async (pool) => {
      const echoed = pool.run('echo', 1);
      const errors = Promise.all(Array.from({ length: 2000 }, (_, n) => failure(pool.run(`user ${n}`))));
      expect(await echoed).toBe(1);
      expect((await errors).every(({ code }) => code === 'ERR_TASK_NOT_FOUND')).toBe(true);
      const { byTask } = pool.stats();
      expect(Object.keys(byTask)).toHaveLength(251);
      expect(byTask.echo?.completed).toBe(1);
      expect(Object.values(byTask).reduce((sum, { failed }) => sum + failed, 0)).toBe(2000);
    });
  });

  it('of tasks may be those of an object, or very long', async () => {
    await withPool('names-of-data.mjs', { kind, workers: 1 }, async (pool) => {
      for (const name of ['__proto__', 'constructor', 'x'.repeat(1_000_000)]) {
        const { code, message } = await failure(pool.run(name));
        expect([code, message.length < 1000]).toEqual(['ERR_TASK_NOT_FOUND', true]);
      }
      expect(Object.getPrototypeOf(pool.stats().byTask)).toBeNull();
    });
  });

  it('of sections are counted as "(other)" beyond a hundred, and none is lost', async () => {
    const counts = new Map<string, number>();
    const listener = (message: unknown): void => {
      for (const { path, count } of (message as SectionsMessage).sections) {
        counts.set(path.join(), (counts.get(path.join()) ?? 0) + count);
      }
    };
    subscribe(CHANNELS.sections, listener);
    onTestFinished(() => void unsubscribe(CHANNELS.sections, listener));
    await withPool('names-of-data.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('load', 20_000)).toBe(20_000);
    });
    expect(counts.size).toBe(101);
    expect(counts.get('(other)')).toBe(19_900);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(20_000);
  });
});

describe.each(KINDS)('progress told faster than it can be taken, kind %s,', (kind) => {
  it('arrives as the first and the newest values, in order, before the result', async () => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      const heard: number[] = [];
      const sent = await pool.run('flood', 100_000, {
        onProgress: (value) => heard.push((value as { n: number }).n),
        progressEveryMs: 0,
      });
      expect(sent).toBe(256);
      expect(heard).toEqual([...Array(256).keys(), ...Array.from({ length: 64 }, (_, n) => 100_000 - 64 + n)]);
      expect(pool.stats().droppedProgress).toBe(100_000 - 256 - 64);
    });
  });

  it('arrives whole when its handler waits whenever progress() says so', async () => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      const heard: number[] = [];
      const onProgress = (value: unknown): unknown => heard.push((value as { n: number }).n);
      await pool.run('floodGently', 5000, { onProgress, progressEveryMs: 0 });
      expect(heard).toEqual([...Array(5000).keys()]);
      expect(pool.stats().droppedProgress).toBe(0);
    });
  });

  it('comes at most 20 times in a second by itself, with the last value', async () => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      const heardAt: number[] = [];
      let last: unknown;
      await pool.run('floodGently', 50_000, {
        onProgress: (value) => {
          heardAt.push(performance.now());
          last = value;
        },
      });
      expect(last).toMatchObject({ n: 49_999 });
      for (const from of heardAt)
        expect(heardAt.filter((at) => at >= from && at < from + 1000).length).toBeLessThan(21);
    });
  });

  it('costs nothing without a listener', async () => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('flood', 1000)).toBe(1000);
      expect(pool.stats().droppedProgress).toBe(0);
    });
  });
});

describe.each(WORKER_KINDS)('progress of large values, kind %s,', (kind) => {
  it.each([
    ['many', 5000, 100_000],
    ['few of more than a window', 40, 2_000_000],
  ])('arrives with its last value in a program whose turns are long: %s', async (_what, count, bytes) => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      const heard: number[] = [];
      let isOver = false;
      const onProgress = (value: unknown): unknown => heard.push((value as { n: number }).n);
      const told = pool
        .run('floodWithBytes', { count, bytes }, { onProgress, progressEveryMs: 0 })
        .finally(() => (isOver = true));
      // Longer than the silence after which a worker counts as one that sends nothing soon.
      while (!isOver) {
        busyFor(250);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await told).toBe('told');
      expect(heard.at(-1)).toBe(count - 1);
      expect(heard).toEqual([...heard].sort((a, b) => a - b));
      expect(heard.length + pool.stats().droppedProgress).toBe(count);
    });
  });
});
