import type { CacheStore, Pool, PoolOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';

/** How a function of the program ends the pool that asks it. */
type Act = (pool: Pool) => Promise<void>;

const destroy: Act = (pool) => pool.destroy();
const closeAndDrop: Act = (pool) => pool.close({ drop: 'queued' });
const close: Act = (pool) => pool.close();

/** A function that ends the pool when it is called for the first time, and the end of that. */
function endsOnce(act: Act) {
  let pool: Pool | undefined;
  let ended: Promise<void> | undefined;
  return {
    of: (given: Pool): void => void (pool = given),
    end(): void {
      if (pool !== undefined) ended ??= act(pool);
    },
    get ended() {
      return ended;
    },
  };
}

/** What each promise gives, or the code or message of its error. */
async function ends(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((each) => {
    if (each.status === 'fulfilled') return each.value;
    const { code, message } = each.reason as { code?: string; message: string };
    return code ?? message;
  });
}

describe.each(KINDS)('a pool of kind %s that a function of the program ends while it is asked', (kind) => {
  it.each([
    ['retry.on destroys it and wants a try', destroy, true, 'ERR_POOL_CLOSED'],
    ['retry.on destroys it and wants none', destroy, false, 'no'],
    ['retry.on closes it, drops what waits, and wants a try', closeAndDrop, true, 'no'],
  ])('settles the call: %s', async (_how, act, answer, outcome) => {
    const once = endsOnce(act);
    const on = (): boolean => {
      once.end();
      return answer;
    };
    const fail = { retry: { attempts: 2, backoff: { baseMs: 1 }, on } };
    await withPool('echo.mjs', { kind, workers: 1, tasks: { fail } }, async (pool) => {
      once.of(pool);
      expect(await ends([pool.run('fail', 'no')])).toEqual([outcome]);
      await once.ended;
      expect(pool.stats().tasks).toMatchObject({ queued: 0, failed: 1, retried: 0 });
    });
  });

  it('runs the further try that retry.on wants, if it closes the pool', async () => {
    const once = endsOnce(close);
    const on = (): boolean => {
      once.end();
      return true;
    };
    const fail = { retry: { attempts: 2, backoff: { baseMs: 1 }, on } };
    await withPool('echo.mjs', { kind, workers: 1, tasks: { fail } }, async (pool) => {
      once.of(pool);
      expect(await ends([pool.run('fail', 'no')])).toEqual(['no']);
      await once.ended;
      expect(pool.stats().tasks).toMatchObject({ failed: 1, retried: 2 });
    });
  });

  it('settles the call whose breaker.on destroys it', async () => {
    const once = endsOnce(destroy);
    const on = (): boolean => {
      once.end();
      return true;
    };
    const fail = { retry: { attempts: 2, backoff: { baseMs: 1 } }, breaker: { consecutive: 9, on } };
    await withPool('echo.mjs', { kind, workers: 1, tasks: { fail } }, async (pool) => {
      once.of(pool);
      expect(await ends([pool.run('fail', 'no')])).toEqual(['ERR_POOL_CLOSED']);
      await once.ended;
    });
  });

  it.each([
    ['destroys it', destroy, 'ERR_POOL_CLOSED'],
    ['closes it, and drops what waits', closeAndDrop, 'ERR_TASK_DROPPED'],
    ['drops what waits', async (pool: Pool) => void pool.dropQueued(), 'ERR_TASK_DROPPED'],
  ])('settles each item once whose batch.isFull %s before the first worker is ready', async (_how, act, outcome) => {
    let ended: Promise<void> | undefined;
    let asked = 0;
    const isFull = (): boolean => {
      asked++;
      ended = act(own as Pool);
      return false;
    };
    let own: Pool | undefined;
    const options: PoolOptions = { kind, workers: 1, tasks: { double: { batch: { isFull } } } };
    await withPool('batches.mjs', options, async (pool) => {
      own = pool;
      expect(await ends([1, 2, 3, 4, 5].map((n) => pool.run('double', n)))).toEqual(Array(5).fill(outcome));
      await ended;
      expect(asked).toBe(1);
    });
  });

  it.each([
    ['closes it', false, close, [1, 'ERR_POOL_CLOSED']],
    ['closes it', true, close, [1, 'ERR_POOL_CLOSED']],
    ['destroys it', false, destroy, ['ERR_POOL_CLOSED', 'ERR_POOL_CLOSED']],
    ['closes it, and drops what waits', false, closeAndDrop, ['ERR_POOL_CLOSED', 'ERR_POOL_CLOSED']],
  ])('settles the call whose store %s at once (worker ready: %s)', async (_how, isReady, act, outcomes) => {
    const once = endsOnce(act);
    const store: CacheStore = {
      get() {
        once.end();
        return undefined;
      },
      set() {},
      delete() {},
      clear() {},
    };
    const options: PoolOptions = { kind, workers: 1, cache: { store }, tasks: { echo: { cache: true } } };
    await withPool('echo.mjs', options, async (pool) => {
      if (isReady) await pool.ready();
      once.of(pool);
      expect(await ends([1, 2].map((n) => pool.run('echo', n)))).toEqual(outcomes);
      await once.ended;
      expect(pool.stats().state).toBe('closed');
    });
  });
});

describe.each(KINDS)('a fallback that never comes back, kind %s,', (kind) => {
  /** Runs `body` with a pool whose fallback hangs, and the promise of its first call. */
  async function withHanging(body: (pool: Pool, whenAsked: Promise<void>) => Promise<void>): Promise<void> {
    let begun = (): void => {};
    const whenAsked = new Promise<void>((resolve) => (begun = resolve));
    const fallback = (): Promise<never> => {
      begun();
      return new Promise(() => {});
    };
    await withPool('echo.mjs', { kind, workers: 1, tasks: { echo: { breaker: { fallback } } } }, async (pool) => {
      pool.breaker('echo').isolate();
      await body(pool, whenAsked);
    });
  }

  it('is waited for until the deadline of the call', async () => {
    await withHanging(async (pool) => {
      const error = await failure(pool.run('echo', 1, { deadline: Date.now() + 250 }));
      expect(error).toMatchObject({
        code: 'ERR_TASK_TIMEOUT',
        details: { by: 'deadline', workerId: 0, task: 'echo' },
        cause: { code: 'ERR_CIRCUIT_OPEN' },
      });
    });
  });

  it('is not asked after the deadline of the call', async () => {
    await withHanging(async (pool) => {
      const error = await failure(pool.run('echo', 1, { deadline: Date.now() - 1000 }));
      expect(error).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT', cause: { code: 'ERR_CIRCUIT_OPEN' } });
    });
  });

  it.each([
    ['destroy()', destroy],
    ['close() whose time is over', (pool: Pool) => pool.close({ timeoutMs: 20 })],
  ])('is waited for until %s', async (_how, act) => {
    await withHanging(async (pool, whenAsked) => {
      const call = failure(pool.run('echo', 1));
      await whenAsked;
      await act(pool);
      expect(await call).toMatchObject({ code: 'ERR_POOL_CLOSED', details: { state: 'destroyed' } });
    });
  });
});

it.each(KINDS)('close() waits for a fallback under way, kind %s', async (kind) => {
  let answer = (_: string): void => {};
  const value = new Promise<string>((resolve) => (answer = resolve));
  const tasks = { echo: { breaker: { fallback: () => value } } };
  await withPool('echo.mjs', { kind, workers: 1, tasks }, async (pool) => {
    await pool.ready();
    pool.breaker('echo').isolate();
    const order: string[] = [];
    const call = pool.run('echo', 1).then((given) => order.push(given as string));
    const closed = pool.close().then(() => order.push('closed'));
    while (pool.stats().workerList.length > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    answer('instead');
    await Promise.all([call, closed]);
    expect(order).toEqual(['instead', 'closed']);
  });
});
