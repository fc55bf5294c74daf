import type { Pool, RunOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { type Gate, withGate } from './gate.js';
import { failure, KINDS, withPool, WORKER_KINDS } from './pools.js';

type Wait = (name: string, options?: RunOptions) => Promise<unknown>;

/** A pool of one worker whose handlers wait at a gate. */
function withGatedPool(
  options: Parameters<typeof withPool>[1],
  body: (pool: Pool, gate: Gate, wait: Wait) => Promise<void>,
): Promise<void> {
  return withGate((gate) =>
    withPool('fails-at-gate.mjs', { workers: 1, concurrency: 1, ...options }, (pool) =>
      body(pool, gate, (name, own) => pool.run('wait', { port: gate.port, name }, own)),
    ),
  );
}

const DROPPED = { name: 'PoolError', code: 'ERR_TASK_DROPPED' };

describe.each(KINDS)('close({ drop: "queued" }) of a pool of kind %s', (kind) => {
  it('finishes what has begun, and rejects what waits at once', async () => {
    await withGatedPool({ kind, prefetch: 0 }, async (pool, gate, wait) => {
      const running = wait('running');
      await gate.whenArrived('running');
      const waiting = ['b', 'c'].map((name) => failure(wait(name)));
      const closed = pool.close({ drop: 'queued' });
      for (const error of await Promise.all(waiting)) {
        expect(error).toMatchObject({
          ...DROPPED,
          details: { task: 'wait', pool: 'fails-at-gate', by: 'close', starts: 0 },
          message:
            'Task "wait" was dropped while it waited: close() of pool "fails-at-gate" was called with drop: "queued". ' +
            'Its handler was not called.',
        });
      }
      expect(pool.stats()).toMatchObject({ state: 'closing', tasks: { queued: 0, dispatched: 1 } });
      expect(await failure(wait('late'))).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      gate.pass('running');
      expect(await running).toBe('passed');
      await closed;
      expect(gate.arrived).toEqual(['running']);
      expect(pool.stats().tasks).toMatchObject({ completed: 1, failed: 2 });
    });
  });

  it('rejects what a pause held back', async () => {
    await withGatedPool({ kind }, async (pool, gate, wait) => {
      await pool.ready();
      pool.pause();
      const waiting = failure(wait('held'));
      await pool.close({ drop: 'queued' });
      expect(await waiting).toMatchObject(DROPPED);
      expect(gate.arrived).toEqual([]);
    });
  });

  it('rejects a task between two tries, with the failure of the last one', async () => {
    await withGatedPool({ kind }, async (pool) => {
      let sawFailure: (() => void) | undefined;
      const failed = new Promise<void>((resolve) => (sawFailure = resolve));
      const on = (): boolean => {
        sawFailure?.();
        return true;
      };
      const error = failure(pool.run('askFor', 30_000, { retry: { attempts: 3, on } }));
      await failed;
      await pool.close({ drop: 'queued' });
      expect(await error).toMatchObject({
        ...DROPPED,
        details: { starts: 1 },
        cause: { message: 'too busy', retryAfterMs: 30_000 },
      });
      expect((await error).message).toMatch('Its handler had been called 1 time before.');
    });
  });

  it('gives no further try to a task that fails afterwards', async () => {
    await withGatedPool({ kind }, async (pool, gate) => {
      const retry = { attempts: 5, backoff: { baseMs: 60_000, maxMs: 60_000 } };
      const running = failure(pool.run('failAt', { port: gate.port, name: 'a' }, { retry }));
      await gate.whenArrived('a');
      const closed = pool.close({ drop: 'queued' });
      gate.pass('a', 'a late failure');
      await closed;
      expect(await running).toMatchObject({ message: 'a late failure' });
      expect(pool.stats().tasks).toMatchObject({ failed: 1, retried: 0 });
    });
  });

  it('may follow a close that waits for everything, and be called again', async () => {
    await withGatedPool({ kind, prefetch: 0 }, async (pool, gate, wait) => {
      const running = wait('running');
      await gate.whenArrived('running');
      const waiting = failure(wait('waiting'));
      const closes = [pool.close(), pool.close({ drop: 'queued' }), pool.close({ drop: 'queued', timeoutMs: 60_000 })];
      expect(await waiting).toMatchObject(DROPPED);
      gate.pass('running');
      await Promise.all(closes);
      expect(await running).toBe('passed');
      await pool.close({ drop: 'queued' });
      expect(pool.stats().state).toBe('closed');
    });
  });

  it('rejects callers who wait for room', async () => {
    await withGatedPool({ kind, prefetch: 0, queue: { max: 1 } }, async (pool, gate, wait) => {
      const running = wait('running');
      await gate.whenArrived('running');
      const waiting = failure(wait('waiting'));
      const room = failure(pool.room());
      const closed = pool.close({ drop: 'queued' });
      expect([await waiting, await room]).toMatchObject([DROPPED, { code: 'ERR_POOL_CLOSED' }]);
      gate.pass('running');
      await closed;
      expect(await running).toBe('passed');
    });
  });

  it('ends map and mapSettled after the tasks under way', async () => {
    await withGatedPool({ kind, prefetch: 0 }, async (pool, gate) => {
      const inputs = function* (): Generator<{ port: number; name: string }> {
        for (let n = 0; ; n++) yield { port: gate.port, name: `${n}` };
      };
      const seen: unknown[] = [];
      const settled = (async () => {
        for await (const end of pool.mapSettled('wait', inputs(), { window: 4 })) {
          seen.push(end.status === 'fulfilled' ? end.value : (end.reason as { code: string }).code);
        }
      })();
      await gate.whenArrived('0');
      const values = (async () => {
        for await (const value of pool.map('wait', inputs(), { window: 4 })) seen.push(value);
      })();
      // Both loops have pulled their windows once their tasks are there.
      while (pool.stats().tasks.queued < 7) await new Promise((resolve) => setImmediate(resolve));
      const ends = Promise.all([failure(settled), failure(values)]);
      const closed = pool.close({ drop: 'queued' });
      gate.pass('0');
      const [endOfSettled, endOfValues] = await ends;
      expect(endOfSettled).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      expect(endOfValues).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      expect(seen).toEqual(['passed', 'ERR_TASK_DROPPED', 'ERR_TASK_DROPPED', 'ERR_TASK_DROPPED']);
      await closed;
    });
  });

  it.each([true, false])('leaves the tasks of a map that have begun to finish, ordered: %s', async (ordered) => {
    await withGatedPool({ kind, prefetch: 0, concurrency: 2 }, async (pool, gate) => {
      const inputs = Array.from({ length: 6 }, (_, n) => ({ port: gate.port, name: `${n}` }));
      const seen: unknown[] = [];
      const mapped = failure(
        (async () => {
          for await (const value of pool.map('wait', inputs, { ordered, window: 6 })) seen.push(value);
        })(),
      );
      await Promise.all([gate.whenArrived('0'), gate.whenArrived('1')]);
      while (pool.stats().tasks.queued < 4) await new Promise((resolve) => setImmediate(resolve));
      const closed = pool.close({ drop: 'queued' });
      gate.pass('0', 'first');
      gate.pass('1', 'second');
      expect(await mapped).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      expect(seen.toSorted()).toEqual(['first', 'second']);
      await closed;
      expect(pool.stats().tasks).toMatchObject({ completed: 2, failed: 4, cancelled: 0 });
    });
  });

  it('rejects a broadcast that no worker has yet', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const broadcast = failure(pool.broadcast('echo', 1));
      await pool.close({ drop: 'queued' });
      expect(await broadcast).toMatchObject(DROPPED);
    });
  });

  it('lets a broadcast go on that workers have', async () => {
    await withGatedPool({ kind }, async (pool, gate) => {
      await pool.ready();
      const broadcast = pool.broadcast('wait', { port: gate.port, name: 'all' });
      await gate.whenArrived('all');
      const closed = pool.close({ drop: 'queued' });
      gate.pass('all');
      expect(await broadcast).toEqual(['passed']);
      await closed;
    });
  });

  it('rejects every caller of a cached task that waits, and answers those of one that runs', async () => {
    await withGatedPool({ kind, prefetch: 0, tasks: { wait: { cache: true } } }, async (pool, gate, wait) => {
      const running = [wait('running'), wait('running')];
      await gate.whenArrived('running');
      const waiting = [failure(wait('waiting')), failure(wait('waiting'))];
      const closed = pool.close({ drop: 'queued' });
      expect(await Promise.all(waiting)).toMatchObject([DROPPED, DROPPED]);
      gate.pass('running');
      expect(await Promise.all(running)).toEqual(['passed', 'passed']);
      await closed;
    });
  });

  it('rejects calls that wait in a debounce, which no longer run', async () => {
    const tasks = { wait: { debounce: { waitMs: 60_000 } } };
    await withGatedPool({ kind, tasks }, async (pool, gate, wait) => {
      await pool.ready();
      const calls = [failure(wait('a')), failure(wait('b'))];
      await pool.close({ drop: 'queued' });
      expect(await Promise.all(calls)).toMatchObject([DROPPED, DROPPED]);
      expect(gate.arrived).toEqual([]);
    });
  });

  it('rejects tasks that their limits hold back', async () => {
    const tasks = { wait: { rateLimit: { calls: 1, perMs: 3_600_000 } } };
    await withGatedPool({ kind, concurrency: 4, tasks }, async (pool, gate, wait) => {
      const running = wait('running');
      await gate.whenArrived('running');
      const held = [failure(wait('b')), failure(wait('c'))];
      const closed = pool.close({ drop: 'queued' });
      expect(await Promise.all(held)).toMatchObject([DROPPED, DROPPED]);
      gate.pass('running');
      expect(await running).toBe('passed');
      await closed;
    });
  });

  it('rejects items of a batch that waits for more', async () => {
    await withPool('batches.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      const options = { priority: 1 };
      const items = [1, 2].map((n) => failure(pool.run('double', n, options)));
      await new Promise((resolve) => setImmediate(resolve));
      await pool.close({ drop: 'queued' });
      expect(await Promise.all(items)).toMatchObject([DROPPED, DROPPED]);
    });
  });

  it('ends a stream that waits with that error, and lets one go on that has begun', async () => {
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 1, prefetch: 0 }, async (pool) => {
      const begun = pool.stream('count', 200)[Symbol.asyncIterator]();
      expect((await begun.next()).value).toBe(0);
      const waiting = failure(pool.stream('count', 3)[Symbol.asyncIterator]().next());
      const closed = pool.close({ drop: 'queued' });
      expect(await waiting).toMatchObject(DROPPED);
      let count = 1;
      while ((await begun.next()).done !== true) count++;
      expect(count).toBe(200);
      await closed;
    });
  });

  it('refuses what it does not know, and leaves the pool open', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      expect(() => pool.close({ drop: 'all' as 'queued' })).toThrow(/Option "drop" must be one of "queued"/);
      expect(await pool.run('echo', 1)).toBe(1);
    });
  });
});

describe.each(WORKER_KINDS)('close({ drop: "queued" }) of a pool of kind %s', (kind) => {
  it('takes back what was sent ahead and has not begun', async () => {
    await withGatedPool({ kind, prefetch: 4 }, async (pool, gate, wait) => {
      const running = wait('running');
      await gate.whenArrived('running');
      const ahead = Array.from({ length: 4 }, (_, n) => failure(wait(`${n}`)));
      while (pool.stats().tasks.dispatched < 5) await new Promise((resolve) => setImmediate(resolve));
      const closed = pool.close({ drop: 'queued' });
      for (const error of await Promise.all(ahead)) expect(error).toMatchObject({ ...DROPPED, details: { starts: 0 } });
      gate.pass('running');
      expect(await running).toBe('passed');
      await closed;
      expect(gate.arrived).toEqual(['running']);
    });
  });
});

describe.each(KINDS)('dropQueued() of a pool of kind %s', (kind) => {
  it('rejects what waits, says how much that is, and the pool goes on', async () => {
    await withGatedPool({ kind, prefetch: 0, queue: { max: 2 } }, async (pool, gate, wait) => {
      expect(pool.dropQueued()).toBe(0);
      const running = wait('running');
      await gate.whenArrived('running');
      const waiting = ['b', 'c'].map((name) => failure(wait(name)));
      const room = pool.room();
      expect(pool.dropQueued()).toBe(2);
      for (const error of await Promise.all(waiting)) {
        expect(error).toMatchObject({ ...DROPPED, details: { by: 'dropQueued', starts: 0 } });
        expect(error.message).toMatch('dropQueued() of pool "fails-at-gate" was called.');
      }
      // Its place is free again.
      await room;
      const next = wait('next');
      gate.pass('running');
      await gate.whenArrived('next');
      gate.pass('next');
      expect(await Promise.all([running, next])).toEqual(['passed', 'passed']);
      expect(gate.arrived).toEqual(['running', 'next']);
    });
  });

  it('leaves the tries of a task that runs', async () => {
    await withGatedPool({ kind }, async (pool, gate) => {
      const retry = { attempts: 1, backoff: { baseMs: 0 } };
      const running = failure(pool.run('failAt', { port: gate.port, name: 'a' }, { retry }));
      await gate.arrival(1);
      pool.dropQueued();
      gate.pass('a', 'first');
      await gate.arrival(2);
      gate.pass('a', 'second');
      expect(await running).toMatchObject({ message: 'second' });
    });
  });

  it('ends a map with the drop, after the tasks that have begun', async () => {
    await withGatedPool({ kind, prefetch: 0 }, async (pool, gate) => {
      const inputs = ['0', '1', '2', '3'].map((name) => ({ port: gate.port, name }));
      const seen: unknown[] = [];
      const mapped = failure(
        (async () => {
          for await (const value of pool.map('wait', inputs, { ordered: false, window: 2 })) seen.push(value);
        })(),
      );
      await gate.whenArrived('0');
      while (pool.stats().tasks.queued < 1) await new Promise((resolve) => setImmediate(resolve));
      expect(pool.dropQueued()).toBe(1);
      gate.pass('0', 'first');
      expect(await mapped).toMatchObject(DROPPED);
      expect([seen, gate.arrived]).toEqual([['first'], ['0']]);
      expect(pool.stats().tasks).toMatchObject({ submitted: 2, completed: 1, failed: 1 });
    });
  });

  it('lets mapSettled go on with later inputs', async () => {
    await withGatedPool({ kind, prefetch: 0 }, async (pool, gate) => {
      const inputs = ['0', '1', '2'].map((name) => ({ port: gate.port, name }));
      const ends: string[] = [];
      const all = (async () => {
        for await (const { status } of pool.mapSettled('wait', inputs, { window: 2 })) ends.push(status);
      })();
      await gate.whenArrived('0');
      while (pool.stats().tasks.queued < 1) await new Promise((resolve) => setImmediate(resolve));
      pool.dropQueued();
      gate.pass('0');
      await gate.whenArrived('2');
      gate.pass('2');
      await all;
      expect(ends).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    });
  });

  it('finds nothing in a pool that has ended', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.close();
      expect(pool.dropQueued()).toBe(0);
    });
  });
});
