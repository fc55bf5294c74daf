import { isPoolError } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';

describe.each(KINDS)('what a handler throws, kind %s,', (kind) => {
  it.each(['throwing', 'rejecting'])('arrives as it was (%s)', async (name) => {
    await withPool('throws.mjs', { kind, workers: 1 }, async (pool) => {
      const range = await failure(pool.run(name, 'range'));
      expect(range).toBeInstanceOf(RangeError);
      expect(range.message).toBe('too far');
      expect(range.stack).toMatch(/RangeError: too far\n +at .*throws\.mjs/);
      expect(isPoolError(range)).toBe(false);

      const own = await failure(pool.run(name, 'own'));
      expect(own).toBeInstanceOf(TypeError);
      expect(own).toMatchObject({ name: 'HttpError', message: 'status 503', code: 'E_HTTP', status: 503 });
      expect(own.cause).toBeInstanceOf(RangeError);
      expect(own.cause).toMatchObject({ message: 'deeper', cause: { reason: 'deepest' } });

      const several = await failure(pool.run(name, 'several'));
      expect(several).toBeInstanceOf(AggregateError);
      expect(several['errors']).toMatchObject([{ message: 'a' }, 'b']);

      const aborted = await failure(pool.run(name, 'aborted'));
      expect(aborted).toBeInstanceOf(DOMException);
      expect(aborted.name).toBe('AbortError');
    });
  });

  it('says where it came from, without changing what was thrown', async () => {
    await withPool('throws.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.run('echo', 1);
      const error = await failure(pool.run('throwing', 'range'));
      expect(error['origin']).toEqual({ task: 'throwing', taskId: 2, attempt: 1, workerId: 1 });
      expect(Object.keys(error)).toEqual([]);
    });
  });

  it('keeps the bytes that it carries, whatever comes after it', async () => {
    await withPool('payloads.mjs', { kind, workers: 1 }, async (pool) => {
      const errors: [byte: number, error: PromiseLike<unknown>][] = [];
      for (let byte = 1; byte <= 100; byte++) {
        const value = { bytes: Buffer.alloc(100, byte), words: new Uint16Array(50).fill(byte) };
        errors.push([byte, failure(pool.run('throwsWith', value))]);
      }
      const all = await Promise.all(errors.map(async ([byte, error]) => ({ byte, error: await error })));
      // More than the log of results holds.
      const after = Array.from({ length: 2000 }, () => pool.run('same', 'x'.repeat(1000)));
      await Promise.all(after);
      for (const { byte, error } of all) {
        const { value } = error as { value: { bytes: Uint8Array; words: Uint16Array } };
        expect([...new Set(value.bytes), ...new Set(value.words)]).toEqual([byte, byte]);
      }
    });
  });

  it('arrives although parts of it cannot', async () => {
    await withPool('throws.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await failure(pool.run('throwing', 'withFunction'))).toMatchObject({
        message: 'x',
        kept: 1,
        retry: '[function retry]',
      });
      expect((await failure(pool.run('throwing', 'revolt'))).message).toBe('in revolt');
      expect((await failure(pool.run('throwing', 'frozen'))).message).toBe('frozen');
      const ring = await failure(pool.run('throwing', 'ring'));
      expect(ring).toMatchObject({ message: 'ring', cause: { message: 'its cause' } });
      expect((ring.cause as Error).cause).toBe(ring);
    });
  });

  it.each([
    ['inherited', { message: 'odd class' }],
    ['inheritedToo', { message: 'odd class' }],
    ['huge', { name: 'Error' }],
    ['long', { message: 'next' }],
    ['proxied', { name: 'Error' }],
  ])('settles its task, however odd it is: %s', async (what, expected) => {
    await withPool('throws.mjs', { kind, workers: 1 }, async (pool) => {
      const error = await failure(pool.run('throwing', what));
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject(expected);
      expect(error.message.length).toBeLessThan(70_000);
      expect(await pool.run('echo', 'alive')).toBe('alive');
      expect(pool.stats().workerList).toMatchObject([{ id: 1 }]);
    });
  });

  it('keeps what refers to itself, and an origin of its own', async () => {
    await withPool('throws.mjs', { kind, workers: 1 }, async (pool) => {
      const selfish = await failure(pool.run('throwing', 'selfish'));
      expect(selfish['self']).toBe(selfish);
      expect(selfish['errors']).toEqual([selfish, selfish]);
      const owned = await failure(pool.run('throwing', 'owned'));
      expect(owned).toMatchObject({ origin: 'https://example.com', message: 'has an origin' });
    });
  });

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['text', 'just text'],
    ['object', { code: 5 }],
    ['function', '[function anonymous]'],
    ['symbol', 'Symbol(s)'],
  ])('arrives as an Error even if it is none: %s', async (what, cause) => {
    await withPool('throws.mjs', { kind, workers: 1 }, async (pool) => {
      for (const name of ['throwing', 'rejecting']) {
        const error = await failure(pool.run(name, what));
        expect(error).toBeInstanceOf(Error);
        expect(error.message).toMatch(/^The handler threw .*, which is not an Error\.$/);
        expect('cause' in error).toBe(true);
        expect(error.cause).toEqual(cause);
      }
      expect(await pool.run('echo', 'alive')).toBe('alive');
      expect(pool.stats().workerList).toMatchObject([{ id: 1 }]);
    });
  });

  it('is what await makes of whatever looks like a promise, and costs no worker', async () => {
    await withPool('returns-odd-promises.mjs', { kind, workers: 1 }, async (pool) => {
      const kinds = (await pool.run('all')) as string[];
      const ended = await Promise.all(
        kinds.map((odd) =>
          pool.run('odd', odd).then(
            (value) => ['value', value],
            (error: Error) => ['error', error.message],
          ),
        ),
      );
      const awaited = await Promise.all(kinds.map((odd) => pool.run('awaited', odd)));
      expect(Object.fromEntries(kinds.map((odd, at) => [odd, ended[at]]))).toEqual(
        Object.fromEntries(kinds.map((odd, at) => [odd, awaited[at]])),
      );
      expect(kinds).toHaveLength(13);
      expect(pool.stats().workerList).toMatchObject([{ id: 1 }]);
    });
  });

  it('counts once, even from a thenable that calls back twice', async () => {
    await withPool('throws.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('thenable', 'once')).toBe('once');
      expect(await pool.run('echo', 'next')).toBe('next');
      expect(pool.stats().tasks).toMatchObject({ completed: 2, failed: 0 });
    });
  });
});

describe.each(KINDS)('tasks named as what every object has, kind %s,', (kind) => {
  it('run, and have their own counts', async () => {
    await withPool('throws.mjs', { kind, workers: 1 }, async (pool) => {
      const names = ['__proto__', 'constructor', 'toString'];
      for (const name of names) expect(await pool.run(name, 1)).toBe('called 1');
      for (const name of ['valueOf', 'hasOwnProperty']) {
        expect(await failure(pool.run(name, 1))).toMatchObject({ code: 'ERR_TASK_NOT_FOUND', details: { task: name } });
      }
      const { byTask } = pool.stats();
      for (const name of names) expect(byTask[name]).toMatchObject({ completed: 1, failed: 0 });
      // Names that the module does not have share one entry.
      expect(byTask['(other)']).toMatchObject({ completed: 0, failed: 2 });
      expect(byTask['isPrototypeOf']).toBeUndefined();
      for (const name of names) expect(Object.keys(byTask)).toContain(name);
    });
  });
});

describe.each(KINDS)('a result that does not say what it has, kind %s,', (kind) => {
  it('fails its own task', async () => {
    await withPool('throws.mjs', { kind, workers: 1 }, async (pool) => {
      const [gave, echoed] = await Promise.allSettled([pool.run('givesProxy'), pool.run('echo', 'beside')]);
      expect(gave).toMatchObject({ status: 'rejected', reason: { code: 'ERR_NOT_SERIALIZABLE' } });
      expect(echoed).toEqual({ status: 'fulfilled', value: 'beside' });
    });
  });
});

describe.each(KINDS)('an input that cannot be sent, kind %s,', (kind) => {
  const ring: { self?: unknown } = {};
  ring.self = ring;

  it('fails its own task, and none beside it', async () => {
    await withPool('returns-what-cannot-be-sent.mjs', { kind, workers: 1, prefetch: 100 }, async (pool) => {
      const inputs = [1, () => {}, 2, Symbol('s'), { deep: [{ method() {} }] }, 3, ring];
      const outcomes = await Promise.allSettled(inputs.map((input) => pool.run('echo', input)));
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') continue;
        expect(outcome.reason).toMatchObject({
          code: 'ERR_NOT_SERIALIZABLE',
          details: { task: 'echo', what: 'input' },
        });
      }
      expect(await pool.run('whoAmI')).toBe(1);
    });
  });

  it('fails a broadcast', async () => {
    await withPool('returns-what-cannot-be-sent.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      expect(await failure(pool.broadcast('echo', () => {}))).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
    });
  });

  it('is not tried again', async () => {
    await withPool('returns-what-cannot-be-sent.mjs', { kind, workers: 1, retry: 5 }, async (pool) => {
      await failure(pool.run('echo', () => {}));
      await failure(pool.run('give', 'function'));
      expect(pool.stats().tasks).toMatchObject({ failed: 2, retried: 0 });
    });
  });
});

describe.each(KINDS)('a result that cannot be sent, kind %s,', (kind) => {
  it('fails its own task, and none beside it', async () => {
    await withPool('returns-what-cannot-be-sent.mjs', { kind, workers: 1, prefetch: 100 }, async (pool) => {
      const tasks = [
        pool.run('echo', 1),
        pool.run('give', 'function'),
        pool.run('echo', 2),
        pool.run('giveLater', 'symbol'),
        pool.run('give', 'method'),
        pool.run('give', 'getter'),
        pool.run('give', 'ring'),
        pool.run('echo', 3),
      ];
      const outcomes = await Promise.allSettled(tasks);
      expect(outcomes.map(({ status }) => (status === 'fulfilled' ? 'ok' : 'no'))).toEqual([
        'ok',
        'no',
        'ok',
        'no',
        'no',
        'no',
        'ok',
        'ok',
      ]);
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') continue;
        expect(outcome.reason).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE', details: { what: 'result' } });
      }
      expect(await pool.run('whoAmI')).toBe(1);
    });
  });

  it('because it is a generator says what to do', async () => {
    await withPool('returns-what-cannot-be-sent.mjs', { kind, workers: 1 }, async (pool) => {
      const error = await failure(pool.run('countTo', 3));
      expect(error.message).toMatch(
        'it is a generator; call the handler with stream(), or collect its values into an array first',
      );
    });
  });
});

describe.each(KINDS)('progress, kind %s,', (kind) => {
  it('comes in order, all of it before the result', async () => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      const seen: unknown[] = [];
      expect(await pool.run('count', 10, { onProgress: (value) => seen.push(value) })).toBe('counted');
      expect(seen).toEqual(Array.from({ length: 10 }, (_, at) => ({ n: at + 1 })));
    });
  });

  it('goes nowhere without a listener, or when the task is over', async () => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      const seen: unknown[] = [];
      expect(await pool.run('count', 5)).toBe('counted');
      const onProgress = (value: unknown): void => void seen.push(value);
      await pool.run('keepContext', 0, { onProgress });
      await pool.run('reportForTheOneBefore', 0, { onProgress });
      expect(seen).toEqual([]);
    });
  });

  it('that cannot be sent is an error in the handler', async () => {
    await withPool('reports-progress.mjs', { kind, workers: 1 }, async (pool) => {
      await expect(pool.run('reportFunction', 0, { onProgress() {} })).rejects.toThrow(
        'is a function, which cannot be sent',
      );
      expect(await pool.run('echo', 'alive')).toBe('alive');
    });
  });
});

describe.each(KINDS)('tries, kind %s,', (kind) => {
  it('are as many as retry says, for errors it is asked about', async () => {
    await withPool('fails-at-first.mjs', { kind, workers: 1 }, async (pool) => {
      const backoff = { baseMs: 1 };
      expect(await pool.run('succeedAt', 3, { retry: { attempts: 2, backoff } })).toBe(3);
      expect((await failure(pool.run('succeedAt', 3, { retry: { attempts: 1, backoff } }))).message).toBe('try 2');
      const asked: string[] = [];
      const on = (error: unknown): boolean => asked.push((error as Error).message) < 2;
      expect((await failure(pool.run('succeedAt', 9, { retry: { attempts: 8, on, backoff } }))).message).toBe('try 2');
      expect(asked).toEqual(['try 1', 'try 2']);
      expect(pool.stats().tasks).toMatchObject({ completed: 1, failed: 2, retried: 4, crashed: 0 });
    });
  });

  it('keep their task id, and hold no worker while they wait', async () => {
    await withPool(
      'fails-at-first.mjs',
      { kind, workers: 1, tasks: { idAt: { retry: { attempts: 1, backoff: { baseMs: 200 } } } } },
      async (pool) => {
        const flaky = pool.run('idAt', 2);
        const order: string[] = [];
        void flaky.then(() => order.push('flaky'));
        await pool.run('idAt', 1).then(() => order.push('other'));
        expect(await flaky).toBe(1);
        expect(order).toEqual(['other', 'flaky']);
      },
    );
  });
});
