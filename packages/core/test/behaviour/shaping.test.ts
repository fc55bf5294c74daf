import { coalesce, type Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, KINDS, withPool } from './pools.js';

/** Longer than any test: what waits runs by flush, or by the end of the pool. */
const LONG_MS = 1e8;

const square = (pool: Pool, n: number): Promise<{ square: number; calls: number }> =>
  pool.run('square', n) as Promise<{ square: number; calls: number }>;

describe.each(KINDS)('a debounced task over kind %s', (kind) => {
  it('runs once for ten calls, and all get that result, each a copy of its own', async () => {
    const tasks = { square: { debounce: { waitMs: 20 } } };
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks }, async (pool) => {
      const results = await Promise.all(Array.from({ length: 10 }, (_, n) => square(pool, n)));
      expect(results.every((each) => each.square === 81)).toBe(true);
      expect(new Set(results).size).toBe(10);
      expect(pool.stats()).toMatchObject({
        shaping: { square: { calls: 10, ran: 1, superseded: 9, reductionShare: 0.9 } },
        tasks: { submitted: 1, completed: 1 },
      });
    });
  });

  it('gets the input as it was at the call', async () => {
    await withPool(
      'echo.mjs',
      { kind, workers: 1, tasks: { echo: { debounce: { waitMs: LONG_MS } } } },
      async (pool) => {
        const input = { text: 'before' };
        const echoed = pool.run('echo', input);
        input.text = 'after';
        pool.flush('echo');
        expect(await echoed).toEqual({ text: 'before' });
      },
    );
  });

  it('gets a Buffer as one, and so do all that share the result', async () => {
    const tasks = { echo: { debounce: { waitMs: LONG_MS } } };
    await withPool('echo.mjs', { kind, workers: 1, tasks }, async (pool) => {
      const calls = [1, 2, 3].map((n) => pool.run('echo', { n, bytes: Buffer.from('abc') }));
      pool.flush('echo');
      const results = (await Promise.all(calls)) as { n: number; bytes: Buffer }[];
      expect(results.map(({ n, bytes }) => [n, Buffer.isBuffer(bytes)])).toEqual([
        [3, true],
        [3, true],
        [3, true],
      ]);
      results[0]?.bytes.fill(0);
      expect(results[1]?.bytes.toString()).toBe('abc');
    });
  });

  it('rejects calls that are replaced, where that is asked for', async () => {
    const tasks = { square: { debounce: { waitMs: 20, superseded: 'reject' as const } } };
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks }, async (pool) => {
      const [first, last] = [failure(square(pool, 1)), square(pool, 2)];
      expect(await first).toMatchObject({ code: 'ERR_SUPERSEDED', details: { task: 'square' } });
      expect(await last).toMatchObject({ square: 4 });
    });
  });

  it('keeps keys apart', async () => {
    const tasks = { square: { debounce: { waitMs: 20, key: (n: number) => n % 2 } } };
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks }, async (pool) => {
      const results = await Promise.all([1, 2, 3, 4].map((n) => square(pool, n)));
      expect(results.map((each) => each.square)).toEqual([9, 16, 9, 16]);
    });
  });

  it('rejects a call whose key throws or is none, and later calls run', async () => {
    const key = (n: number): number => {
      if (n < 0) throw new Error('negative');
      return n === 0 ? NaN : n;
    };
    const tasks = { square: { debounce: { waitMs: 1, key } } };
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks }, async (pool) => {
      const details = { option: 'tasks.square.debounce.key' };
      expect(await failure(square(pool, -1))).toMatchObject({
        code: 'ERR_OPTION',
        details,
        cause: { message: 'negative' },
      });
      expect(await failure(square(pool, 0))).toMatchObject({ code: 'ERR_OPTION', details });
      expect(await square(pool, 3)).toMatchObject({ square: 9 });
    });
  });

  it('runs what waits when the pool closes', async () => {
    await withPool(
      'counts-calls.mjs',
      { kind, workers: 1, tasks: { square: { debounce: { waitMs: LONG_MS } } } },
      async (pool) => {
        const waiting = [square(pool, 1), square(pool, 2)];
        await pool.close();
        expect(await Promise.all(waiting)).toMatchObject([{ square: 4 }, { square: 4 }]);
        expect(await failure(square(pool, 3))).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      },
    );
  });

  it('may be flushed while the pool closes, and runs once', async () => {
    await withPool(
      'counts-calls.mjs',
      { kind, workers: 1, tasks: { square: { debounce: { waitMs: LONG_MS } } } },
      async (pool) => {
        const waiting = square(pool, 2);
        const closed = pool.close();
        pool.flush();
        await closed;
        pool.flush('square');
        expect(await waiting).toMatchObject({ square: 4, calls: expect.any(Number) as number });
        expect(pool.stats().tasks.submitted).toBe(1);
      },
    );
  });

  it('rejects what waits when the pool is destroyed', async () => {
    await withPool(
      'counts-calls.mjs',
      { kind, workers: 1, tasks: { square: { debounce: { waitMs: LONG_MS } } } },
      async (pool) => {
        const waiting = [failure(square(pool, 1)), failure(square(pool, 2))];
        await pool.destroy('enough');
        for (const error of await Promise.all(waiting)) {
          expect(error).toMatchObject({ code: 'ERR_POOL_CLOSED', cause: 'enough' });
        }
        expect(pool.stats().tasks.submitted).toBe(0);
      },
    );
  });

  it('lets a call leave by its signal while it waits, and while it runs', async () => {
    await withGate((gate) =>
      withPool(
        'counts-calls.mjs',
        { kind, workers: 1, tasks: { wait: { debounce: { waitMs: LONG_MS } } } },
        async (pool) => {
          const abort = new AbortController();
          const input = { port: gate.port, name: 'a' };
          const [gone, stays] = [failure(pool.run('wait', input, { signal: abort.signal })), pool.run('wait', input)];
          abort.abort(new Error('gone'));
          expect((await gone).message).toBe('gone');
          pool.flush();
          await gate.whenArrived('a');
          gate.pass('a', 'let through');
          expect(await stays).toBe('let through');

          const later = new AbortController();
          const last = failure(pool.run('wait', { ...input, name: 'b' }, { signal: later.signal }));
          pool.flush();
          await gate.whenArrived('b');
          later.abort(new Error('gone, too'));
          expect((await last).message).toBe('gone, too');
          if (kind === 'inline') gate.pass('b');
          expect(pool.stats().tasks).toMatchObject({ submitted: 2, completed: 1, cancelled: 1 });
        },
      ),
    );
  });

  it('ends a call at its deadline while it waits', async () => {
    await withPool(
      'counts-calls.mjs',
      { kind, workers: 1, tasks: { square: { debounce: { waitMs: LONG_MS } } } },
      async (pool) => {
        const late = await failure(pool.run('square', 1, { deadline: Date.now() + 20 }));
        expect(late).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT', details: { task: 'square' } });
        expect(pool.stats().tasks.submitted).toBe(0);
      },
    );
  });

  it('runs every input of map, and every worker of broadcast', async () => {
    await withPool(
      'counts-calls.mjs',
      { kind, workers: 1, tasks: { square: { debounce: { waitMs: LONG_MS } } } },
      async (pool) => {
        const squares: number[] = [];
        for await (const each of pool.map('square', [1, 2, 3])) squares.push((each as { square: number }).square);
        expect(squares).toEqual([1, 4, 9]);
        expect(await pool.broadcast('square', 4)).toMatchObject([{ square: 16 }]);
        expect(pool.stats().shaping).toBeUndefined();
      },
    );
  });

  it('keeps no result in the cache that belongs to another input', async () => {
    const tasks = { square: { cache: true, debounce: { waitMs: 20 } } };
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks }, async (pool) => {
      const [one, two] = await Promise.all([square(pool, 1), square(pool, 2)]);
      expect([one.square, two.square]).toEqual([4, 4]);
      expect([pool.cache?.has('square', 1), pool.cache?.has('square', 2)]).toEqual([false, true]);
      expect(await square(pool, 1)).toMatchObject({ square: 1 });
      expect(await square(pool, 2)).toEqual(two);
    });
  });

  it('keeps no failure in the cache that belongs to another input', async () => {
    const tasks = { failOdd: { cache: { failures: { ttlMs: 1e6 } }, debounce: { waitMs: 20 } } };
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks }, async (pool) => {
      await Promise.all([failure(pool.run('failOdd', 2)), failure(pool.run('failOdd', 1))]);
      expect(await pool.run('failOdd', 2)).toBe(2);
    });
  });
});

describe.each(KINDS)('a throttled task over kind %s', (kind) => {
  it('runs at once, and then the last call of a burst', async () => {
    await withPool(
      'counts-calls.mjs',
      { kind, workers: 1, tasks: { square: { throttle: { everyMs: 50 } } } },
      async (pool) => {
        const results = await Promise.all(Array.from({ length: 100 }, (_, n) => square(pool, n)));
        expect(results[0]).toMatchObject({ square: 0 });
        expect(results.slice(1).every((each) => each.square === 99 * 99)).toBe(true);
        expect(pool.stats().shaping?.['square']).toEqual({ calls: 100, ran: 2, superseded: 98, reductionShare: 0.98 });
      },
    );
  });

  it('without trailing answers later calls with the result before them', async () => {
    const tasks = { square: { throttle: { everyMs: LONG_MS, trailing: false } } };
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks }, async (pool) => {
      const first = await square(pool, 1);
      first.square = 99;
      expect(await square(pool, 2)).toEqual({ square: 1, calls: first.calls });
    });
  });
});

describe.each(KINDS)('progress at a pace over kind %s', (kind) => {
  it('leaves values out, but never the first and the last one', async () => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      const heard: unknown[] = [];
      const options = { onProgress: (value: unknown) => heard.push(value), progressEveryMs: 1e6 };
      const values = Array.from({ length: 50 }, (_, n) => n);
      expect(await pool.run('tell', values, options)).toBe('told');
      expect(heard).toEqual([0, 49]);
    });
  });

  it('comes with the last value before a failure, too', async () => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      const heard: unknown[] = [];
      const options = { onProgress: (value: unknown) => heard.push(value), progressEveryMs: 1e6 };
      await failure(pool.run('tellAndFail', [1, 2, 3], options));
      expect(heard).toEqual([1, 3]);
    });
  });

  it('holds for calls that exchange messages, and for streams', async () => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      const heard: unknown[] = [];
      const options = { onProgress: (value: unknown) => heard.push(value), progressEveryMs: 1e6 };
      expect(await pool.start('tell', [1, 2, 3], options).result).toBe('told');
      expect(heard).toEqual([1, 3]);
      heard.length = 0;
      const values: unknown[] = [];
      for await (const value of pool.stream('tellAndYield', [4, 5, 6], options)) values.push(value);
      await pool.idle();
      expect([values, heard]).toEqual([
        [4, 5, 6],
        [4, 6],
      ]);
      const refused = pool.start('tellAndFail', [7, 8, 9], options).result;
      expect((await failure(refused)).message).toBe('told, and failed');
      expect(heard.slice(2)).toEqual([7, 9]);
    });
  });

  it('is every value where no pace is given', async () => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      const heard: unknown[] = [];
      await pool.run('tell', [1, 2, 3], { onProgress: (value) => heard.push(value) });
      expect(heard).toEqual([1, 2, 3]);
    });
  });
});

describe('coalesce', () => {
  it('needs no pool, and reports what apply throws as uncaught', async () => {
    const heard: string[] = [];
    const applied: number[][] = [];
    const own = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error: Error) => heard.push(error.message));
    try {
      await new Promise<void>((resolve) => {
        const show = coalesce<number>({ everyMs: 1 }, (values) => {
          applied.push(values);
          if (applied.length === 1) throw new Error('no display');
          resolve();
        });
        show(1);
        show.flush();
        show(2);
        show(3);
      });
      expect([heard, applied]).toEqual([['no display'], [[1], [3]]]);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of own) process.on('uncaughtException', listener);
    }
  });
});
