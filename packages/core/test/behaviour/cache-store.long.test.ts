import { copyFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CacheStore, Pool, type PoolOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { fixture, KINDS, withPool } from './pools.js';
import { withFolder } from './temp.js';

const hasSqlite = process.getBuiltinModule('node:sqlite') !== undefined;

const STORES: [string, (folder: string) => NonNullable<NonNullable<PoolOptions['cache']>['store']>][] = [
  ['files', (folder) => ({ folder: join(folder, 'results') })],
];
if (hasSqlite) STORES.push(['SQLite', (folder) => ({ sqlite: join(folder, 'results.db') })]);

const TASKS = { value: { cache: true }, map: { cache: true } };

describe.each(KINDS)('results in a store, kind %s,', (kind) => {
  const options = (cache: PoolOptions['cache']): PoolOptions => ({
    kind,
    workers: 1,
    tasks: TASKS,
    ...(cache && { cache }),
  });

  it.each(STORES)('in %s outlive their pool', async (_, storeIn) => {
    await withFolder(async (folder) => {
      const store = storeIn(folder);
      let first: unknown;
      await withPool('gives-values.mjs', options({ store }), async (pool) => {
        first = await pool.run('value', { id: 1 });
      });
      await withPool('gives-values.mjs', options({ store }), async (pool) => {
        const calls = [pool.run('value', { id: 1 }), pool.run('value', { id: 1 })];
        expect(await Promise.all(calls)).toEqual([first, first]);
        expect(pool.stats()).toMatchObject({
          tasks: { submitted: 0 },
          cache: { hits: 2, misses: 0, store: { hits: 1, failures: 0 } },
        });
        pool.cache?.delete('value', { id: 1 });
        await pool.run('value', { id: 1 });
        expect(pool.stats().tasks.submitted).toBe(1);
      });
    });
  });

  it.each(STORES)('in %s are not those of other code', async (_, storeIn) => {
    await withFolder(async (folder) => {
      const worker = join(folder, 'worker.mjs');
      copyFileSync(fixture('gives-values.mjs'), worker);
      const submitted = async (cache: PoolOptions['cache']): Promise<number> => {
        const pool = new Pool(worker, options(cache));
        await pool.run('value', 1);
        await pool.close();
        return pool.stats().tasks.submitted;
      };
      const store = storeIn(folder);
      expect([await submitted({ store }), await submitted({ store })]).toEqual([1, 0]);
      expect([await submitted({ store, version: '2' }), await submitted({ store, version: '2' })]).toEqual([1, 0]);
      writeFileSync(worker, `${readFileSync(worker, 'utf8')}\n// changed\n`);
      expect([await submitted({ store }), await submitted({ store, version: '2' })]).toEqual([1, 0]);
    });
  });

  it.each(STORES)('in %s are there at the start of the next pool, if it says so', async (_, storeIn) => {
    await withFolder(async (folder) => {
      const store = storeIn(folder);
      await withPool('gives-values.mjs', options({ store }), async (pool) => {
        for (let input = 0; input < 3; input++) await pool.run('value', input);
      });
      await withPool('gives-values.mjs', options({ store, warm: 'store' }), async (pool) => {
        await pool.ready();
        expect(pool.stats().cache).toMatchObject({ entries: 3, hits: 0 });
        expect(pool.cache?.has('value', 2)).toBe(true);
      });
    });
  });

  it('are none where their files were cut short, and those of a Map stay in memory', async () => {
    await withFolder(async (folder) => {
      const store = { folder };
      await withPool('gives-values.mjs', options({ store }), async (pool) => {
        await pool.run('value', 1);
        await pool.run('map', 1);
        expect(pool.stats().cache?.store).toMatchObject({ writes: 1, unstored: 1, failures: 0 });
      });
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
      for (const { parentPath, name } of files) truncateSync(join(parentPath, name), 50);
      await withPool('gives-values.mjs', options({ store }), async (pool) => {
        await pool.run('value', 1);
        expect(pool.stats()).toMatchObject({ tasks: { submitted: 1 }, cache: { misses: 1, store: { failures: 0 } } });
      });
    });
  });

  it.each<[string, () => unknown]>([
    ['fails', () => Promise.reject(new Error('disk full'))],
    ['throws', () => { throw new Error('disk full'); }], // prettier-ignore
    ['never answers', () => new Promise(() => {})],
  ])('cost no call its result where the store %s', async (_, fail) => {
    const store = { get: fail, set: fail, delete: fail, clear: fail, close: fail } as CacheStore;
    await withPool('gives-values.mjs', options({ store, warm: 'store' }), async (pool) => {
      await pool.ready();
      const first = await pool.run('value', 1);
      expect(await pool.run('value', 1)).toEqual(first);
      pool.cache?.delete('value', 1);
      pool.cache?.invalidate({ task: 'value' });
      pool.cache?.clear();
      expect(await pool.run('value', 1)).not.toEqual(first);
      expect(pool.stats()).toMatchObject({ tasks: { submitted: 2, completed: 2 } });
      expect(pool.stats().cache?.store?.failures).toBeGreaterThan(0);
    });
  });
});
