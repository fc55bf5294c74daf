import { channel } from 'node:diagnostics_channel';
import { CHANNELS, type Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { KINDS, withPool } from './pools.js';

/** The uncaught exceptions of the program while `body` runs, in the place of the test runner's own listeners. */
async function uncaughtIn(body: () => Promise<void>): Promise<string[]> {
  const heard: string[] = [];
  const hear = (error: Error): void => void heard.push(error.message);
  const own = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', hear);
  try {
    await body();
    await new Promise((resolve) => setImmediate(resolve));
    return heard;
  } finally {
    process.off('uncaughtException', hear);
    for (const listener of own) process.on('uncaughtException', listener);
  }
}

function throwing(what: string): () => never {
  return () => {
    throw new Error(what);
  };
}

const report = (pool: Pool, onProgress?: () => void): Promise<unknown> =>
  pool.run('report', 'value', onProgress === undefined ? {} : { onProgress });

describe.each(KINDS)('what the callbacks of a program throw, kind %s,', (kind) => {
  it('is uncaught, and neither the task nor the pool minds', async () => {
    await withPool('warms-up.mjs', { kind, workers: 1 }, async (pool) => {
      const called: string[] = [];
      pool.on('worker:ready', throwing('event'));
      pool.on('worker:ready', () => called.push('later listener of the event'));
      const [first, second] = [throwing('channel'), () => called.push('later listener of the channel')];
      const tasks = channel(CHANNELS.task);
      tasks.subscribe(first);
      tasks.subscribe(second);
      const uncaught = await uncaughtIn(async () => {
        await pool.ready();
        await report(pool, throwing('progress'));
      });
      tasks.unsubscribe(first);
      tasks.unsubscribe(second);
      expect(uncaught.toSorted()).toEqual(['channel', 'event', 'progress']);
      expect(called).toEqual(['later listener of the channel']);
      await report(pool);
      expect(pool.stats().tasks).toMatchObject({ completed: 2, failed: 0 });
    });
  });
});

describe('resize() of an inline pool', () => {
  it('changes nothing, and refuses wrong values all the same', async () => {
    await withPool('warms-up.mjs', { kind: 'inline' }, async (pool) => {
      pool.resize({ min: 2, max: 8, spare: 1 });
      expect(pool.stats().sizing).toMatchObject({ workers: 1, min: 1, max: 1, reason: 'inline' });
      expect(() => pool.resize(-1)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
      await report(pool);
      expect(pool.stats().workerList).toHaveLength(1);
    });
  });
});
