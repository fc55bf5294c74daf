import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { failure, fixture, KINDS, nextEvent, started, withPool, WORKER_KINDS } from './pools.js';

/** A source that says how far it was read, and whether it was closed. */
function watched(end = Infinity, failAt = Infinity) {
  const state = { asked: 0, closed: 0 };
  let tellClosed = (): void => {};
  const whenClosed = new Promise<void>((resolve) => (tellClosed = resolve));
  async function* values(): AsyncGenerator<number> {
    try {
      for (let n = 0; n < end; n++) {
        state.asked++;
        if (n === failAt) throw Object.assign(new RangeError('the source is broken'), { code: 'E_SOURCE' });
        yield n;
      }
    } finally {
      state.closed++;
      tellClosed();
    }
  }
  return { state, source: values(), whenClosed };
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe.each(KINDS)('an input that flows, kind %s,', (kind) => {
  it('of an async generator comes in order, and is closed at its end', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const { source, state } = watched(5000);
      expect(await pool.run('sum', source)).toBe((4999 * 5000) / 2);
      expect(state).toEqual({ asked: 5000, closed: 1 });
      expect(await pool.run('collect', watched(0).source)).toEqual([]);
      expect(await pool.run('collect', watched(300).source)).toEqual(numbers(300));
    });
  });

  it('of a Readable, of bytes and of objects, and of a ReadableStream', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const chunks = numbers(20).map((n) => Buffer.alloc(70_000, n));
      const bytes = (await pool.run('collect', Readable.from(chunks, { objectMode: false }))) as Uint8Array[];
      expect(Buffer.compare(Buffer.concat(bytes), Buffer.concat(chunks))).toBe(0);
      const objects = numbers(200).map((n) => ({ n, even: n % 2 === 0 }));
      expect(await pool.run('collect', Readable.from(objects))).toEqual(objects);
      const ofBlob = (await pool.run('collect', new Blob(['a', 'b']).stream())) as Uint8Array[];
      expect(Buffer.concat(ofBlob).toString()).toBe('ab');
    });
  });

  it('and a stream go both ways at once', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const { source, state } = watched(2000);
      expect(await all(pool.stream('double', source))).toEqual(numbers(2000).map((n) => n * 2));
      expect(state.closed).toBe(1);
    });
  });

  it('is read no further than its handler has credit for, and not before it asks', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const { source, state } = watched(150);
      const call = pool.start('readsByHand', source);
      const answers: unknown[] = [];
      let answered = (): void => {};
      call.on('message', (answer) => {
        answers.push(answer);
        answered();
      });
      await pool.ready();
      for (let n = 0; n <= 150; n++) {
        if (n === 0) expect(state.asked).toBe(0);
        const answer = new Promise<void>((resolve) => (answered = resolve));
        call.post('next');
        await answer;
        expect(state.asked - answers.length).toBeLessThanOrEqual(64);
      }
      expect(await call.result).toBe('read');
      expect(answers.slice(0, -1)).toEqual(numbers(150).map((value) => ({ done: false, value })));
      expect(state).toEqual({ asked: 150, closed: 1 });
    });
  });

  it('is closed when its handler leaves it early, or never reads it', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const left = watched();
      expect(await pool.run('takeThree', left.source)).toEqual([0, 1, 2]);
      await left.whenClosed;
      expect(left.state.asked).toBeLessThanOrEqual(3 + 64);
      const unread = watched();
      expect(await pool.run('ignoresInput', unread.source)).toBe('not read');
      expect(await unread.source.next()).toEqual({ done: true, value: undefined });
      const readable = Readable.from(numbers(10));
      expect(await pool.run('ignoresInput', readable)).toBe('not read');
      expect(readable.destroyed).toBe(true);
    });
  });

  it('passes the error of its source on, after the values before it', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('reasonOfInput', watched(Infinity, 100).source)).toEqual({
        all: numbers(100),
        name: 'RangeError',
        message: 'the source is broken',
        code: 'E_SOURCE',
      });
      const error = await failure(pool.run('sum', watched(Infinity, 3).source));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ code: 'E_SOURCE', message: 'the source is broken' });
      const readable = new Readable({ read() {} });
      const broken = pool.run('reasonOfInput', readable);
      readable.push('a');
      await turn();
      readable.destroy(new Error('the file is gone'));
      expect(await broken).toMatchObject({ message: 'the file is gone' });
    });
  });

  it('fails for the handler at a value that cannot be sent', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const source = Readable.from([1, () => {}, 3]);
      expect(await pool.run('reasonOfInput', source)).toMatchObject({
        all: [1],
        code: 'ERR_NOT_SERIALIZABLE',
        message: expect.stringContaining('The input of task "reasonOfInput"') as string,
      });
      expect(source.destroyed).toBe(true);
    });
  });

  it('ends for the handler at a value that cannot be read, and is closed', async () => {
    const codec = fixture('codecs/json-lines.mjs');
    await withPool('streams.mjs', { kind, workers: 1, codec }, async (pool) => {
      const source = Readable.from(['a', 'cannot be decoded', 'c']);
      const closed = new Promise((resolve) => source.on('close', resolve));
      expect(await pool.run('reasonOfInput', source)).toMatchObject({
        all: ['a'],
        code: 'ERR_NOT_SERIALIZABLE',
        message: expect.stringContaining('it cannot be read again: its codec threw') as string,
      });
      await closed;
    });
  });

  it('is what the functions of its name get, and their fallback answers for it', async () => {
    const given: unknown[] = [];
    const breaker = {
      consecutive: 1,
      openMs: 60_000,
      key(input: unknown) {
        given.push(input);
        return 'one';
      },
      fallback: (_error: unknown, input: unknown) => ['instead of', input],
    };
    await withPool('streams.mjs', { kind, workers: 1, tasks: { sum: { breaker } } }, async (pool) => {
      const broken = watched(9, 0).source;
      expect(await failure(pool.run('sum', broken))).toMatchObject({ code: 'E_SOURCE' });
      const { source, state } = watched(3);
      expect(await pool.run('sum', source)).toEqual(['instead of', source]);
      expect(given).toEqual([broken, source]);
      // A call that is refused leaves its source as it is.
      expect([await all(source), state.closed]).toEqual([numbers(3), 1]);
    });
  });

  it('ends with the abort of its task, for the handler too', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const { source, whenClosed } = watched(1);
      const endless = (async function* () {
        yield* source;
        await new Promise(() => {});
      })();
      const controller = new AbortController();
      const { result } = await started(pool, 'readsUntilAborted', endless, { signal: controller.signal });
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await failure(result)).toBe(reason);
      await whenClosed;
      // It runs in the same place, so the handler has ended.
      expect(await pool.run('seen')).toMatchObject({ closed: 1 });
    });
  });

  it('of a task that never begins is closed', async () => {
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 1 }, async (pool) => {
      const holds = pool.stream('waits');
      expect((await holds.next()).value).toBe('first');
      const readable = Readable.from(numbers(10));
      const controller = new AbortController();
      const waits = failure(pool.run('sum', readable, { signal: controller.signal }));
      controller.abort(new Error('no'));
      expect(await waits).toMatchObject({ message: 'no' });
      expect(readable.destroyed).toBe(true);
      await holds.return();
    });
  });

  it('is left alone when its call is refused', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.close();
      const readable = Readable.from([1, 2]);
      expect(await failure(pool.run('sum', readable))).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      expect(await readable.toArray()).toEqual([1, 2]);
    });
  });

  it('of a task that is tried again is whole if it was not read before', async () => {
    await withPool(
      'streams.mjs',
      { kind, workers: 1, retry: { attempts: 5, backoff: { baseMs: 1 } } },
      async (pool) => {
        const { source, state } = watched();
        expect(await pool.run('attempts', source)).toBe(3);
        expect(state.asked).toBe(0);
        expect(await failure(pool.run('sum', watched(9, 3).source))).toMatchObject({ code: 'E_SOURCE' });
        expect(pool.stats().tasks.retried).toBe(2);
      },
    );
  });

  it('of `map` is one for each task', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await all(pool.map('sum', [watched(3).source, watched(4).source]))).toEqual([3, 6]);
    });
  });
});

describe.each(WORKER_KINDS)('an input that flows, in a worker of kind %s,', (kind) => {
  it('is closed when the worker dies', async () => {
    await withPool('streams.mjs', { kind, workers: 1, graceMs: 20 }, async (pool) => {
      const { source, state } = watched();
      const exited = nextEvent(pool, 'worker:exited');
      let tell = (): void => {};
      const standsStill = new Promise<void>((resolve) => (tell = resolve));
      const stream = pool.stream('ignoresEverything', source, { onProgress: tell });
      expect((await stream.next()).value).toBeTypeOf('number');
      await standsStill;
      await stream.return();
      await exited;
      expect(await source.next()).toEqual({ done: true, value: undefined });
      expect(state.asked).toBe(0);
      const read = watched();
      const doubled = pool.stream('double', read.source);
      expect((await doubled.next()).value).toBe(0);
      await pool.destroy();
      await read.whenClosed;
      expect(read.state.closed).toBe(1);
    });
  });
});
