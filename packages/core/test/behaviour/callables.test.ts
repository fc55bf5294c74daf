import type { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, KINDS, withPool } from './pools.js';

interface Squared {
  square: number;
  calls: number;
}

describe.each(KINDS)('a callable of a pool of kind %s', (kind) => {
  it('runs its task', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1 }, async (pool) => {
      const square = pool.task('square');
      expect(await square(5)).toMatchObject({ square: 25 });
      expect([square.name, square.stats()]).toMatchObject([
        'square#1',
        { label: 'square#1', task: { completed: 1, failed: 0 }, shaping: undefined, cache: undefined },
      ]);
      expect(pool.stats()).toMatchObject({ tasks: { submitted: 1 }, byTask: { 'square#1': { completed: 1 } } });
    });
  });

  it('has a cache of its own, which nothing else answers from or drops', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: { square: { cache: true } } }, async (pool) => {
      const byParity = pool.task('square', { cache: { key: (n: number) => String(n % 2) } });
      const [own, byName] = [(await byParity(1)) as Squared, (await pool.run('square', 1)) as Squared];
      expect(byName.calls).toBe(own.calls + 1);
      expect([await byParity(3), await pool.run('square', 1)]).toEqual([own, byName]);
      expect(byParity.invalidate()).toBe(1);
      expect(await pool.run('square', 1)).toEqual(byName);
      expect(await byParity(3)).toMatchObject({ square: 9, calls: byName.calls + 1 });
      expect(byParity.invalidate({ input: 5 })).toBe(1);
      expect(byParity.invalidate({ key: '1' })).toBe(0);
      expect(byParity.stats().cache).toMatchObject({ hits: 1, misses: 2 });
    });
  });

  it('has a cache although its pool has none', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1 }, async (pool) => {
      expect(pool.cache).toBeUndefined();
      const square = pool.task('square', { cache: true });
      const first = await square(4);
      expect(await square(4)).toEqual(first);
      expect(await pool.run('square', 4)).not.toEqual(first);
      expect(pool.cache?.stats().hits).toBe(1);
    });
  });

  it('without a cache of its own has that of its name', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: { square: { cache: true } } }, async (pool) => {
      const square = pool.task('square', { priority: 5 });
      const first = await pool.run('square', 4);
      expect(await square(4)).toEqual(first);
      expect(square.invalidate({ input: 4 })).toBe(1);
      expect(await pool.run('square', 4)).not.toEqual(first);
    });
  });

  it('has retries, a budget and limits of time of its own', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1 }, async (pool) => {
      const patient = pool.task('failOdd', { retry: { attempts: 2, backoff: { baseMs: 0 } } });
      const poor = pool.task('failOdd', { retry: { attempts: 20, backoff: { baseMs: 0 }, budget: 0 } });
      await failure(patient(1));
      await failure(poor(1));
      await failure(pool.run('failOdd', 1));
      // Ten tries that each budget begins with.
      expect(pool.stats().tasks).toMatchObject({ failed: 3, retried: 12 });
      expect([patient.stats().task.retriesRefused, poor.stats().task.retriesRefused]).toEqual([0, 1]);
      expect(pool.stats().byTask['failOdd']).toMatchObject({ failed: 1 });
    });
  });

  it('shares with its name what it does not set', async () => {
    const tasks = {
      failOdd: { retry: { attempts: 20, backoff: { baseMs: 0 }, budget: 0 } },
      square: { debounce: { waitMs: 1e8 } },
    };
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks }, async (pool) => {
      const [first, second] = [pool.task('failOdd', { priority: 1 }), pool.task('failOdd', { timeoutMs: 60_000 })];
      for (const call of [first, second]) await failure(call(1));
      await failure(pool.run('failOdd', 1));
      // The ten tries that a budget begins with, for all three.
      expect(pool.stats().tasks).toMatchObject({ failed: 3, retried: 10 });
      const square = pool.task('square', { priority: 1 });
      const waiting = [square(1), pool.run('square', 2)];
      square.flush();
      expect(await Promise.all(waiting)).toMatchObject([{ square: 4 }, { square: 4 }]);
      expect(square.stats().shaping).toEqual(pool.stats().shaping?.['square']);
    });
  });

  it('has options for all its calls by with(), and those of one call over them', async () => {
    await withGate((gate) =>
      withPool('counts-calls.mjs', { kind, workers: 1, tasks: { square: { cache: true } } }, async (pool) => {
        const square = pool.task('square', { cache: true });
        const anew = square.with({ cache: { refresh: true } });
        const [first, second] = [(await square(4)) as Squared, (await anew(4)) as Squared];
        expect(second.calls).toBe(first.calls + 1);
        expect(await square(4)).toEqual(second);
        expect(await anew(4, { cache: false })).toMatchObject({ calls: second.calls + 1 });
        expect(anew.stats()).toEqual(square.stats());
        const abort = new AbortController();
        const wait = pool.task('wait').with({ signal: abort.signal }).with({ priority: 3 });
        const waiting = failure(wait({ port: gate.port, name: 'a' }));
        await gate.whenArrived('a');
        abort.abort(new Error('gone'));
        expect((await waiting).message).toBe('gone');
        gate.pass('a');
      }),
    );
  });

  it('is shaped by itself', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1 }, async (pool) => {
      const square = pool.task('square', { debounce: { waitMs: 1e8 } });
      const other = pool.task('square', { debounce: { waitMs: 1e8 } });
      const [first, last, apart] = [square(1), square(2), other(3)];
      expect(await pool.run('square', 5)).toMatchObject({ square: 25 });
      square.flush();
      expect(await Promise.all([first, last])).toMatchObject([{ square: 4 }, { square: 4 }]);
      expect([square.stats().shaping, other.stats().shaping]).toMatchObject([
        { ran: 1, superseded: 1 },
        { calls: 1, ran: 0 },
      ]);
      other.flush();
      expect(await apart).toMatchObject({ square: 9 });
    });
  });

  it('has a circuit breaker of its own, by its own key', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: { failOdd: { breaker: {} } } }, async (pool) => {
      const events: string[] = [];
      pool.on('breaker:open', ({ task, key }) => events.push(`${task} ${key}`));
      const strict = pool.task('failOdd', {
        breaker: { consecutive: 1, key: (n: number) => (n < 10 ? 'low' : 'high'), fallback: (_, n) => `no ${n}` },
      });
      await failure(strict(1));
      expect([strict.breaker('low').state, strict.breaker('high').state]).toEqual(['open', 'closed']);
      expect(await strict(2)).toBe('no 2');
      expect(await strict(12)).toBe(12);
      // Its name knows nothing of that.
      expect([await pool.run('failOdd', 2), pool.breaker('failOdd').state]).toEqual([2, 'closed']);
      pool.breaker('failOdd').isolate();
      expect(await strict(14)).toBe(14);
      strict.breaker('low').reset();
      expect(await strict(4)).toBe(4);
      expect(events).toEqual(['failOdd#1 low', 'failOdd undefined']);
      expect(strict.stats().task.breaker).toMatchObject({ keys: 2, notClosed: 0, opened: 1, refused: 1 });
    });
  });

  it('may have no circuit breaker, or that of its name', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: { failOdd: { breaker: {} } } }, async (pool) => {
      const free = pool.task('failOdd', { breaker: false });
      const shared = pool.task('failOdd', { priority: 1 });
      shared.breaker().isolate();
      expect(pool.breaker('failOdd').state).toBe('isolated');
      expect(await failure(shared(2))).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
      expect(await free(2)).toBe(2);
      expect(() => free.breaker()).toThrow(/Option "task\("failOdd"\)\.breaker" is not set/);
    });
  });

  it('shares the limits of its name that it does not set', async () => {
    const rateLimit = { calls: 3, perMs: 1e8, when: 'reject' } as const;
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: { square: { rateLimit } } }, async (pool) => {
      const square = pool.task('square', { concurrency: 2 });
      const own = pool.task('square', { rateLimit: { calls: 1, perMs: 1e8, when: 'reject' } });
      await Promise.all([square(1), pool.run('square', 2), square(3)]);
      for (const call of [square(4), pool.run('square', 5)]) {
        expect(await failure(call)).toMatchObject({ code: 'ERR_RATE_LIMITED' });
      }
      expect(await own(6)).toMatchObject({ square: 36 });
      expect(await failure(own(7))).toMatchObject({ code: 'ERR_RATE_LIMITED' });
    });
  });

  it('of a batch handler gathers its own items, and flushes them', async () => {
    await withPool('batches.mjs', { kind, workers: 1 }, async (pool) => {
      const early = pool.task('double');
      await pool.run('seen');
      const pairs = pool.task('double', { batch: { maxSize: 2 } });
      expect(await Promise.all([1, 2, 3, 4].map((n) => early(n)))).toEqual([2, 4, 6, 8]);
      expect(await Promise.all([5, 6, 7, 8].map((n) => pairs(n)))).toEqual([10, 12, 14, 16]);
      const [byName, own] = [pool.run('double', 9), early(10)];
      early.flush();
      expect(await own).toBe(20);
      pool.flush('double');
      expect(await byName).toBe(18);
      expect(await pool.run('seen')).toEqual([[1, 2, 3, 4], [5, 6], [7, 8], [10], [9]]);
      expect(pairs.stats().task.batch).toMatchObject({ batches: 2, items: 4 });
      const last = early(11);
      await pool.close();
      expect(await last).toBe(22);
    });
  });

  it('says which of its options is wrong', async () => {
    const tasks = { failOdd: { idempotent: true } };
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks }, async (pool) => {
      const refusal = (call: () => unknown): unknown => {
        try {
          return call();
        } catch (error) {
          return (error as { code: string; details: { option: string } }).details.option;
        }
      };
      expect(refusal(() => pool.task('square', { retries: 1 } as never))).toBe('task("square").retries');
      expect(refusal(() => pool.task('', {}))).toBe('name');
      expect(refusal(() => pool.task('square', { debounce: { waitMs: -1 } }))).toBe('task("square").debounce');
      expect(refusal(() => pool.task('square', { hedge: {} }))).toBe('task("square").hedge');
      expect(refusal(() => pool.task('square', { breaker: { slowShare: 1 } }))).toBe(
        'task("square").breaker.slowShare',
      );
      expect(refusal(() => pool.task('square', { batch: { size: 5, maxSize: 2 } }))).toBe('task("square").batch.size');
      pool.task('failOdd', { hedge: { after: 5 } });
      pool.task('square', { label: 'own' });
      expect(refusal(() => pool.task('square', { label: 'own' }))).toBe('task("square").label');
      expect(refusal(() => pool.task('square')(1, { timeout: 5 } as never))).toBe('timeout');
      expect(refusal(() => pool.task('square').with({ timeoutMs: 0 }))).toBe('timeoutMs');
      const throwing = pool.task('square', { debounce: { waitMs: 1, key: () => NaN } });
      expect(await failure(throwing(1))).toMatchObject({ details: { option: 'task("square").debounce.key' } });
      const unkeyed = pool.task('square', { cache: { key: () => 5 as never } });
      expect(await failure(unkeyed(1))).toMatchObject({ details: { option: 'task("square").cache.key' } });
      const absent = pool.task('absent');
      expect(await failure(absent())).toMatchObject({ code: 'ERR_TASK_NOT_FOUND', details: { task: 'absent' } });
    });
  });

  it('is one of at most 250', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool: Pool) => {
      const echo = pool.task('echo');
      for (let n = 2; n <= 250; n++) pool.task('echo');
      expect(() => pool.task('echo')).toThrow(/number 251 of this pool\. Make one, and use with\(\)/);
      // Options of calls make no further one.
      for (let n = 0; n < 1000; n++) echo.with({ priority: 1 });
      expect(await echo('still')).toBe('still');
    });
  });

  it('ends with its pool', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const echo = pool.task('echo', { cache: true, debounce: { waitMs: 1e8 } });
      const last = echo('last');
      await pool.close();
      expect(await last).toBe('last');
      expect(await failure(echo('late'))).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
  });
});

describe('a callable whose results outlive the program', () => {
  it('needs a label, by which they are found', async () => {
    const store = { get: () => undefined, set() {}, delete() {}, clear() {} };
    await withPool('echo.mjs', { kind: 'inline', cache: { store } }, async (pool) => {
      expect(() => pool.task('echo', { cache: true })).toThrow(/"task\("echo"\)\.label" must be given/);
      expect(await pool.task('echo', { cache: true, label: 'kept' })('a')).toBe('a');
      expect(await pool.task('echo', { priority: 1 })('a')).toBe('a');
    });
  });
});
