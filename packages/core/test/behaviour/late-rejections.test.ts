import type { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';

async function drained(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

describe.each(KINDS)('promises that nothing waits for end no worker of kind %s when they reject:', (kind) => {
  const withWorker = async (body: (pool: Pool) => Promise<void>, promises: number): Promise<void> => {
    await withPool('rejects-late.mjs', { kind, workers: 1, concurrency: 4 }, async (pool) => {
      await body(pool);
      // Inline, an unhandled rejection would fail this file.
      expect(await pool.run('rejectAll')).toBe(promises);
      expect(await pool.run('echo', 'here')).toBe('here');
      expect(pool.stats().tasks).toMatchObject({ crashed: 0 });
    });
  };

  it.each([
    ['too many', 2],
    ['a promise of too many', 2],
    ['no list', 1],
    ['a list that cannot be read', 2],
  ])('those of a refused list of a batch handler: %s', async (how, promises) => {
    await withWorker(async (pool) => {
      expect(await failure(pool.run('refused', how))).toMatchObject({ code: 'ERR_BATCH_RESULTS' });
    }, promises);
  });

  it.each([
    ['a list', 2],
    ['an object', 2],
    ['an object with a hostile part', 1],
  ])('those in %s that cannot be sent', async (how, promises) => {
    await withWorker(async (pool) => {
      expect(await failure(pool.run('unsent', how))).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
    }, promises);
  });

  it('one that a generator returns', async () => {
    await withWorker(async (pool) => {
      expect(await drained(pool.stream('values', 'as its return value'))).toEqual([1]);
    }, 1);
  });

  it('one in a value of a stream', async () => {
    await withWorker(async (pool) => {
      expect(await failure(drained(pool.stream('values', 'in a value')))).toMatchObject({
        code: 'ERR_NOT_SERIALIZABLE',
      });
    }, 1);
  });

  it('those in a list where a stream was asked for', async () => {
    await withWorker(async (pool) => {
      expect(await failure(drained(pool.stream('noStream')))).toMatchObject({ name: 'TypeError' });
    }, 2);
  });
});
