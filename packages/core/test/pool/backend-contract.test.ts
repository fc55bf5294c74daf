import { describe, expect, it } from 'vitest';
import type { OpenBackend } from '../../src/backend/backend.js';
import { openLocalBackend } from '../../src/backend/local-backend.js';
import type { PoolOptions } from '../../src/contract/options.js';
import { Pool } from '../../src/pool/pool.js';
import { type Gate, withGate } from '../behaviour/gate.js';
import { MemoryBackend } from '../support/memory-backend.js';

// The promises of a pool that do not depend on its backend: each holds over workers of this machine, and over a queue in this thread.

const BACKENDS: [name: string, open: OpenBackend, options: PoolOptions][] = [
  ['worker processes', openLocalBackend, { kind: 'process' }],
  ['worker threads', openLocalBackend, { kind: 'thread' }],
  ['the inline worker', openLocalBackend, { kind: 'inline' }],
  ['a queue in memory', (parts) => new MemoryBackend(parts), { kind: 'inline' }],
];

describe.each(BACKENDS)('a pool over %s', (_, open, ofBackend) => {
  /** Opens a pool for `body`, closes it, and holds that every task has settled and been counted. */
  async function withPool(module: string, options: PoolOptions, body: (pool: Pool) => Promise<void>): Promise<void> {
    const url = new URL(`../fixtures/${module}`, import.meta.url);
    const pool = new Pool(url, { workers: 1, concurrency: 1, prefetch: 0, ...ofBackend, ...options }, open);
    try {
      await body(pool);
      await pool.close();
    } finally {
      await pool.destroy();
    }
    const { state, tasks } = pool.stats();
    expect({ state, queued: tasks.queued, dispatched: tasks.dispatched }).toEqual({
      state: 'closed',
      queued: 0,
      dispatched: 0,
    });
    expect(tasks.completed + tasks.failed + tasks.cancelled).toBe(tasks.submitted);
  }

  /** A pool of handlers that wait at a gate. */
  const withGatedPool = (
    options: PoolOptions,
    body: (
      pool: Pool,
      gate: Gate,
      wait: (name: string, own?: { signal?: AbortSignal }) => Promise<unknown>,
    ) => Promise<void>,
  ): Promise<void> =>
    withGate((gate) =>
      withPool('counts-calls.mjs', options, (pool) =>
        body(pool, gate, (name, own) => pool.run('wait', { port: gate.port, name }, own)),
      ),
    );

  describe('runs', () => {
    it('tasks, and resolves to their results', async () => {
      await withPool('echo.mjs', {}, async (pool) => {
        const inputs = Array.from({ length: 20 }, (_, n) => ({ n }));
        expect(await Promise.all(inputs.map((input) => pool.run('echo', input)))).toEqual(inputs);
        expect(pool.stats().tasks).toMatchObject({ submitted: 20, completed: 20 });
      });
    });

    it('them with the input as it was at the call', async () => {
      await withPool('echo.mjs', {}, async (pool) => {
        const input = { list: [1] };
        const result = pool.run('echo', input);
        input.list.push(2);
        expect(await result).toEqual({ list: [1] });
      });
    });

    it('them in the order they came', async () => {
      await withGatedPool({}, async (_, gate, wait) => {
        const all = ['a', 'b', 'c'].map((name) => wait(name));
        for (const [nth, name] of ['a', 'b', 'c'].entries()) {
          expect(await gate.arrival(nth + 1)).toBe(name);
          gate.pass(name, `through ${name}`);
        }
        expect(await Promise.all(all)).toEqual(['through a', 'through b', 'through c']);
      });
    });

    it('into errors of handlers, which reject', async () => {
      await withPool('fails-on-negative.mjs', {}, async (pool) => {
        await expect(pool.run('work', -1)).rejects.toMatchObject({ name: 'RangeError', message: 'negative' });
        await expect(pool.run('work', 1)).resolves.toBe(1);
        expect(pool.stats().tasks).toMatchObject({ completed: 1, failed: 1 });
      });
    });

    it('no task without a handler', async () => {
      await withPool('echo.mjs', {}, async (pool) => {
        await expect(pool.run('nowhere', 1)).rejects.toMatchObject({ code: 'ERR_TASK_NOT_FOUND' });
      });
    });

    it('and passes on progress in order', async () => {
      await withPool('reports-progress.mjs', {}, async (pool) => {
        const seen: unknown[] = [];
        await pool.run('tell', [1, 2, 3], { onProgress: (value) => void seen.push(value) });
        expect(seen).toEqual([1, 2, 3]);
      });
    });
  });

  describe('is cancelled by a signal', () => {
    it('that has aborted before the call', async () => {
      await withPool('echo.mjs', {}, async (pool) => {
        await expect(pool.run('echo', 1, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
        expect(pool.stats().tasks.submitted).toBe(0);
      });
    });

    it('while the task waits, which then never runs', async () => {
      await withGatedPool({}, async (pool, gate, wait) => {
        const first = wait('first');
        await gate.whenArrived('first');
        const controller = new AbortController();
        const second = expect(wait('second', { signal: controller.signal })).rejects.toBe('unwanted');
        controller.abort('unwanted');
        await second;
        gate.pass('first');
        await first;
        await pool.idle();
        expect(gate.arrived).toEqual(['first']);
        expect(pool.stats().tasks).toMatchObject({ completed: 1, cancelled: 1 });
      });
    });

    it('while the handler runs, whose own signal aborts', async () => {
      await withPool('watches-abort.mjs', {}, async (pool) => {
        const controller = new AbortController();
        const begun = pool.run('watch', undefined, {
          signal: controller.signal,
          onProgress: () => controller.abort('enough'),
        });
        await expect(begun).rejects.toBe('enough');
        expect(pool.stats().tasks).toMatchObject({ cancelled: 1 });
      });
    });
  });

  describe('maps', () => {
    it.each([true, false])('inputs of a slow source (ordered: %s)', async (ordered) => {
      await withPool('echo.mjs', { workers: 1 }, async (pool) => {
        async function* source(): AsyncGenerator<number> {
          for (let n = 0; n < 30; n++) {
            if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
            yield n;
          }
        }
        const results: number[] = [];
        for await (const result of pool.map('later', source(), { ordered })) results.push(result as number);
        expect(ordered ? results : results.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
      });
    });

    it('through a queue of one place', async () => {
      await withPool('echo.mjs', { queue: { max: 1 } }, async (pool) => {
        const results: unknown[] = [];
        for await (const result of pool.map('later', [1, 2, 3, 4, 5])) results.push(result);
        expect(results).toEqual([1, 2, 3, 4, 5]);
      });
    });

    it('up to the first failure, and closes the source', async () => {
      await withPool('fails-on-negative.mjs', {}, async (pool) => {
        let isClosed = false;
        function* source(): Generator<number> {
          try {
            for (let n = 0; ; n++) yield n === 5 ? -1 : n;
          } finally {
            isClosed = true;
          }
        }
        const results: unknown[] = [];
        const loop = async (): Promise<void> => {
          for await (const result of pool.map('work', source(), { window: 2 })) results.push(result);
        };
        await expect(loop()).rejects.toThrow('negative');
        expect([results, isClosed]).toEqual([[0, 1, 2, 3, 4], true]);
      });
    });

    it('and tells how each input ended, as mapSettled', async () => {
      await withPool('fails-on-negative.mjs', {}, async (pool) => {
        const settled: unknown[] = [];
        for await (const each of pool.mapSettled('work', [1, -2, 3])) settled.push(each);
        expect(settled).toMatchObject([
          { index: 0, input: 1, status: 'fulfilled', value: 1 },
          { index: 1, input: -2, status: 'rejected', reason: { message: 'negative' } },
          { index: 2, input: 3, status: 'fulfilled', value: 3 },
        ]);
      });
    });

    it('until the pool ends, and then throws its refusal', async () => {
      await withPool('echo.mjs', {}, async (pool) => {
        async function* source(): AsyncGenerator<number> {
          yield 1;
          await new Promise(() => {});
        }
        const results = pool.map('echo', source());
        expect((await results.next()).value).toBe(1);
        const end = expect(results.next()).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
        await pool.destroy();
        await end;
      });
    });
  });

  describe('broadcasts', () => {
    it('to the worker that is there, or that is yet to come', async () => {
      await withPool('echo.mjs', {}, async (pool) => {
        const input = { n: 1 };
        const results = pool.broadcast('echo', input);
        input.n = 2;
        expect(await results).toEqual([{ n: 1 }]);
        expect(await pool.broadcast('echo', 3)).toEqual([3]);
      });
    });

    it('past the queue of a paused pool', async () => {
      await withPool('echo.mjs', {}, async (pool) => {
        await pool.ready();
        pool.pause();
        const queued = pool.run('echo', 'queued');
        expect(await pool.broadcast('echo', 'now')).toEqual(['now']);
        expect(pool.stats().tasks).toMatchObject({ queued: 1, completed: 1 });
        pool.resume();
        await queued;
      });
    });

    it('nothing once its signal has aborted, nor after its end', async () => {
      await withPool('echo.mjs', {}, async (pool) => {
        await expect(pool.broadcast('echo', 1, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
        const waiting = expect(pool.broadcast('echo', 1)).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
        await pool.destroy();
        await waiting;
        await expect(pool.broadcast('echo', 1)).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
      });
    });
  });

  describe('gives room', () => {
    it('to as many as its queue takes, and refuses the others', async () => {
      await withGatedPool({ queue: { max: 1 } }, async (pool, gate, wait) => {
        const first = wait('first');
        await gate.whenArrived('first');
        const second = wait('second');
        await expect(wait('third')).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL', details: { queued: 1, max: 1 } });
        const room = pool.room();
        gate.pass('first');
        await room;
        const third = wait('third');
        for (const name of ['second', 'third']) {
          await gate.whenArrived(name);
          gate.pass(name);
        }
        await Promise.all([first, second, third]);
      });
    });

    it.each([0, 1, 3])('to 10 producers, each in its turn, with queue.max %d', async (max) => {
      await withPool('echo.mjs', { queue: { max } }, async (pool) => {
        const done: unknown[] = [];
        const producers = Array.from({ length: 10 }, async (_, producer) => {
          for (let nth = 0; nth < 3; nth++) {
            await pool.room();
            done.push(await pool.run('echo', producer * 3 + nth));
          }
        });
        await Promise.all(producers);
        expect((done as number[]).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
        expect(pool.stats().tasks).toMatchObject({ submitted: 30, completed: 30 });
      });
    });

    it('to no caller once it ends: all that wait are refused', async () => {
      await withGatedPool({ queue: { max: 0 } }, async (pool, gate, wait) => {
        const running = wait('running');
        await gate.whenArrived('running');
        const room = expect(pool.room()).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
        const closed = pool.close();
        await room;
        gate.pass('running');
        await Promise.all([running, closed]);
      });
    });
  });

  describe('pauses', () => {
    it('between tasks, and takes tasks all the same', async () => {
      await withPool('echo.mjs', {}, async (pool) => {
        await pool.ready();
        pool.pause();
        const results = [1, 2].map((n) => pool.run('later', n));
        await pool.broadcast('later', 0);
        expect(pool.stats()).toMatchObject({ paused: true, tasks: { queued: 2, completed: 1 } });
        pool.resume();
        expect(await Promise.all(results)).toEqual([1, 2]);
        expect(pool.stats().paused).toBe(false);
      });
    });

    it('but finishes what it has when it is closed', async () => {
      await withPool('echo.mjs', {}, async (pool) => {
        pool.pause();
        const result = pool.run('echo', 1);
        await pool.close();
        expect(await result).toBe(1);
      });
    });
  });

  describe('caches', () => {
    const cached = { tasks: { square: { cache: true }, failOdd: { cache: true }, wait: { cache: true } } };

    it('results of equal inputs, and no failures', async () => {
      await withPool('counts-calls.mjs', cached, async (pool) => {
        const first = await pool.run('square', 4);
        expect(first).toEqual({ square: 16, calls: 1 });
        expect(await pool.run('square', 4)).toEqual(first);
        for (const calls of [2, 3]) await expect(pool.run('failOdd', 1)).rejects.toThrow(`odd, call ${calls}`);
        expect(pool.stats()).toMatchObject({
          cache: { entries: 1, hits: 1, misses: 3 },
          tasks: { submitted: 3, completed: 1, failed: 2 },
        });
      });
    });

    it('and lets equal calls that overlap share one execution', async () => {
      await withGatedPool(cached, async (pool, gate, wait) => {
        const controller = new AbortController();
        const leaving = expect(wait('shared', { signal: controller.signal })).rejects.toBe('not mine');
        const staying = [wait('shared'), wait('shared')];
        await gate.whenArrived('shared');
        controller.abort('not mine');
        await leaving;
        gate.pass('shared', 'answer');
        expect(await Promise.all(staying)).toEqual(['answer', 'answer']);
        expect(gate.arrived).toEqual(['shared']);
        expect(pool.stats()).toMatchObject({
          tasks: { submitted: 1, completed: 1 },
          cache: { coalesced: 2, misses: 1 },
        });
      });
    });

    it('and gives up an execution when the last caller has left', async () => {
      await withGatedPool({ ...cached, graceMs: 0 }, async (pool, gate, wait) => {
        const controllers = [new AbortController(), new AbortController()];
        const left = controllers.map(({ signal }) => expect(wait('shared', { signal })).rejects.toBe('gone'));
        await gate.whenArrived('shared');
        for (const controller of controllers) controller.abort('gone');
        await Promise.all(left);
        gate.pass('shared'); // inline, nothing else ends the handler
        await pool.idle();
        expect(pool.stats()).toMatchObject({ tasks: { submitted: 1, cancelled: 1 }, cache: { entries: 0 } });
      });
    });

    it('and has a caller leave whose own limit is over, while the execution goes on', async () => {
      await withGatedPool(cached, async (pool, gate, wait) => {
        const staying = wait('shared');
        await gate.whenArrived('shared');
        const input = { port: gate.port, name: 'shared' };
        await expect(pool.run('wait', input, { timeoutMs: 1 })).rejects.toMatchObject({
          code: 'ERR_TASK_TIMEOUT',
          details: { task: 'wait', limitMs: 1, by: 'timeoutMs', workerId: 1 },
        });
        gate.pass('shared', 'answer');
        expect(await staying).toBe('answer');
      });
    });
  });

  describe('ends', () => {
    it('after its work when it is closed, and refuses what comes after', async () => {
      await withGatedPool({}, async (pool, gate, wait) => {
        await pool.ready();
        const tasks = ['a', 'b'].map((name) => wait(name));
        await gate.whenArrived('a');
        const closed = pool.close();
        expect(pool.stats().state).toBe('closing');
        const refused = { code: 'ERR_POOL_CLOSED', details: { pool: 'counts-calls', state: 'closing' } };
        for (const late of [wait('late'), pool.room(), pool.ready()]) await expect(late).rejects.toMatchObject(refused);
        for (const name of ['a', 'b']) {
          await gate.whenArrived(name);
          gate.pass(name, name);
        }
        expect(await Promise.all(tasks)).toEqual(['a', 'b']);
        await closed;
        expect(pool.stats().state).toBe('closed');
        await expect(wait('later')).rejects.toMatchObject({ details: { state: 'closed' } });
        await Promise.all([pool.close(), pool.destroy(), pool.recycle(), pool.idle()]);
      });
    });

    it('at once when it is destroyed, with its reason as the cause', async () => {
      await withGatedPool({}, async (pool, gate, wait) => {
        const reason = new Error('shutdown');
        const destroyed = { code: 'ERR_POOL_CLOSED', details: { state: 'destroyed' }, cause: reason };
        const tasks = ['a', 'b'].map((name) => expect(wait(name)).rejects.toMatchObject(destroyed));
        await gate.whenArrived('a');
        const closed = pool.close();
        const over = pool.destroy(reason);
        await Promise.all(tasks);
        gate.pass('a'); // inline, nothing else ends the handler
        await Promise.all([over, closed]);
        expect(gate.arrived).toEqual(['a']);
      });
    });

    it('before it was ready, and refuses the callers that wait for that', async () => {
      await withPool('echo.mjs', {}, async (pool) => {
        const ready = expect(pool.ready()).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
        await pool.destroy();
        await ready;
      });
    });

    it('failed when its module cannot be loaded: everything is rejected with that', async () => {
      await withPool('throws-at-load.mjs', { restart: { max: 1 } }, async (pool) => {
        const heard: unknown[] = [];
        pool.on('failed', (error) => heard.push(error));
        const failed = { code: 'ERR_POOL_FAILED', message: expect.stringContaining('broken at load') as string };
        const waiting = [pool.ready(), pool.run('echo', 1), pool.broadcast('echo', 1)];
        for (const each of await Promise.allSettled(waiting)) {
          expect(each).toMatchObject({ status: 'rejected', reason: failed });
        }
        expect([pool.stats().state, heard]).toMatchObject(['failed', [failed]]);
        for (const late of [pool.run('echo', 1), pool.room(), pool.ready()]) {
          await expect(late).rejects.toBe(heard[0]);
        }
        await pool.recycle();
        await pool.close();
      });
    });
  });

  it('replaces its workers between tasks, for a reason that it reports, and loses no task', async () => {
    await withPool('echo.mjs', {}, async (pool) => {
      await pool.ready();
      const reasons: string[] = [];
      pool.on('worker:recycled', ({ reason }) => reasons.push(reason));
      const results = [1, 2, 3].map((n) => pool.run('later', n));
      await pool.recycle('a new day');
      expect(await Promise.all(results)).toEqual([1, 2, 3]);
      expect(await pool.run('echo', 4)).toBe(4);
      expect(reasons).toEqual(['a new day']);
      expect(pool.stats().tasks).toMatchObject({ submitted: 4, completed: 4 });
    });
  });

  it('has the number of workers that it is resized to, and broadcasts to each', async () => {
    await withPool('echo.mjs', {}, async (pool) => {
      await pool.ready();
      const isInline = pool.stats().kind === 'inline' && open === openLocalBackend;
      pool.resize(2);
      await pool.ready();
      const count = isInline ? 1 : 2;
      expect(pool.stats().workers.wanted).toBe(count);
      expect(await pool.broadcast('echo', 'to all')).toEqual(Array(count).fill('to all'));
    });
  });

  it('is idle when nothing is pending', async () => {
    await withGatedPool({}, async (pool, gate, wait) => {
      await pool.idle();
      const task = wait('a');
      let isIdle = false;
      const idle = pool.idle().then(() => (isIdle = true));
      await gate.whenArrived('a');
      expect(isIdle).toBe(false);
      gate.pass('a');
      await Promise.all([task, idle]);
      expect(pool.stats().tasks).toMatchObject({ completed: 1 });
    });
  });
});
