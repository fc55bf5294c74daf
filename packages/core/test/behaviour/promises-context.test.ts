import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { KINDS, withPool } from './pools.js';

const FIXTURE = 'keeps-promises.mjs';
const storage = new AsyncLocalStorage<string>();

describe.each(KINDS)('an async context, kind %s,', (kind) => {
  describe.each([1, 4])('%i at once,', (concurrency) => {
    it.each(['enter', 'enterAsync'])('that a handler enters (%s) is seen by no other task', async (enter) => {
      await withPool(FIXTURE, { kind, workers: 1, concurrency, prefetch: 20 }, async (pool) => {
        await pool.ready();
        const seen: Promise<unknown>[] = [];
        for (let n = 0; n < 10; n++) {
          void pool.run(enter, `context ${n}`);
          seen.push(pool.run('stored'), pool.run('storedLater'));
        }
        expect(await Promise.all(seen)).toEqual(seen.map(() => 'undefined'));
        await pool.idle();
        expect(await pool.run('stored')).toBe('undefined');
        expect(await pool.run('storedLater')).toBe('undefined');
      });
    });

    it('that a handler runs in holds in its sections and after its progress', async () => {
      await withPool(FIXTURE, { kind, workers: 1, concurrency }, async (pool) => {
        const results = await Promise.all(['a', 'b', 'c', 'd'].map((name) => pool.run('around', name)));
        expect(results).toEqual(['a', 'b', 'c', 'd'].map((name) => [name, name, name]));
      });
    });
  });

  it('of the caller is that of its onProgress and its retry.on', async () => {
    await withPool(FIXTURE, { kind, workers: 1, concurrency: 4 }, async (pool) => {
      await pool.ready();
      const seen = new Map<string, (string | undefined)[]>();
      const call = (caller: string): Promise<unknown> =>
        storage.run(caller, () => {
          const stores: (string | undefined)[] = [];
          seen.set(caller, stores);
          const look = (): true => {
            stores.push(storage.getStore());
            return true;
          };
          return pool.run('failOnce', undefined, {
            retry: { attempts: 1, backoff: { baseMs: 1 }, on: look },
            onProgress: look,
          });
        });
      const callers = ['first', 'second', 'third'];
      expect(await Promise.all(callers.map(call))).toEqual(callers.map(() => 'at last'));
      for (const caller of callers) expect(new Set(seen.get(caller))).toEqual(new Set([caller]));
    });
  });

  it('of the caller is that of the key of its cache', async () => {
    const stores: (string | undefined)[] = [];
    const key = (input: unknown): string => {
      stores.push(storage.getStore());
      return String(input);
    };
    await withPool(FIXTURE, { kind, workers: 1, tasks: { echo: { cache: { key } } } }, async (pool) => {
      const callers = ['first', 'second', 'first'];
      const results = callers.map((caller) => storage.run(caller, () => pool.run('echo', caller)));
      expect(await Promise.all(results)).toEqual(callers);
      expect(new Set(stores)).toEqual(new Set(callers));
    });
  });

  it('of the caller holds after its await, with other callers beside it', async () => {
    await withPool(FIXTURE, { kind, workers: 1 }, async (pool) => {
      const callers = Array.from({ length: 20 }, (_, n) => `caller ${n}`);
      const after = callers.map((caller) =>
        storage.run(caller, async () => {
          await pool.run('echo', caller);
          return storage.getStore();
        }),
      );
      expect(await Promise.all(after)).toEqual(callers);
    });
  });
});
