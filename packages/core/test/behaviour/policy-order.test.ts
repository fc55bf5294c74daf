import type { Pool, PoolOptions, TaskOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { type Gate, withGate } from './gate.js';
import { failure, withPool, WORKER_KINDS } from './pools.js';
import { withServer } from './server.js';

interface Input {
  port: number;
  name: string;
}

/** A pool whose task `wait` waits at a gate, and the gate. */
function withWaits(
  options: PoolOptions,
  wait: TaskOptions<Input>,
  body: (pool: Pool, gate: Gate) => Promise<void>,
  worker = 'waits-at-gate.mjs',
): Promise<void> {
  return withGate((gate) => withPool(worker, { ...options, tasks: { wait } }, (pool) => body(pool, gate)));
}

/**
 * Each pair of neighbours, from the outermost policy to the innermost. Each test fails with the two in the other order. The same
 * for functions of the program: `wrap/order.test.ts`.
 */
describe.each(WORKER_KINDS)('the order of policies around a task, kind %s:', (kind) => {
  it('cache → single flight: a kept result answers although an equal call is under way', async () => {
    const cache = { ttlMs: 1, staleWhileRevalidateMs: 3_600_000 };
    await withWaits({ kind, workers: 1 }, { cache }, async (pool, gate) => {
      const call = (): Promise<unknown> => pool.run('wait', { port: gate.port, name: 'a' });
      const first = call();
      await gate.arrival(1);
      gate.pass('a', 'old');
      expect(await first).toBe('old');
      // Once it is stale, a call begins the flight of the new result, and does not wait for it.
      while (gate.arrived.length < 2) {
        expect(await call()).toBe('old');
        await nextTurn();
      }
      expect([await call(), gate.arrived.length]).toEqual(['old', 2]);
      gate.pass('a', 'new');
    });
  });

  it('single flight → debounce: equal calls are one call to be debounced', async () => {
    const options = { cache: true, debounce: { waitMs: 3_600_000, superseded: 'reject' as const } };
    await withWaits({ kind, workers: 1 }, options, async (pool, gate) => {
      // Each of them alone would reject the one before it.
      const equal = [1, 2, 3].map(() => pool.run('wait', { port: gate.port, name: 'a' }));
      pool.flush('wait');
      await gate.arrival(1);
      gate.pass('a', 'found');
      expect(await Promise.all(equal)).toEqual(['found', 'found', 'found']);
      expect(pool.stats().shaping?.['wait']).toMatchObject({ calls: 1, ran: 1, superseded: 0 });
    });
  });

  it('debounce → deadline: the run has the deadline of the call that runs, not of one that it replaces', async () => {
    const options = { debounce: { waitMs: 3_600_000 } };
    await withWaits({ kind, workers: 1 }, options, async (pool, gate) => {
      const first = failure(pool.run('wait', { port: gate.port, name: 'a' }, { deadline: Date.now() + 100 }));
      const last = pool.run('wait', { port: gate.port, name: 'ab' });
      pool.flush('wait');
      await gate.arrival(1);
      expect(await first).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
      gate.pass('ab', 'found');
      expect([await last, gate.arrived]).toEqual(['found', ['ab']]);
    });
  });

  it('deadline → retry: the deadline bounds all tries together', async () => {
    const retry = { attempts: 1e9, backoff: { baseMs: 1, maxMs: 1 } };
    await withServer((server) =>
      withPool('calls-server.mjs', { kind, workers: 1, tasks: { call: { retry } } }, async (pool) => {
        await pool.ready();
        server.goDown();
        const error = await failure(pool.run('call', { port: server.port }, { deadline: Date.now() + 300 }));
        // Between two tries it is over, or while one runs, or the next one would begin too late.
        expect([503, 'ERR_QUEUE_TIMEOUT', 'ERR_TASK_TIMEOUT']).toContain(error['status'] ?? error['code']);
        expect(server.requests.length).toBeGreaterThan(1);
      }),
    );
  });

  it('retry → breaker: every try counts, and an open breaker ends the tries with the last failure', async () => {
    const options = {
      retry: { attempts: 100, backoff: { baseMs: 0 } },
      breaker: { consecutive: 3, openMs: 3_600_000 },
    };
    await withServer((server) =>
      withPool('calls-server.mjs', { kind, workers: 1, tasks: { call: options } }, async (pool) => {
        server.goDown();
        const error = await failure(pool.run('call', { port: server.port }));
        expect(error).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', cause: { status: 503 } });
        expect(server.requests).toHaveLength(3);
      }),
    );
  });

  it('retry beside hedge: a further run is no try, and the next try waits until all runs have failed', async () => {
    const options = { idempotent: true, hedge: { after: 20 }, retry: { attempts: 1, backoff: { baseMs: 0 } } };
    const body = async (pool: Pool, gate: Gate): Promise<void> => {
      await pool.ready();
      const call = pool.run('wait', { port: gate.port, name: 'a' });
      await gate.whenArrived('a 1', 'a 2');
      gate.pass('a 2', 'fail');
      gate.pass('a 1', 'fail');
      // Had the further run tries of its own, there would be a third and a fourth one.
      await gate.whenArrived('a 3');
      gate.pass('a 3', 'saved');
      expect(await call).toMatchObject({ line: 'saved' });
      expect(pool.stats().tasks).toMatchObject({ retried: 1, completed: 1, failed: 0 });
    };
    await withWaits({ kind, workers: 2 }, options, body, 'waits-until-aborted.mjs');
  });

  it('breaker → concurrency: an open breaker refuses at once although no place is free', async () => {
    const options = { concurrency: 1, breaker: {} };
    await withWaits({ kind, workers: 1, concurrency: 2 }, options, async (pool, gate) => {
      const running = pool.run('wait', { port: gate.port, name: 'a' });
      await gate.arrival(1);
      pool.breaker('wait').isolate();
      expect(await failure(pool.run('wait', { port: gate.port, name: 'b' }))).toMatchObject({
        code: 'ERR_CIRCUIT_OPEN',
      });
      gate.pass('a');
      expect(await running).toBe('passed');
    });
  });

  it('breaker → concurrency: a task that waits for a place is looked at again before it runs', async () => {
    const options = { concurrency: 1, breaker: {} };
    await withWaits({ kind, workers: 1, concurrency: 2 }, options, async (pool, gate) => {
      const running = pool.run('wait', { port: gate.port, name: 'a' });
      const waiting = failure(pool.run('wait', { port: gate.port, name: 'b' }));
      await gate.arrival(1);
      pool.breaker('wait').isolate();
      gate.pass('a');
      expect(await running).toBe('passed');
      expect(await waiting).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
      expect(gate.arrived).toEqual(['a']);
    });
  });

  it('concurrency → batch: a batch that waits for a place takes items until it has it, and is one', async () => {
    const options = { concurrency: 1, batch: { maxWaitMs: 0 } };
    const body = async (pool: Pool, gate: Gate): Promise<void> => {
      await pool.ready();
      const running = pool.run('wait', { port: gate.port, name: 'a' });
      await gate.arrival(1);
      const waiting: Promise<unknown>[] = [];
      for (const name of ['b', 'c', 'd']) {
        waiting.push(pool.run('wait', { port: gate.port, name }));
        await nextTurn();
      }
      expect(gate.arrived).toEqual(['a']);
      gate.pass('a');
      await running;
      expect(await gate.arrival(2)).toBe('b');
      gate.pass('b');
      await Promise.all(waiting);
      expect(gate.arrived).toEqual(['a', 'b']);
      expect(pool.stats().byTask['wait']?.batch).toMatchObject({ batches: 2, items: 4 });
    };
    await withWaits({ kind, workers: 1, concurrency: 2 }, options, body, 'batches.mjs');
  });

  it('batch → queue: items that wait for others have no turn in the queue, and hold no worker', async () => {
    await withPool('batches.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      const items = [1, 2].map((input) => pool.run('double', input));
      expect(await pool.run('single', 'behind them')).toBe('behind them');
      expect(pool.stats().tasks).toMatchObject({ queued: 2, completed: 1 });
      pool.flush('double');
      expect(await Promise.all(items)).toEqual([2, 4]);
    });
  });

  it('queue → rate limit: a task that waits for a worker takes nothing of the limit', async () => {
    const limited = { rateLimit: { calls: 1, perMs: 3_600_000 } };
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, tasks: { echo: limited } }, async (pool) => {
        const running = pool.run('wait', { port: gate.port, name: 'a' });
        await gate.arrival(1);
        const controller = new AbortController();
        const left = failure(pool.run('echo', 1, { signal: controller.signal }));
        controller.abort(new Error('not wanted'));
        expect(await left).toMatchObject({ message: 'not wanted' });
        gate.pass('a');
        await running;
        // The only token is still there.
        expect(await pool.run('echo', 2, { queueTimeoutMs: 10_000 })).toBe(2);
        expect(await failure(pool.run('echo', 3, { queueTimeoutMs: 20 }))).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
      }),
    );
  });

  it('queue → rate limit: a batch takes one token, or one for each item where each counts', async () => {
    for (const per of ['call', 'item'] as const) {
      const double = { rateLimit: { calls: 4, perMs: 3_600_000, per } };
      await withPool('batches.mjs', { kind, workers: 1, tasks: { double } }, async (pool) => {
        expect(await Promise.all([1, 2, 3, 4].map((input) => pool.run('double', input)))).toEqual([2, 4, 6, 8]);
        const more = [5, 6, 7, 8].map((input) => pool.run('double', input, { queueTimeoutMs: 500 }));
        const ends = await Promise.all(more.map((each) => each.catch((error: unknown) => error)));
        if (per === 'call') expect(ends).toEqual([10, 12, 14, 16]);
        else for (const error of ends) expect(error).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
      });
    }
  });

  it('rate limit → timeoutMs: the wait for the limit is no time of the handler', async () => {
    const options = { rateLimit: { calls: 1, perMs: 600 }, timeoutMs: 400 };
    await withPool('echo.mjs', { kind, workers: 1, tasks: { echo: options } }, async (pool) => {
      await pool.ready();
      expect(await Promise.all([1, 2].map((input) => pool.run('echo', input)))).toEqual([1, 2]);
      expect(pool.stats().byTask['echo']?.limitWaitMs?.max).toBeGreaterThan(400);
    });
  });
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
