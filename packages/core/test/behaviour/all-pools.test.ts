import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { closeAll, Pool, pools } from '@millpond/core';
import { afterEach, describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, fixture, KINDS, withPool } from './pools.js';

afterEach(async () => {
  for (const pool of pools()) await pool.destroy();
});

describe.each(KINDS)('pools() and closeAll(), kind %s:', (kind) => {
  it('a pool is listed from its construction until it is closed', async () => {
    const made = [1, 2].map(() => new Pool(fixture('echo.mjs'), { kind, workers: 1 }));
    expect(pools()).toEqual(made);
    await made[0]?.close();
    expect(pools()).toEqual([made[1]]);
    await made[1]?.destroy();
    expect(pools()).toEqual([]);
  });

  it('all of them finish their tasks and close', async () => {
    const made = [1, 2, 3].map(() => new Pool(fixture('echo.mjs'), { kind, workers: 1 }));
    const results = made.map((pool, n) => pool.run('echo', n));
    await closeAll();
    expect(await Promise.all(results)).toEqual([0, 1, 2]);
    expect(made.map((pool) => pool.stats().state)).toEqual(['closed', 'closed', 'closed']);
    expect(pools()).toEqual([]);
  });

  it('tasks that take longer than timeoutMs are rejected', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, graceMs: 0 }, async (pool) => {
        const result = failure(pool.run('wait', { port: gate.port, name: 'a' }));
        await gate.whenArrived('a');
        await closeAll({ timeoutMs: 1 });
        expect((await result)['code']).toBe('ERR_POOL_CLOSED');
        // An inline handler runs on.
        gate.pass('a');
        expect(pool.stats().state).toBe('closed');
      }),
    );
  });
});

describe('closeAll()', () => {
  it('refuses wrong options, and closes nothing then', async () => {
    await withPool('echo.mjs', { kind: 'thread', workers: 1 }, async (pool) => {
      expect(() => closeAll({ timeoutMs: -1 })).toThrow(/"timeoutMs" must be/);
      expect(await pool.run('echo', 5)).toBe(5);
    });
  });

  it('waits for pools that are closing already, and for those that have failed', async () => {
    await withGate(async (gate) => {
      const closing = new Pool(fixture('waits-at-gate.mjs'), { kind: 'thread', workers: 1 });
      const failed = new Pool(fixture('throws-at-load.mjs'), { kind: 'thread', workers: 1, stdio: 'ignore' });
      await failure(failed.ready());
      const result = closing.run('wait', { port: gate.port, name: 'a' });
      await gate.whenArrived('a');
      const first = closing.close();
      expect(pools()).toEqual([closing, failed]);
      const all = closeAll();
      gate.pass('a');
      await all;
      expect([await result, await first]).toEqual(['passed', undefined]);
      expect([closing, failed].map((pool) => pool.stats().state)).toEqual(['closed', 'closed']);
    });
  });

  it('closes the others where one cannot be closed, and says so', async () => {
    const refs = (globalThis as unknown as Record<symbol, Set<WeakRef<object>>>)[Symbol.for('millpond.open-pools.1')];
    // Of another version of this library.
    const odd = {
      close() {
        throw new RangeError('unknown option');
      },
    };
    const ref = new WeakRef(odd);
    refs?.add(ref);
    const pool = new Pool(fixture('echo.mjs'), { kind: 'thread', workers: 1 });
    const error = await failure(closeAll());
    refs?.delete(ref);
    expect([error.message, pool.stats().state, odd.close.name]).toEqual(['unknown option', 'closed', 'close']);
  });

  it('leaves a pool open that is made meanwhile', async () => {
    const first = new Pool(fixture('echo.mjs'), { kind: 'thread', workers: 1 });
    const closed = closeAll();
    const second = new Pool(fixture('echo.mjs'), { kind: 'thread', workers: 1 });
    await closed;
    expect([first, second].map((pool) => pool.stats().state)).toEqual(['closed', 'open']);
    expect(await second.run('echo', 1)).toBe(1);
  });

  it('without any pool is done', async () => {
    await closeAll();
  });
});

describe('pools()', () => {
  it('does not keep a pool alive', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const collected = new Promise<string>((resolve) => {
      const registry = new FinalizationRegistry(resolve);
      (globalThis as { kept?: unknown }).kept = registry;
      // Without a worker, nothing but the list might hold it.
      registry.register(new Pool(fixture('echo.mjs'), { workers: { min: 0, max: 1 } }), 'the pool');
    });
    expect(pools()).toHaveLength(1);
    let found: string | undefined;
    void collected.then((name) => (found = name));
    while (found === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    expect([found, pools()]).toEqual(['the pool', []]);
  });

  it('in a worker lists those of the worker', async () => {
    await withPool('lists-pools.mjs', { kind: 'process', workers: 1 }, async (pool) => {
      expect([await pool.run('countPools'), pools().length]).toEqual([0, 1]);
    });
  });
});
