import { AsyncLocalStorage } from 'node:async_hooks';
import type { TaskCall } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, fixture, KINDS, withPool, WORKER_KINDS } from './pools.js';

/** The messages of a call, as they come. */
function heard(call: TaskCall<unknown>) {
  const messages: unknown[] = [];
  const checks = new Set<() => void>();
  call.on('message', (message) => {
    messages.push(message);
    for (const check of [...checks]) check();
  });
  /** Resolves when this number of them have come. */
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (messages.length < count) return;
        checks.delete(check);
        resolve();
      };
      checks.add(check);
      check();
    });
  return { messages, until };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe.each(KINDS)('messages, kind %s,', (kind) => {
  it('go both ways in order, beside the result', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const call = pool.start('echoMessages');
      const { messages } = heard(call);
      for (let n = 0; n < 30; n++) expect(call.post({ n })).toBe(true);
      call.post('end');
      expect(await call.result).toBe(30);
      expect(messages).toEqual(numbers(30).map((n) => ({ got: n + 1, message: { n } })));
    });
  });

  it('all arrive before the result', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const call = pool.start('postsTwice');
      const events: unknown[] = [];
      call.on('message', (message) => events.push(message));
      events.push(await call.result);
      expect(events).toEqual(['one', 'two', 'three']);
    });
  });

  it('of a handler that gives them no time are kept, up to a bound', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const call = pool.start('postsMany', 1000);
      const { messages } = heard(call);
      // The first windows are sent at once, and nothing comes back within one turn.
      expect(await call.result).toBeLessThan(1000);
      expect(messages).toEqual(numbers(1000));
      const tooMany = pool.start('postsMany', 100_000);
      expect(await failure(tooMany.result)).toMatchObject({ code: 'ERR_MESSAGES_FULL' });
    });
  });

  it('wait for the first listener', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const call = pool.start('postsTwice');
      expect(await call.result).toBe('three');
      expect(heard(call).messages).toEqual(['one', 'two']);
    });
  });

  it('wait for the listener of the handler, within bounds, and drain', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const call = pool.start('listensLate', 20);
      const { until } = heard(call);
      const posted = numbers(200);
      const told = posted.map((n) => call.post(n));
      expect(told.indexOf(false)).toBe(63);
      const drained = new Promise<void>((resolve) => call.on('drain', resolve));
      await until(1);
      await drained;
      call.post('end');
      expect(await call.result).toEqual([...posted, 'end']);
    });
  });

  it('beyond the bound are refused, and the call goes on', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const call = pool.start('neverListens');
      let posted = 0;
      const post = (): void => {
        for (; posted < 5000; posted++) call.post(posted);
      };
      expect(post).toThrow('Task "neverListens": post() was refused, because 1024 messages already wait');
      expect(posted).toBeLessThanOrEqual(1024 + 64);
      call.cancel();
      expect(await failure(call.result)).toMatchObject({ name: 'AbortError' });
    });
  });

  it('that cannot be sent are refused on either side', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const call = pool.start('echoMessages');
      expect(() => call.post(() => {})).toThrow('The message of task "echoMessages" cannot be sent between workers');
      call.post('end');
      expect(await call.result).toBe(0);
      const error = await failure(pool.start('postsFunction').result);
      expect(error).toBeInstanceOf(TypeError);
    });
  });

  it('go on after an abort, until the handler has ended', async () => {
    await withPool('streams.mjs', { kind, workers: 1, graceMs: 60_000 }, async (pool) => {
      const call = pool.start('talksAfterAbort');
      const { messages, until } = heard(call);
      await until(1);
      const reason = new Error('enough');
      call.cancel(reason);
      expect(await failure(call.result)).toBe(reason);
      await until(2);
      expect(call.post('still there?')).toBe(true);
      await until(3);
      expect(messages).toEqual(['running', 'aborted', { answerTo: 'still there?' }]);
      // It runs in the same place, so the handler has ended.
      await pool.run('seen');
      expect(call.post('too late')).toBe(false);
      expect(pool.stats().workerList.map(({ id }) => id)).toEqual([1]);
    });
  });

  it('that the handler cannot read end the call', async () => {
    const codec = fixture('codecs/json-lines.mjs');
    await withPool('streams.mjs', { kind, workers: 1, codec, graceMs: 60_000 }, async (pool) => {
      const call = pool.start('listensUntilAborted');
      const { messages, until } = heard(call);
      for (const message of ['a', 'cannot be decoded', 'c']) call.post(message);
      expect(await failure(call.result)).toMatchObject({
        code: 'ERR_NOT_SERIALIZABLE',
        details: {
          what: 'message',
          reason: expect.stringContaining('it cannot be read again: its codec threw') as string,
        },
      });
      await until(1);
      expect(messages).toEqual([['a']]);
    });
  });

  it('that are refused since the handler has ended are followed by "drain", too', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const call = pool.start('postsTwice');
      const drained = (): Promise<void> => new Promise((resolve) => call.on('drain', resolve));
      await call.result;
      for (let n = 0; n < 3; n++) {
        const next = drained();
        expect(call.post(n)).toBe(false);
        await next;
      }
    });
  });

  it('of a caller end a call that fails at one of them', async () => {
    await withPool('streams.mjs', { kind, workers: 1, retry: 3 }, async (pool) => {
      const call = pool.start('failsAtMessage');
      call.post('that one');
      expect(await failure(call.result)).toMatchObject({ message: 'that one' });
      expect(call.post('too late')).toBe(false);
      // The message has passed, and no other try would get it.
      expect(pool.stats().tasks.retried).toBe(0);
    });
  });

  it('do not pass to a handler that is run otherwise', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('postsTwice')).toBe('three');
    });
  });

  it('of a call that is cancelled while it waits are dropped', async () => {
    await withPool('streams.mjs', { kind, workers: 1, concurrency: 1 }, async (pool) => {
      const holds = pool.stream('waits');
      await holds.next();
      const call = pool.start('echoMessages');
      expect(call.post('a')).toBe(true);
      call.cancel('no');
      expect(await call.result.then(undefined, (error: unknown) => error)).toBe('no');
      expect(call.post('b')).toBe(false);
      await holds.return();
    });
  });

  it('come in the async context of the listener, which may be taken back', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      const storage = new AsyncLocalStorage<string>();
      const call = pool.start('postsTwice');
      const contexts: unknown[] = [];
      const dropped = (): void => void contexts.push('dropped');
      storage.run('mine', () => call.on('message', () => contexts.push(storage.getStore())));
      call.on('message', dropped).off('message', dropped);
      await call.result;
      expect(contexts).toEqual(['mine', 'mine']);
    });
  });

  it('refuse wrong arguments at once', async () => {
    await withPool('streams.mjs', { kind, workers: 1 }, async (pool) => {
      expect(() => pool.start('')).toThrow('name of a handler');
      expect(() => pool.start('seen', 1, { onprogress: () => {} } as never)).toThrow('onProgress');
      const call = pool.start('seen');
      expect(() => call.on('mesage' as 'message', () => {})).toThrow('"message" or "drain"');
      expect(() => call.on('message', 5 as never)).toThrow('a function');
      await call.result;
      await pool.close();
      const refused = pool.start('seen');
      expect(refused.post(1)).toBe(false);
      expect(await failure(refused.result)).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
  });
});

describe.each(WORKER_KINDS)('messages with a worker, kind %s,', (kind) => {
  it('end with it, and the call has its error', async () => {
    await withPool('streams.mjs', { kind, workers: 1, graceMs: 30 }, async (pool) => {
      const call = pool.start('ends');
      const { messages } = heard(call);
      call.post('now');
      expect(await failure(call.result)).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
      expect(messages).toEqual(['ready']);
      expect(call.post('too late')).toBe(false);
      expect(await pool.run('seen')).toMatchObject({ started: 0 });
    });
  });
});
