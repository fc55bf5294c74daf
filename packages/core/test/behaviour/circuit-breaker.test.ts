import { setImmediate as turn } from 'node:timers/promises';
import type { BreakerEvent, Pool, PoolOptions, TaskOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, nextEvent, withPool, WORKER_KINDS } from './pools.js';
import { type TestServer, withServer } from './server.js';

interface Input {
  port: number;
  path?: string;
}

/** A pool whose task `call` calls a server, and the server. */
async function withCalls(
  options: PoolOptions,
  call: TaskOptions<Input>,
  body: (pool: Pool, server: TestServer, events: BreakerEvent[]) => Promise<void>,
): Promise<void> {
  await withServer((server) =>
    withPool('calls-server.mjs', { ...options, tasks: { call } }, async (pool) => {
      const events: BreakerEvent[] = [];
      for (const event of ['breaker:open', 'breaker:half-open', 'breaker:close'] as const) {
        pool.on(event, (change) => events.push(change));
      }
      await body(pool, server, events);
    }),
  );
}

/** Resolves when the time of an open breaker is over. */
async function whileOpen(pool: Pool, key?: string): Promise<void> {
  while (pool.breaker('call', key).state === 'open') await turn();
}

describe.each(KINDS)('a circuit breaker over kind %s', (kind) => {
  it.each([
    ['without retry', 0, 0],
    ['with retry', { attempts: 6, backoff: { baseMs: 1 } }, 0],
    ['with retry and prefetch', { attempts: 2, backoff: { baseMs: 0 } }, 20],
  ])(
    'lets no more calls to a server that is down than its threshold and those in workers, %s',
    async (_how, retry, prefetch) => {
      const breaker = { consecutive: 5, openMs: 60_000 };
      await withCalls({ kind, workers: 2, prefetch }, { retry, breaker }, async (pool, server) => {
        server.goDown();
        const inWorkers = 2 * (1 + prefetch);
        const calls = Array.from({ length: 200 }, () => failure(pool.run('call', { port: server.port })));
        const errors = await Promise.all(calls);
        expect(server.requests.length).toBeGreaterThanOrEqual(5);
        expect(server.requests.length).toBeLessThanOrEqual(5 + inWorkers);
        for (const error of errors) {
          if (error['code'] === undefined) expect(error.message).toBe('status 503');
          else expect(error).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', cause: { message: 'status 503' } });
        }
        const { breaker: stats, failed } = pool.stats().byTask['call'] ?? {};
        expect(stats).toMatchObject({ state: 'open', opened: 1, keys: 1, notClosed: 1 });
        expect(failed).toBeLessThanOrEqual(200);
        // A call that comes now reaches no worker.
        const before = server.requests.length;
        expect(await failure(pool.run('call', { port: server.port }))).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
        expect(server.requests.length).toBe(before);
      });
    },
  );

  it('lets a server that stays down have its threshold, those in workers, and its probes, whatever retry says', async () => {
    const breaker = { consecutive: 5, openMs: 30, probes: 2 };
    const retry = { attempts: 6, backoff: { baseMs: 1 } };
    const inWorkers = kind === 'inline' ? 4 : 2 * 4;
    await withCalls({ kind, workers: 2, concurrency: 4 }, { retry, breaker }, async (pool, server, events) => {
      server.goDown();
      const halfOpens = (): number => events.filter(({ to }) => to === 'half-open').length;
      while (halfOpens() < 4) {
        await Promise.all(Array.from({ length: 50 }, () => failure(pool.run('call', { port: server.port }))));
        await whileOpen(pool);
      }
      expect(server.requests.length).toBeGreaterThanOrEqual(5 + 3);
      expect(server.requests.length).toBeLessThanOrEqual(5 + inWorkers + 2 * halfOpens());
    });
  });

  it('is that of a callable where it sets one, with its own keys', async () => {
    await withServer((other) =>
      withCalls({ kind, workers: 1 }, { breaker: { consecutive: 1, openMs: 60_000 } }, async (pool, server) => {
        const key = ({ port }: Input): string => `port ${port}`;
        const own = pool.task('call', { breaker: { consecutive: 1, openMs: 60_000, key } });
        const free = pool.task('call', { breaker: false });
        server.goDown();
        expect(await failure(own({ port: server.port }))).toMatchObject({ status: 503 });
        const refused = await failure(own({ port: server.port }));
        expect(refused).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', details: { key: `port ${server.port}` } });
        expect([await own({ port: other.port }), pool.breaker('call').state]).toEqual(['well', 'closed']);
        pool.breaker('call').isolate();
        expect([await own({ port: other.port }), await free({ port: other.port })]).toEqual(['well', 'well']);
        const shared = pool.task('call', { priority: 1 });
        expect(await failure(shared({ port: other.port }))).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
      }),
    );
  });

  it('is asked before a call of start, by its key', async () => {
    const breaker = { consecutive: 1, openMs: 60_000, key: ({ port }: Input) => `port ${port}` };
    await withServer((other) =>
      withCalls({ kind, workers: 1 }, { breaker }, async (pool, server) => {
        server.goDown();
        expect(await failure(pool.start('call', { port: server.port }).result)).toMatchObject({ status: 503 });
        expect(pool.breaker('call', `port ${server.port}`).state).toBe('open');
        const before = pool.stats().tasks.submitted;
        const refused = async (): Promise<unknown> => pool.start('call', { port: server.port }).result;
        expect(await failure(refused())).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
        expect(pool.stats().tasks.submitted).toBe(before);
        expect(await pool.start('call', { port: other.port }).result).toBe('well');
      }),
    );
  });

  it('lets its probes through, closes when they succeed, and says so', async () => {
    const breaker = { consecutive: 2, openMs: 20, probes: 2 };
    await withCalls({ kind, workers: 2, concurrency: 4 }, { breaker }, async (pool, server, events) => {
      const call = (): Promise<unknown> => pool.run('call', { port: server.port });
      server.goDown();
      for (const _ of [1, 2]) await failure(call());
      expect(server.requests).toHaveLength(2);
      await whileOpen(pool);
      await Promise.all(Array.from({ length: 20 }, () => failure(call())));
      const halfOpen = events.filter(({ to }) => to === 'half-open').length;
      expect(server.requests.length).toBeLessThanOrEqual(2 + 2 * halfOpen);
      server.goUp();
      while (pool.breaker('call').state !== 'closed') await call().catch(() => whileOpen(pool));
      expect(await call()).toBe('well');
      expect(events[0]).toEqual({
        task: 'call',
        key: undefined,
        from: 'closed',
        to: 'open',
        reason: '2 calls failed in a row',
        openMs: 20,
        error: expect.objectContaining({ message: 'status 503' }),
        dryRun: false,
      });
      expect(events.at(-1)).toMatchObject({ from: 'half-open', to: 'closed', reason: '2 probes succeeded', openMs: 0 });
    });
  });

  it('has a breaker for each key', async () => {
    const breaker = { consecutive: 1, openMs: 60_000, key: ({ port }: Input) => `port ${port}` };
    await withServer((other) =>
      withCalls({ kind, workers: 1 }, { breaker }, async (pool, server, events) => {
        server.goDown();
        await failure(pool.run('call', { port: server.port }));
        const refused = await failure(pool.run('call', { port: server.port }));
        expect(refused).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', details: { key: `port ${server.port}` } });
        expect(await pool.run('call', { port: other.port })).toBe('well');
        expect(events.map(({ key }) => key)).toEqual([`port ${server.port}`]);
        expect(pool.breaker('call', `port ${other.port}`).state).toBe('closed');
        expect(pool.stats().byTask['call']?.breaker).toMatchObject({ state: undefined, keys: 2, notClosed: 1 });
      }),
    );
  });

  it('is closed and opened by hand', async () => {
    await withCalls({ kind, workers: 1 }, { breaker: {} }, async (pool, server, events) => {
      const { port } = server;
      const handle = pool.breaker('call');
      handle.isolate();
      const error = await failure(pool.run('call', { port }));
      expect(error).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', details: { state: 'isolated', retryAfterMs: Infinity } });
      expect(server.requests).toEqual([]);
      handle.reset();
      expect([await pool.run('call', { port }), handle.state]).toEqual(['well', 'closed']);
      expect(events.map(({ to }) => to)).toEqual(['isolated', 'closed']);
    });
  });

  it('may be reset by its own listener, and tasks that waited then run', async () => {
    const breaker = { consecutive: 1, openMs: 60_000 };
    await withCalls({ kind, workers: 1, prefetch: 0 }, { breaker }, async (pool, server) => {
      server.goDown();
      pool.on('breaker:open', () => {
        server.goUp();
        pool.breaker('call').reset();
      });
      const calls = [1, 2, 3].map(() => pool.run('call', { port: server.port }));
      expect(await failure(calls[0] as Promise<unknown>)).toMatchObject({ message: 'status 503' });
      expect(await Promise.all(calls.slice(1))).toEqual(['well', 'well']);
      expect(pool.breaker('call').state).toBe('closed');
    });
  });

  it('may end its pool from its own listener', async () => {
    const breaker = { consecutive: 1, openMs: 60_000 };
    await withCalls({ kind, workers: 1 }, { breaker, retry: 3 }, async (pool, server) => {
      server.goDown();
      let ended: Promise<void> | undefined;
      pool.on('breaker:open', () => void (ended = pool.destroy('no more')));
      const errors = await Promise.all([1, 2, 3].map(() => failure(pool.run('call', { port: server.port }))));
      await ended;
      for (const { code } of errors) expect(['ERR_CIRCUIT_OPEN', 'ERR_POOL_CLOSED']).toContain(code);
    });
  });

  it('with dryRun says what it would do, and refuses nothing', async () => {
    const breaker = { consecutive: 2, openMs: 60_000, dryRun: true };
    await withCalls({ kind, workers: 1 }, { breaker }, async (pool, server, events) => {
      server.goDown();
      for (const _ of [1, 2, 3, 4, 5])
        expect(await failure(pool.run('call', { port: server.port }))).toMatchObject({ status: 503 });
      expect(server.requests).toHaveLength(5);
      expect(events).toMatchObject([{ to: 'open', dryRun: true }]);
      expect(pool.stats().byTask['call']?.breaker).toMatchObject({ state: 'open', opened: 1, refused: 3 });
    });
  });

  it('counts only what `on` selects, and a call whose `on` throws gets both errors', async () => {
    const on = (error: unknown): boolean => {
      if ((error as { status: number }).status === 418) throw new Error('no coffee');
      return (error as { status: number }).status >= 500;
    };
    await withCalls({ kind, workers: 1 }, { breaker: { consecutive: 1, on } }, async (pool, server) => {
      server.goDown(404);
      for (const _ of [1, 2, 3])
        expect(await failure(pool.run('call', { port: server.port }))).toMatchObject({ status: 404 });
      expect(pool.breaker('call').state).toBe('closed');
      server.goDown(418);
      const both = await failure(pool.run('call', { port: server.port }));
      expect(both).toBeInstanceOf(AggregateError);
      expect(both['errors']).toMatchObject([{ status: 418 }, { message: 'no coffee' }]);
      expect(pool.breaker('call').state).toBe('open');
      expect(await pool.run('echo', 'alive')).toBe('alive');
    });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no key');
      },
    ],
    ['gives no text', () => NaN],
    ['gives a promise', () => Promise.reject(new Error('late'))],
  ])('refuses a call whose key %s, and the pool goes on', async (_what, key) => {
    await withCalls(
      { kind, workers: 1 },
      { breaker: { key: key as unknown as () => string } },
      async (pool, server) => {
        const error = await failure(pool.run('call', { port: server.port }));
        expect(error).toMatchObject({ code: 'ERR_OPTION', details: { option: 'tasks.call.breaker.key' } });
        expect(pool.stats().tasks.submitted).toBe(0);
        expect(await pool.run('echo', 'alive')).toBe('alive');
      },
    );
  });

  it('may end its pool by its key, and the call then rejects', async () => {
    let end: (() => void) | undefined;
    const key = (): string => {
      end?.();
      return 'all';
    };
    await withCalls({ kind, workers: 1 }, { breaker: { key } }, async (pool, server) => {
      expect(await pool.run('call', { port: server.port })).toBe('well');
      let ended: Promise<void> | undefined;
      end = () => void (ended = pool.destroy());
      expect(await failure(pool.run('call', { port: server.port }))).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      await ended;
    });
  });

  it('gives the old result of a cached task while it is open', async () => {
    const cache = { ttlMs: 1, staleIfErrorMs: 60_000 };
    const breaker = { consecutive: 1, openMs: 60_000 };
    await withCalls({ kind, workers: 1 }, { cache, breaker }, async (pool, server) => {
      const input = { port: server.port };
      expect(await pool.run('call', input)).toBe('well');
      server.goDown();
      while (pool.cache?.has('call', input) === true) await turn();
      // The first failure opens it, and then no call reaches the server.
      for (const _ of [1, 2, 3]) expect(await pool.run('call', input)).toBe('well');
      expect(server.requests).toHaveLength(2);
      expect(pool.breaker('call').state).toBe('open');
      expect(await failure(pool.run('call', { ...input, path: '/other' }))).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    });
  });

  describe('with a fallback', () => {
    const open = { consecutive: 1, openMs: 60_000 };

    it('gives its value for a call that is refused, and for no other failure', async () => {
      const asked: unknown[] = [];
      const fallback = async (error: unknown, input: Input): Promise<string> => {
        asked.push((error as { code: string }).code);
        return `instead of ${input.path}`;
      };
      await withCalls({ kind, workers: 1 }, { breaker: { ...open, fallback } }, async (pool, server) => {
        server.goDown();
        expect(await failure(pool.run('call', { port: server.port }))).toMatchObject({ status: 503 });
        expect(await pool.run('call', { port: server.port, path: '/a' })).toBe('instead of /a');
        const results = [];
        for await (const result of pool.map('call', [{ port: server.port, path: '/b' }])) results.push(result);
        expect([results, asked]).toEqual([['instead of /b'], ['ERR_CIRCUIT_OPEN', 'ERR_CIRCUIT_OPEN']]);
      });
    });

    it('comes after the cache, which does not keep its value', async () => {
      const fallback = (): string => 'instead';
      await withCalls({ kind, workers: 1 }, { cache: true, breaker: { ...open, fallback } }, async (pool, server) => {
        const input = { port: server.port };
        pool.breaker('call').isolate();
        expect(await pool.run('call', input)).toBe('instead');
        pool.breaker('call').reset();
        expect(await pool.run('call', input)).toBe('well');
        pool.breaker('call').isolate();
        expect(await pool.run('call', input)).toBe('well');
      });
    });

    it.each([
      [
        'throws',
        () => {
          throw new Error('nothing left');
        },
      ],
      ['rejects', () => Promise.reject(new Error('nothing left'))],
    ])('that %s rejects the call with both errors', async (_what, fallback) => {
      await withCalls({ kind, workers: 1 }, { breaker: { fallback } }, async (pool, server) => {
        pool.breaker('call').isolate();
        const both = await failure(pool.run('call', { port: server.port }));
        expect(both).toBeInstanceOf(AggregateError);
        expect(both['errors']).toMatchObject([{ code: 'ERR_CIRCUIT_OPEN' }, { message: 'nothing left' }]);
      });
    });

    it('that never comes back holds no caller that wants it no more', async () => {
      let begun = (): void => {};
      const asked = new Promise<void>((resolve) => (begun = resolve));
      const fallback = (): Promise<never> => {
        begun();
        return new Promise(() => {});
      };
      await withCalls({ kind, workers: 1 }, { breaker: { fallback } }, async (pool, server) => {
        pool.breaker('call').isolate();
        const controller = new AbortController();
        const call = failure(pool.run('call', { port: server.port }, { signal: controller.signal }));
        await asked;
        controller.abort('gone');
        expect(await call).toBe('gone');
      });
    });
  });

  it('is asked for by the name of a task that has one', async () => {
    await withCalls({ kind, workers: 1 }, { breaker: {} }, async (pool) => {
      expect(() => pool.breaker('echo')).toThrow(/Argument "name" must be the name of a task with `breaker`/);
      expect(() => pool.breaker('call', 'a')).toThrow(/Argument "key" must be left out/);
      expect(pool.stats().byTask['echo']).toBeUndefined();
    });
  });

  it('is that of the pool for each task without one of its own', async () => {
    const options = { kind, workers: 1, breaker: { consecutive: 1, openMs: 60_000 } };
    await withCalls(options, { breaker: false }, async (pool, server) => {
      server.goDown();
      for (const _ of [1, 2, 3])
        expect(await failure(pool.run('call', { port: server.port }))).toMatchObject({ status: 503 });
      expect(() => pool.breaker('call')).toThrow(/must be the name of a task with `breaker`/);
      expect(pool.breaker('echo').state).toBe('closed');
    });
  });
});

describe.each(WORKER_KINDS)('a circuit breaker over kind %s', (kind) => {
  it.each([true, false])('counts deaths of workers where crashes is %s', async (crashes) => {
    const options = { kind, workers: 1, tasks: { leave: { breaker: { consecutive: 2, crashes, openMs: 60_000 } } } };
    await withPool('calls-server.mjs', options, async (pool) => {
      for (const code of [3, 4])
        expect(await failure(pool.run('leave', code))).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
      expect(pool.breaker('leave').state).toBe(crashes ? 'open' : 'closed');
    });
  });

  it('opens for handlers that do not end', async () => {
    const call = { timeoutMs: 50, breaker: { consecutive: 2, openMs: 60_000 } };
    await withCalls({ kind, workers: 2, graceMs: 5000 }, call, async (pool, server) => {
      server.answer = () => {};
      const opened = nextEvent<BreakerEvent>(pool, 'breaker:open');
      const errors = [1, 2].map(() => failure(pool.run('call', { port: server.port })));
      for (const error of errors) expect(await error).toMatchObject({ code: 'ERR_TASK_TIMEOUT' });
      expect(await opened).toMatchObject({ error: { code: 'ERR_TASK_TIMEOUT' } });
    });
  });
});
