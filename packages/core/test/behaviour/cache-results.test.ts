import { channel } from 'node:diagnostics_channel';
import {
  type CacheMessage,
  CHANNELS,
  type Pool,
  type PoolKind,
  type PoolOptions,
  type TaskCacheOptions,
} from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';

interface Value {
  n: number;
  list: number[];
}

/** A pool whose tasks are all cached in the same way, except `count` and `spend`. */
function withCached(
  kind: PoolKind,
  cache: TaskCacheOptions<unknown>,
  body: (pool: Pool) => Promise<void>,
  options: PoolOptions['cache'] = {},
): Promise<void> {
  const names = ['value', 'nothing', 'fail'];
  const tasks = Object.fromEntries(names.map((name) => [name, { cache }]));
  return withPool('gives-values.mjs', { kind, workers: 1, tasks, cache: options }, body);
}

describe.each(KINDS)('cached results, kind %s,', (kind) => {
  it('cannot be changed by one caller for another', async () => {
    await withCached(kind, {}, async (pool) => {
      const results = (await Promise.all([pool.run('value', 1), pool.run('value', 1)])) as Value[];
      const [first] = structuredClone(results);
      for (const result of results) {
        result.n = 99;
        result.list.push(99);
      }
      expect(await pool.run('value', 1)).toEqual(first);
      (pool.cache?.get('value', 1) as Value).list.length = 0;
      expect(await pool.run('value', 1)).toEqual(first);
    });
  });

  it('may be one frozen object for all', async () => {
    await withCached(kind, { share: 'frozen' }, async (pool) => {
      const results = [
        ...(await Promise.all([pool.run('value', 1), pool.run('value', 1)])),
        await pool.run('value', 1),
      ];
      expect([new Set(results).size, Object.isFrozen((results[0] as Value).list)]).toEqual([1, true]);
    });
  });

  it('may be undefined', async () => {
    await withCached(kind, {}, async (pool) => {
      const before = await pool.run('count');
      expect([await pool.run('nothing', 1), await pool.run('nothing', 1)]).toEqual([undefined, undefined]);
      expect(await pool.run('count')).toBe((before as number) + 1);
      expect(pool.cache?.has('nothing', 1)).toBe(true);
    });
  });

  it('answer after their time while one execution computes the new one', async () => {
    await withCached(kind, { ttlMs: 1, staleWhileRevalidateMs: 60_000 }, async (pool) => {
      const { n } = (await pool.run('value', 1)) as Value;
      await pool.run('spend', 3);
      expect(await pool.run('value', 1)).toMatchObject({ n });
      await pool.idle();
      // The cache learns of a result after the pool.
      await new Promise((resolve) => setImmediate(resolve));
      expect(pool.cache?.stats()).toMatchObject({ misses: 1, hits: 1, stale: 1, refreshes: 1 });
      expect(await pool.run('value', 1)).toMatchObject({ n: n + 1 });
    });
  });

  it('stand in for an execution that fails', async () => {
    await withCached(kind, { ttlMs: 1, staleIfErrorMs: 60_000 }, async (pool) => {
      pool.cache?.set('fail', 1, 'old');
      await pool.run('spend', 3);
      expect([await pool.run('fail', 1), await pool.run('fail', 1)]).toEqual(['old', 'old']);
      expect(pool.stats()).toMatchObject({ tasks: { failed: 2 }, cache: { misses: 2, stale: 2 } });
    });
  });

  it('may be failures, which reach each caller as errors of its own', async () => {
    const on = (error: unknown): boolean => (error as { status: number }).status === 404;
    await withCached(kind, { failures: { ttlMs: 60_000, on } }, async (pool) => {
      const errors = [await failure(pool.run('fail', 404)), await failure(pool.run('fail', 404))];
      expect(errors[1]).toMatchObject({ name: 'RangeError', message: errors[0]?.message, status: 404 });
      expect(errors[1]).not.toBe(errors[0]);
      const others = [await failure(pool.run('fail', 500)), await failure(pool.run('fail', 500))];
      expect(others[1]?.message).not.toBe(others[0]?.message);
      expect(pool.stats()).toMatchObject({ tasks: { failed: 3 }, cache: { hits: 1, misses: 3, entries: 1 } });
    });
  });

  it('of one failure reach all that wait for it, and it counts once', async () => {
    await withCached(kind, {}, async (pool) => {
      const calls = [1, 2, 3].map(() => failure(pool.run('fail', 500)));
      const messages = (await Promise.all(calls)).map(({ message }) => message);
      expect(new Set(messages).size).toBe(1);
      expect(pool.stats()).toMatchObject({ tasks: { submitted: 1, failed: 1 }, cache: { misses: 1, coalesced: 2 } });
    });
  });

  it('are given, found and dropped by the program', async () => {
    const cache = { key: String, tags: (input: unknown) => [`tag ${String(input)}`] };
    await withCached(kind, cache, async (pool) => {
      const results = pool.cache as NonNullable<Pool['cache']>;
      const items = ['a:1', 'a:2', 'b:1', 'b:2'].map((input) => ({ task: 'value', input, value: input }));
      expect(results.load(items)).toBe(4);
      expect([await pool.run('value', 'a:1'), results.peek('value', 'b:1')]).toEqual(['a:1', 'b:1']);
      expect([results.invalidate({ tag: 'tag a:1' }), results.invalidate({ task: 'value', match: '*:2' })]).toEqual([
        1, 2,
      ]);
      expect([results.delete('value', 'b:1'), results.delete('value', 'b:1')]).toEqual([true, false]);
      const tagged = { cache: { tags: ['today'], ttlMs: 60_000 } };
      const computed = await pool.run('value', 'c', tagged);
      expect(await pool.run('value', 'c')).toEqual(computed);
      expect(await pool.run('value', 'c', { cache: { refresh: true } })).not.toEqual(computed);
      await pool.run('value', 'd', tagged);
      expect(results.invalidate({ tag: 'today' })).toBe(1);
    });
  });

  it('stay in reach while the program holds them, if the pool says so', async () => {
    await withCached(
      kind,
      { share: 'frozen' },
      async (pool) => {
        const held = await pool.run('value', 1);
        await pool.run('value', 2);
        expect(await pool.run('value', 1)).toBe(held);
        expect(pool.cache?.stats()).toMatchObject({ entries: 1, hits: 1, misses: 2 });
      },
      { max: 1, weak: true },
    );
  });

  it('tell of themselves on a channel', async () => {
    await withCached(kind, { key: String }, async (pool) => {
      const heard: string[] = [];
      const listen = (message: unknown): void => {
        const { pool: from, task, key, what } = message as CacheMessage;
        if (from === pool) heard.push(`${what} ${task} ${key}`);
      };
      channel(CHANNELS.cache).subscribe(listen);
      try {
        await pool.run('value', 1);
        await pool.run('value', 1);
        pool.cache?.clear();
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        channel(CHANNELS.cache).unsubscribe(listen);
      }
      expect(heard).toEqual(['miss', 'kept', 'hit', 'evicted'].map((what) => `${what} value 1`));
    });
  });
});
