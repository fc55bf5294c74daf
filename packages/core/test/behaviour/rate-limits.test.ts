import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CHANNELS, type TaskMessage } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withServer } from './counting-server.js';
import { withGate } from './gate.js';
import { failure, KINDS, withPool, WORKER_KINDS } from './pools.js';

const SERVER = 'calls-a-server.mjs';

describe.each(WORKER_KINDS)('a rate limit, kind %s,', (kind) => {
  it('by key holds for each key alone', async () => {
    const key = ({ path }: { path: string }): string => path;
    const tasks = { call: { rateLimit: { calls: 2, perMs: 400, window: 'strict' as const, key } } };
    await withServer((server) =>
      withPool(SERVER, { kind, workers: 1, concurrency: 16, tasks }, async (pool) => {
        const paths = ['/a', '/b', '/c'].flatMap((path) => Array<string>(4).fill(path));
        await Promise.all(paths.map((path) => pool.run('call', { port: server.port, path })));
        for (const path of ['/a', '/b', '/c']) expect(server.mostWithin(400, path)).toBe(2);
        // Three keys side by side.
        expect(server.mostWithin(400)).toBeGreaterThan(2);
      }),
    );
  });

  it('closes for the key of a call that the server refuses, for as long as it says; every try takes a token', async () => {
    const key = ({ path }: { path: string }): string => path;
    const tasks = {
      call: { rateLimit: { calls: 50, perMs: 1000, key }, retry: { attempts: 1, backoff: { baseMs: 0 } } },
    };
    await withServer((server) =>
      withPool(SERVER, { kind, workers: 1, tasks }, async (pool) => {
        server.refusals.set('/a', ['1']);
        const first = pool.run('call', { port: server.port, path: '/a' });
        const other = pool.run('call', { port: server.port, path: '/b' });
        const second = pool.run('call', { port: server.port, path: '/a' });
        expect(await Promise.all([first, other, second])).toEqual([200, 200, 200]);
        const times = server.seen.filter(({ path }) => path === '/a').map(({ atMs }) => atMs);
        expect(times).toHaveLength(3);
        expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
        const [b] = server.seen.filter(({ path }) => path === '/b');
        expect(b?.atMs).toBeLessThan(times[1] as number);
      }),
    );
  });

  it('takes what a handler reports in place of the estimate, ahead of its result', async () => {
    const rateLimit = { unit: 'tokens', max: 100, perMs: 3_600_000, cost: () => 50 };
    await withServer((server) =>
      withPool(SERVER, { kind, workers: 1, tasks: { use: { rateLimit } } }, async (pool) => {
        const use = (used: unknown) => pool.run('use', { port: server.port, path: '/', used });
        for (let call = 0; call < 6; call++) await use([{ tokens: 500 }, { tokens: 10 }]);
        // Six calls have used 60 of the 100, where their estimates are 300. The seventh is estimated at 50.
        const input = { port: server.port, path: '/', used: { tokens: 1 } };
        const seventh = failure(pool.run('use', input, { queueTimeoutMs: 50 }));
        expect(await seventh).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
        expect(server.seen).toHaveLength(6);
      }),
    );
  });
});

describe.each(KINDS)('tasks with a rate limit, kind %s,', (kind) => {
  it('wait for it without their timeout, and say how long', async () => {
    const tasks = { echo: { rateLimit: { calls: 1, perMs: 300 }, timeoutMs: 200 }, call: {} };
    await withPool(SERVER, { kind, tasks }, async (pool) => {
      const waits: number[] = [];
      const listener = (message: unknown): void => void waits.push((message as TaskMessage).trace.limitWaitMs);
      subscribe(CHANNELS.task, listener);
      try {
        await Promise.all([pool.run('echo', 1), pool.run('echo', 2)]);
      } finally {
        unsubscribe(CHANNELS.task, listener);
      }
      const { limitWaitMs, latencyMs } = pool.stats().byTask['echo'] ?? {};
      expect(limitWaitMs).toMatchObject({ count: 2, min: 0 });
      expect(limitWaitMs?.max).toBeGreaterThan(100);
      expect(limitWaitMs?.max).toBeLessThanOrEqual(latencyMs?.wait.max ?? 0);
      expect(waits.toSorted((a, b) => a - b)).toEqual([0, limitWaitMs?.max]);
      expect(pool.stats().byTask['call']).toBeUndefined();
    });
  });

  it('share it with callables that set another limit', async () => {
    const tasks = { echo: { rateLimit: { calls: 1, perMs: 3_600_000 } } };
    await withPool(SERVER, { kind, tasks }, async (pool) => {
      const own = pool.task('echo', { concurrency: 1 });
      expect(await own(1)).toBe(1);
      for (const late of [own(2, { queueTimeoutMs: 30 }), pool.run('echo', 3, { queueTimeoutMs: 30 })]) {
        expect(await failure(late)).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
      }
    });
  });

  it('are refused at once where it says so', async () => {
    const tasks = { echo: { rateLimit: { calls: 2, perMs: 3_600_000, when: 'reject' as const } } };
    await withPool(SERVER, { kind, tasks }, async (pool) => {
      const [a, b, c] = [1, 2, 3].map((input) => pool.run('echo', input));
      const error = await failure(c as Promise<unknown>);
      expect(error).toMatchObject({ code: 'ERR_RATE_LIMITED', details: { task: 'echo', key: undefined } });
      expect((error['details'] as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(1_700_000);
      expect(await Promise.all([a, b])).toEqual([1, 2]);
      expect(pool.stats().tasks).toMatchObject({ completed: 2, failed: 1 });
    });
  });

  it('run to the end when the pool closes, and reject when it is destroyed', async () => {
    const tasks = { echo: { rateLimit: { calls: 1, perMs: 100 } } };
    await withPool(SERVER, { kind, tasks }, async (pool) => {
      const results = Promise.all([1, 2, 3].map((input) => pool.run('echo', input)));
      await pool.close();
      expect(await results).toEqual([1, 2, 3]);
    });
    const slow = { echo: { rateLimit: { calls: 1, perMs: 3_600_000 } } };
    await withPool(SERVER, { kind, tasks: slow }, async (pool) => {
      await pool.run('echo', 1);
      const waits = failure(pool.run('echo', 2));
      await pool.destroy();
      expect(await waits).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
  });

  it('leave at once with their signal, their time to wait, and their deadline', async () => {
    const tasks = { echo: { rateLimit: { calls: 1, perMs: 3_600_000 } } };
    await withPool(SERVER, { kind, tasks }, async (pool) => {
      await pool.run('echo', 1);
      const controller = new AbortController();
      const aborted = failure(pool.run('echo', 2, { signal: controller.signal }));
      const late = failure(pool.run('echo', 2, { queueTimeoutMs: 30 }));
      const overdue = failure(pool.run('echo', 2, { deadline: Date.now() + 30 }));
      const reason = new Error('not wanted');
      controller.abort(reason);
      expect(await aborted).toBe(reason);
      expect([await late, await overdue]).toMatchObject([{ code: 'ERR_QUEUE_TIMEOUT' }, { code: 'ERR_QUEUE_TIMEOUT' }]);
      expect(pool.stats().tasks).toMatchObject({ queued: 0, cancelled: 1, timedOut: 2 });
    });
  });

  it('reject alone when a function of theirs throws or gives nonsense', async () => {
    const cost = (input: unknown): number => {
      if (input === 'throws') throw new Error('mine');
      return input as number;
    };
    const key = (input: unknown): string => (input === 'no key' ? (undefined as never) : 'key');
    const tasks = {
      echo: {
        rateLimit: [
          {
            unit: 'tokens',
            max: 10,
            perMs: 1,
            cost: (input: unknown) => (typeof input === 'number' || input === 'throws' ? cost(input) : 1),
          },
          { calls: 1000, perMs: 1, key },
        ],
      },
    };
    await withPool(SERVER, { kind, tasks }, async (pool) => {
      for (const input of ['throws', NaN, -1, Infinity, 'no key']) {
        expect(await failure(pool.run('echo', input))).toMatchObject({ code: 'ERR_OPTION' });
      }
      // A cost above all that there is runs alone. The bucket has recovered from it 100 ms later.
      expect(await Promise.all([1000, 5, 'text'].map((input) => pool.run('echo', input)))).toEqual([1000, 5, 'text']);
      expect(pool.stats().tasks).toMatchObject({ failed: 5, completed: 3 });
    });
  });

  it('may report what they used where no limit asks, and only what is a number', async () => {
    await withPool(SERVER, { kind }, async (pool) => {
      expect(await pool.run('report', { tokens: 5 })).toBe('reported');
      expect(await failure(pool.run('report', { tokens: 'five' }))).toMatchObject({ name: 'TypeError' });
    });
  });
});

describe.each(WORKER_KINDS)('tasks with concurrency, kind %s,', (kind) => {
  it('run at once no more than that, in all workers together', async () => {
    const tasks = { wait: { concurrency: 2 } };
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 2, concurrency: 4, tasks }, async (pool) => {
        const names = ['a', 'b', 'c', 'd', 'e'];
        const all = names.map((name) => pool.run('wait', { port: gate.port, name }));
        await gate.whenArrived('a', 'b');
        // Places are free, and tasks of other names take them.
        expect(await pool.run('echo', 1)).toBe(1);
        expect(gate.arrived).toHaveLength(2);
        for (const [nth, name] of names.entries()) {
          gate.pass(name);
          if (nth + 3 <= names.length) await gate.arrival(nth + 3);
          expect(gate.arrived.length).toBeLessThanOrEqual(nth + 3);
        }
        await Promise.all(all);
        // The first two begin at once, in two workers.
        expect(gate.arrived.slice(0, 2).toSorted()).toEqual(['a', 'b']);
        expect(gate.arrived.slice(2)).toEqual(['c', 'd', 'e']);
      }),
    );
  });

  it('by key take turns', async () => {
    const key = ({ name }: { name: string }): string => name.slice(0, 1);
    const tasks = { wait: { concurrency: 1, concurrencyByKey: { key, max: 1 } } };
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, concurrency: 4, tasks }, async (pool) => {
        const names = ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'];
        const all = names.map((name) => pool.run('wait', { port: gate.port, name }));
        for (const [nth, name] of ['a1', 'b1', 'c1', 'a2', 'b2', 'a3'].entries()) {
          expect(await gate.arrival(nth + 1)).toBe(name);
          gate.pass(name);
        }
        await Promise.all(all);
      }),
    );
  });

  it('give their places back when their worker dies', async () => {
    const tasks = { die: { concurrency: 1 }, call: { concurrency: 1 } };
    await withServer((server) =>
      withPool(SERVER, { kind, workers: 1, tasks, restart: { max: 20 } }, async (pool) => {
        for (let time = 0; time < 3; time++) {
          const error = await failure(pool.run('die', { port: server.port, path: '/die' }));
          expect(error).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
        }
        expect(server.seen).toHaveLength(3);
      }),
    );
  });

  it('hold their place after a timeout until their worker is free of them', async () => {
    const tasks = { hold: { concurrency: 1, timeoutMs: 100 } };
    await withPool('ignores-abort.mjs', { kind, workers: 2, concurrency: 2, graceMs: 200, tasks }, async (pool) => {
      const [first, second] = [failure(pool.run('hold')), failure(pool.run('hold'))];
      expect(await first).toMatchObject({ code: 'ERR_TASK_TIMEOUT' });
      expect(pool.stats().tasks.queued).toBe(1);
      expect(await second).toMatchObject({ code: 'ERR_TASK_TIMEOUT' });
      const { limitWaitMs } = pool.stats().byTask['hold'] ?? {};
      // It waited for the first to time out, and for the kill of its worker.
      expect(limitWaitMs?.max ?? 0).toBeGreaterThanOrEqual(0);
    });
  });

  it('are a limit of broadcasts no more than their rate is', async () => {
    const tasks = { echo: { concurrency: 1, rateLimit: { calls: 1, perMs: 3_600_000 } } };
    await withPool('echo.mjs', { kind, workers: 2, tasks }, async (pool) => {
      await pool.ready();
      expect(await pool.broadcast('echo', 1)).toEqual([1, 1]);
      expect(await pool.broadcast('echo', 2)).toEqual([2, 2]);
      expect(await pool.run('echo', 3)).toBe(3);
    });
  });
});
