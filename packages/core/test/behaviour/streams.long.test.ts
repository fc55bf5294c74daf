import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { Pool, TaskStream } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, fixture, KINDS, nextEvent, withPool, WORKER_KINDS } from './pools.js';

type Seen = { produced: number; closed: number; started: number };

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

/** The values of a stream, and the error that ended it. */
async function untilError(stream: AsyncIterable<unknown>): Promise<{ values: unknown[]; error: unknown }> {
  const values: unknown[] = [];
  try {
    for await (const value of stream) values.push(value);
  } catch (error) {
    return { values, error };
  }
  throw new Error(`It did not fail after ${values.length} values.`);
}

/** What the handlers of the one worker have done; it answers beside streams that stand still. */
const seen = (pool: Pool): Promise<Seen> => pool.run('seen') as Promise<Seen>;

/** Resolves when this holds of the worker. */
async function until(pool: Pool, holds: (seen: Seen) => boolean): Promise<Seen> {
  for (;;) {
    const now = await seen(pool);
    if (holds(now)) return now;
    await turn();
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const values = async (stream: TaskStream<unknown>, count: number): Promise<unknown[]> => {
  const taken: unknown[] = [];
  for (let n = 0; n < count; n++) taken.push((await stream.next()).value);
  return taken;
};

describe.each(KINDS)('a stream, kind %s,', (kind) => {
  it.each(['count', 'countAtOnce', 'custom'])('has the values of %s in order, and ends', async (name) => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await all(pool.stream(name, 0))).toEqual([]);
      expect(await all(pool.stream(name, 1))).toEqual([0]);
      expect(await all(pool.stream(name, 10_000))).toEqual(numbers(10_000));
      expect(pool.stats().tasks).toMatchObject({ submitted: 3, completed: 3 });
    });
  });

  it.each(['readable', 'laterReadable'])('has the values of a Readable that a handler returns, %s', async (name) => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const given = ['a', { b: 2 }, Buffer.from('c'), [4]];
      expect(await all(pool.stream(name, given))).toEqual(given);
    });
  });

  it('carries objects of a shape, large buffers, and each value as it was', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const shapes = numbers(1000).map((n) => ({ n, name: `name ${n}`, nested: { even: n % 2 === 0 } }));
      const [first, second, changed] = await Promise.all([
        all(pool.stream('shapes', 1000)),
        all(pool.stream('shapes', 1000)),
        all(pool.stream('sameObject', 300)),
      ]);
      expect(first).toEqual(shapes);
      expect(second).toEqual(shapes);
      expect(changed).toEqual(numbers(300).map((n) => ({ n })));
      for (const bytes of [10, 5000, 70_000, 1_500_000]) {
        const buffers = await all(pool.stream('buffers', { count: 8, bytes }));
        expect(
          buffers.map((each) => Buffer.compare(each as Buffer, Buffer.alloc(bytes, buffers.indexOf(each)))),
        ).toEqual(Array(8).fill(0));
      }
    });
  });

  it.each([1, 2, 5, 64, 1000])('stops its handler within a credit of %i values', async (highWaterMark) => {
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 2 }, async (pool) => {
      for (const name of ['count', 'countAtOnce']) {
        const before = await seen(pool);
        const stream = pool.stream(name, undefined, { highWaterMark });
        for (let taken = 0; taken < 40; taken++) {
          expect((await stream.next()).value).toBe(taken);
          const { produced } = await seen(pool);
          expect(produced - before.produced - (taken + 1)).toBeLessThanOrEqual(highWaterMark);
        }
        // All the credit is used, and no more of it.
        const { produced } = await until(pool, (now) => now.produced - before.produced >= Math.min(40, highWaterMark));
        expect(produced - before.produced).toBeLessThanOrEqual(40 + highWaterMark);
        await stream.return();
        expect((await until(pool, ({ closed }) => closed > before.closed)).closed).toBe(before.closed + 1);
      }
    });
  });

  it('that nothing reads stays within its credit, and its time limit ends it', async () => {
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 2 }, async (pool) => {
      const before = await seen(pool);
      const stream = pool.stream('count', undefined, { highWaterMark: 3, timeoutMs: 300 });
      const after = await until(pool, ({ closed }) => closed > before.closed);
      expect(after.produced - before.produced).toBe(3);
      const { values: got, error } = await untilError(stream);
      expect(got).toEqual([0, 1, 2]);
      expect(error).toMatchObject({ code: 'ERR_TASK_TIMEOUT', details: { by: 'timeoutMs' } });
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      expect(pool.stats().tasks).toMatchObject({ timedOut: 1, failed: 1 });
    });
  });

  it('of large values stops at its bytes', async () => {
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 2 }, async (pool) => {
      const stream = pool.stream('buffers', { count: 100, bytes: 300_000 }, { highWaterMark: 1000 });
      const first = await stream.next();
      expect(first.value).toHaveLength(300_000);
      expect((await all(stream)).length).toBe(99);
    });
  });

  it('of values that were moved stops at their bytes, too', async () => {
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 2 }, async (pool) => {
      const before = await seen(pool);
      const stream = pool.stream('movedBuffers', { count: 12, bytes: 2_000_000 });
      for (let taken = 1; taken <= 12; taken++) {
        const { value } = (await stream.next()) as { value: Buffer };
        expect(Buffer.compare(value, Buffer.alloc(2_000_000, taken - 1))).toBe(0);
        // One of them is more than the credit.
        expect((await seen(pool)).produced - before.produced).toBeLessThanOrEqual(taken + 1);
      }
      expect(await stream.next()).toEqual({ done: true, value: undefined });
    });
  });

  it('left before it is there closes the Readable that its handler returns then', async () => {
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 2 }, async (pool) => {
      const before = await seen(pool);
      let tell = (): void => {};
      const hasBegun = new Promise<void>((resolve) => (tell = resolve));
      const stream = pool.stream('readableTooLate', undefined, { onProgress: tell });
      await hasBegun;
      await stream.return();
      await until(pool, ({ closed }) => closed === before.closed + 1);
    });
  });

  it('has its progress at the pace of its call, the last value before its end', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const heard: unknown[] = [];
      const options = { progressEveryMs: Infinity, onProgress: (value: unknown) => heard.push(value) };
      expect(await all(pool.stream('reports', 50, options))).toEqual(numbers(50));
      expect(heard.splice(0)).toEqual([0, 49]);
      await pool.start('reportsAlone', 20, options).result;
      expect(heard.splice(0)).toEqual([0, 19]);
    });
  });

  it('is refused at once by a circuit breaker, by that of its key', async () => {
    const breaker = { consecutive: 1, openMs: 60_000, key: (input: unknown) => String(input) };
    await withPool('streams.mjs', { kind, workers: 1, tasks: { failsAtOnce: { breaker } } }, async (pool) => {
      expect((await untilError(pool.stream('failsAtOnce', 'a'))).error).toBeInstanceOf(RangeError);
      expect((await untilError(pool.stream('failsAtOnce', 'b'))).error).toBeInstanceOf(RangeError);
      expect(pool.breaker('failsAtOnce', 'a').state).toBe('open');
      const { submitted } = pool.stats().tasks;
      for (const key of ['a', 'b']) {
        expect((await untilError(pool.stream('failsAtOnce', key))).error).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
        expect(await failure(pool.start('failsAtOnce', key).result)).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
      }
      expect(pool.stats().tasks.submitted).toBe(submitted);
    });
  });

  it('left early closes its generator, and its place is free', async () => {
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 1 }, async (pool) => {
      const { closed } = await seen(pool);
      for await (const value of pool.stream('count')) if (value === 5) break;
      for await (const value of pool.stream('countAtOnce')) if (value === 5) break;
      // Waits for something that only its signal ends.
      for await (const value of pool.stream('waits')) if (value === 'first') break;
      expect((await seen(pool)).closed).toBe(closed + 3);
      expect(pool.stats().tasks).toMatchObject({ cancelled: 3, failed: 0, completed: 2 });
    });
  });

  it('left before its first value is cancelled', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const before = await seen(pool);
      const stream = pool.stream('count');
      await stream.return();
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      const disposed = pool.stream('count');
      expect((await disposed.next()).value).toBe(0);
      await disposed[Symbol.asyncDispose]();
      expect(await disposed.next()).toEqual({ done: true, value: undefined });
      expect(pool.stats().tasks.cancelled).toBe(2);
      const { started, closed } = await seen(pool);
      expect(started - before.started).toBe(closed - before.closed);
    });
  });

  it('has an error after the values before it, once', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const stream = pool.stream('failsAfter', numbers(500));
      const { values: got, error } = await untilError(stream);
      expect(got).toEqual(numbers(500));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: 'no more', code: 'E_NO_MORE', origin: { task: 'failsAfter' } });
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      expect((await untilError(pool.stream('failsAtOnce'))).error).toMatchObject({ message: 'not even a stream' });
      expect(pool.stats().tasks).toMatchObject({ failed: 2 });
    });
  });

  it('has the same after a slow reader', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const got: unknown[] = [];
      const read = async (): Promise<void> => {
        for await (const value of pool.stream('failsAfter', numbers(30), { highWaterMark: 4 })) {
          got.push(value);
          await turn();
        }
      };
      expect(await failure(read())).toMatchObject({ code: 'E_NO_MORE' });
      expect(got).toEqual(numbers(30));
    });
  });

  it.each([
    ['a list', [1, 2]],
    ['a string', 'text'],
    ['null', null],
    ['an object that is no stream', { next: 1 }],
  ])('of a handler that returns %s fails', async (kindOfValue, value) => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const { error } = await untilError(pool.stream('notAStream', value));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain(`"notAStream" was called for a stream and returned`);
      expect((error as Error).message).toContain(kindOfValue);
    });
  });

  it('ends at a value that cannot be sent', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const { values: got, error } = await untilError(pool.stream('oddValues'));
      expect(got).toEqual([1]);
      expect(error).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE', details: { task: 'oddValues', what: 'result' } });
      expect(await all(pool.stream('count', 2))).toEqual([0, 1]);
    });
  });

  it('of no handler, of a closed pool, or with an aborted signal fails when it is read', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      expect((await untilError(pool.stream('cuont'))).error).toMatchObject({
        code: 'ERR_TASK_NOT_FOUND',
        details: { nearest: 'count' },
      });
      const signal = AbortSignal.abort(new Error('never wanted'));
      expect((await untilError(pool.stream('count', 1, { signal }))).error).toBe(signal.reason);
      await pool.close();
      expect((await untilError(pool.stream('count', 1))).error).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
  });

  it('refuses wrong options at once', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const option = (options: object) => () => pool.stream('count', 1, options);
      expect(option({ highWaterMark: 0 })).toThrow('Option "highWaterMark" must be an integer from 1 to 1000000');
      expect(option({ highWatermark: 1 })).toThrow('highWaterMark');
      expect(option({ cache: false })).toThrow('cache');
      expect(() => pool.stream('')).toThrow('name of a handler');
      expect(pool.stats().tasks.submitted).toBe(0);
    });
  });

  it('rejects at once with the reason of its signal', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const controller = new AbortController();
      const stream = pool.stream('count', undefined, { signal: controller.signal });
      expect(await values(stream, 3)).toEqual([0, 1, 2]);
      const reason = new Error('changed my mind');
      controller.abort(reason);
      expect(await failure(stream.next())).toBe(reason);
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      const second = new AbortController();
      const waiting = pool.stream('waits', undefined, { signal: second.signal });
      expect((await waiting.next()).value).toBe('first');
      const next = failure(waiting.next());
      second.abort(reason);
      expect(await next).toBe(reason);
      expect(pool.stats().tasks.cancelled).toBe(2);
    });
  });

  it('answers several questions at once in their order', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const stream = pool.stream('count', 3);
      const answers = await Promise.all(Array.from({ length: 5 }, () => stream.next()));
      expect(answers.map(({ done, value }) => (done === true ? 'end' : value))).toEqual([0, 1, 2, 'end', 'end']);
    });
  });

  it('has values in the codec of the pool, and ends at one that cannot be read', async () => {
    const codec = fixture('codecs/json-lines.mjs');
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 1, codec }, async (pool) => {
      const given = [{ a: 1 }, 'b', [3]];
      expect(await all(pool.stream('readable', given))).toEqual(given);
      expect(await pool.run('collect', Readable.from(given))).toEqual(given);
      const endless = pool.stream('repeats', ['a', 'b', 'cannot be decoded']);
      const { values: got, error } = await untilError(endless);
      expect(got).toEqual(['a', 'b']);
      expect(error).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE', details: { what: 'result' } });
      // Its handler has ended: it runs in the same place.
      await pool.run('seen');
    });
  });

  it('runs beside others, and all come whole', async () => {
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 8 }, async (pool) => {
      const all8 = await Promise.all(
        numbers(8).map((n) => all(pool.stream('count', 500 + n, { highWaterMark: n + 1 }))),
      );
      expect(all8.map((each) => each.length)).toEqual(numbers(8).map((n) => 500 + n));
      for (const each of all8) expect(each).toEqual(numbers(each.length));
    });
  });

  it('is tried again only if no value has arrived', async () => {
    await withPool(
      'streams.mjs',
      { kind, workers: 1, retry: { attempts: 5, backoff: { baseMs: 1 } } },
      async (pool) => {
        expect(await all(pool.stream('failsAtFirst'))).toEqual([3]);
        expect(pool.stats().tasks.retried).toBe(2);
        const { values: got, error } = await untilError(pool.stream('failsLate'));
        expect([got, (error as Error).message]).toEqual([[1], 'too late for another try']);
        expect(pool.stats().tasks.retried).toBe(2);
      },
    );
  });

  it('goes past the result cache', async () => {
    await withPool('streams.mjs', { kind, workers: 1, tasks: { count: { cache: true } } }, async (pool) => {
      const { started } = await seen(pool);
      expect(await all(pool.stream('count', 2))).toEqual([0, 1]);
      expect(await all(pool.stream('count', 2))).toEqual([0, 1]);
      expect((await seen(pool)).started).toBe(started + 2);
    });
  });

  it('holds up close() until it has ended, and may be read after that', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const stream = pool.stream('count', 200);
      expect((await stream.next()).value).toBe(0);
      const closed = pool.close();
      const rest = await all(stream);
      expect(rest).toEqual(numbers(200).slice(1));
      await closed;
    });
  });

  it('of a short answer may be read when the pool is closed', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const stream = pool.stream('count', 50);
      await pool.close();
      expect(await all(stream)).toEqual(numbers(50));
    });
  });

  it('is ended by destroy(), and by the limit of close()', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const stream = pool.stream('count');
      expect(await values(stream, 2)).toEqual([0, 1]);
      const [, { error }] = await Promise.all([pool.close({ timeoutMs: 20 }), untilError(stream)]);
      expect(error).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const stream = pool.stream('waits');
      expect((await stream.next()).value).toBe('first');
      const end = failure(stream.next());
      await pool.destroy();
      expect(await end).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
  });

  it('gives its first value before its handler has the second', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const stream = pool.stream('waits');
      expect((await stream.next()).value).toBe('first');
      await stream.return();
    });
  });

  it('is a source for Readable.from', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await Readable.from(pool.stream('count', 300)).toArray()).toEqual(numbers(300));
    });
  });
});

/** A stream whose handler ends for nothing, after its first value. */
async function standingStill(pool: Pool): Promise<TaskStream<unknown>> {
  let tell = (): void => {};
  const standsStill = new Promise<void>((resolve) => (tell = resolve));
  const stream = pool.stream('ignoresEverything', undefined, { onProgress: tell });
  expect((await stream.next()).value).toBeTypeOf('number');
  await standsStill;
  return stream;
}

describe.each(WORKER_KINDS)('a stream in a worker, kind %s,', (kind) => {
  it('ends with the death of the worker, after the values that have arrived', async () => {
    const dies = kind === 'process' ? 'dies' : 'throwsOutside';
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const exited = nextEvent(pool, 'worker:exited');
      const { values: got, error } = await untilError(pool.stream(dies, numbers(20), { retry: 3 }));
      await exited;
      // Nothing is said of how much had left. What arrived is a beginning of what was yielded.
      expect([...numbers(20), 'last words'].slice(0, got.length)).toEqual(got);
      expect(got.length).toBeGreaterThan(0);
      expect(error).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
      expect(pool.stats().tasks).toMatchObject({ failed: 1, retried: 0, crashed: 1 });
      expect(await all(pool.stream('count', 3))).toEqual([0, 1, 2]);
    });
  });

  it('left early, with a handler that ignores it, ends with its worker after the grace', async () => {
    await withPool('streams.mjs', { kind, workers: 1, graceMs: 50 }, async (pool) => {
      const exited = nextEvent<{ workerId: number; killedFor?: string }>(pool, 'worker:exited');
      const stream = await standingStill(pool);
      await stream.return();
      expect(await exited).toMatchObject({ workerId: 1, killedFor: expect.stringContaining('graceMs') as string });
      expect(await all(pool.stream('count', 3))).toEqual([0, 1, 2]);
      expect(pool.stats().tasks).toMatchObject({ cancelled: 1, completed: 1 });
    });
  });

  it('of a handler that blocks its thread is cancelled between two values', async () => {
    await withPool('streams.mjs', { kind, workers: 1, graceMs: 10_000 }, async (pool) => {
      for await (const value of pool.stream('blocks', 30)) if (value === 2) break;
      // In the same worker: it was not killed.
      await pool.run('seen');
      expect(pool.stats().workerList.map(({ id }) => id)).toEqual([1]);
    });
  });

  it('moves to another worker if its own dies before it begins', async () => {
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 1, prefetch: 4 }, async (pool) => {
      const first = pool.stream(kind === 'process' ? 'dies' : 'throwsOutside', []);
      const second = pool.stream('count', 3);
      expect((await untilError(first)).error).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
      expect(await all(second)).toEqual([0, 1, 2]);
    });
  });
});
