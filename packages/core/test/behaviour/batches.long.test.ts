import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type BatchMessage, CHANNELS, isPoolError, type Pool, type PoolOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, fixture, KINDS, withPool } from './pools.js';

async function withBatches(options: PoolOptions, body: (pool: Pool) => Promise<void>): Promise<void> {
  // All inline pools share one instance of the module, and so its lists.
  if (options.kind === 'inline') {
    await withPool('batches.mjs', options, async (pool) => {
      await pool.run('seen');
    });
  }
  await withPool('batches.mjs', { workers: 1, ...options }, body);
}

const runAll = (pool: Pool, name: string, inputs: readonly unknown[]): Promise<unknown>[] =>
  inputs.map((input) => pool.run(name, input));

/** How each of these promises ended: its value, or the name and message of its error. */
async function ends(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((each) => (each.status === 'fulfilled' ? each.value : each.reason) as unknown);
}

const batchOf = (pool: Pool, name: string) => pool.stats().byTask[name]?.batch;

describe.each(KINDS)('calls of a batch handler, kind %s,', (kind) => {
  it('go to it together once there are as many as it takes, and each gets its own result', async () => {
    await withBatches({ kind }, async (pool) => {
      expect(await Promise.all(runAll(pool, 'double', [1, 2, 3, 4, 5, 6, 7, 8]))).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
      expect(await pool.run('seen')).toEqual([
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ]);
      expect(batchOf(pool, 'double')).toMatchObject({
        batches: 2,
        items: 8,
        meanSize: 4,
        fillShare: 1,
        savedCalls: 6,
        merged: 0,
        splits: 0,
        size: 4,
        why: { size: 2, time: 0, bytes: 0, full: 0, flush: 0, close: 0, again: 0 },
      });
      expect(pool.stats().byTask['seen']?.batch).toBeUndefined();
    });
  });

  it('wait for a flush by hand', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const some = runAll(pool, 'double', [1, 2]);
      const others = runAll(pool, 'insert', [3]);
      // Others are served meanwhile.
      expect(await pool.run('seen')).toEqual([]);
      pool.flush('double');
      expect(await Promise.all(some)).toEqual([2, 4]);
      expect(await pool.run('seen')).toEqual([[1, 2]]);
      expect(pool.stats().tasks).toMatchObject({ queued: 1, completed: 4 });
      pool.flush();
      expect(await Promise.all(others)).toEqual([1]);
      expect([batchOf(pool, 'double')?.why.flush, batchOf(pool, 'insert')?.why.flush]).toEqual([1, 1]);
    });
  });

  it('are flushed also before the first worker is ready, and those that come later wait', async () => {
    await withBatches({ kind }, async (pool) => {
      const early = runAll(pool, 'double', [1, 2]);
      pool.flush();
      expect(await Promise.all(early)).toEqual([2, 4]);
      const late = pool.run('double', 3);
      expect(await pool.run('seen')).toEqual([[1, 2]]);
      pool.flush('double');
      expect(await late).toBe(6);
    });
  });

  it('are flushed when the pool closes, and a flush after that does nothing', async () => {
    await withBatches({ kind }, async (pool) => {
      const some = runAll(pool, 'double', [1, 2]);
      const closed = pool.close();
      pool.flush();
      expect(await Promise.all(some)).toEqual([2, 4]);
      await closed;
      pool.flush('double');
      expect(batchOf(pool, 'double')?.why).toMatchObject({ close: 1, flush: 0 });
    });
  });

  it('reject when the pool is destroyed', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const some = ends(runAll(pool, 'double', [1, 2]));
      await pool.destroy();
      for (const error of await some) expect(error).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
  });

  it('leave when their time is over', async () => {
    await withBatches({ kind, tasks: { double: { batch: { maxWaitMs: 5 } } } }, async (pool) => {
      await pool.ready();
      expect(await Promise.all(runAll(pool, 'double', [1, 2, 3]))).toEqual([2, 4, 6]);
      expect(batchOf(pool, 'double')).toMatchObject({ batches: 1, why: { time: 1 } });
      expect(batchOf(pool, 'double')?.waitMs).toBeGreaterThan(4);
    });
  });

  it('leave when their bytes are enough, and one that is too large goes alone', async () => {
    const tasks = { lengths: { batch: { maxBytes: 1000, maxWaitMs: Infinity } } };
    await withBatches({ kind, tasks }, async (pool) => {
      await pool.ready();
      const [first, ...others] = [400, 400, 400, 5000].map((bytes) => pool.run('lengths', Buffer.alloc(bytes)));
      expect(await first).toEqual([400, 400]);
      pool.flush();
      expect(await Promise.all(others)).toEqual([[400, 400], [400], [5000]]);
      expect(batchOf(pool, 'lengths')?.why).toMatchObject({ bytes: 3 });
    });
  });

  it('take by default what waits for a worker, and no item waits for others', async () => {
    await withGate((gate) =>
      withBatches({ kind, tasks: { wait: { batch: { maxWaitMs: 0 } } } }, async (pool) => {
        expect(await pool.run('echo', 'alone')).toMatchObject({ size: 1 });
        const busy = pool.run('wait', { port: gate.port, name: 'first' });
        await gate.whenArrived('first');
        const waiting: Promise<unknown>[] = [];
        // Each in its own turn, while the worker is busy.
        for (let n = 0; n < 5; n++) {
          waiting.push(pool.run('echo', n));
          await new Promise((resolve) => setImmediate(resolve));
        }
        gate.pass('first');
        await busy;
        expect(await Promise.all(waiting)).toEqual([0, 1, 2, 3, 4].map((input) => ({ input, size: 5, attempt: 1 })));
      }),
    );
  });

  it('are limited by the options of the pool, which override those of the handler', async () => {
    await withBatches({ kind, tasks: { double: { batch: { maxSize: 2 } } } }, async (pool) => {
      expect(await Promise.all(runAll(pool, 'double', [1, 2, 3, 4]))).toEqual([2, 4, 6, 8]);
      expect(batchOf(pool, 'double')).toMatchObject({ batches: 2, size: 2 });
    });
  });

  it('with large inputs go together, too, whatever way those take', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const sizes = [10, 20_000, 100_000, 5, 2_000_000, 70_000];
      const results = sizes.map((bytes) => pool.run('lengths', Buffer.alloc(bytes)));
      pool.flush();
      for (const result of await Promise.all(results)) expect(result).toEqual(sizes);
    });
  });

  it('by a callable are batches of its own, by its own options and its own flush', async () => {
    await withBatches({ kind }, async (pool) => {
      const early = pool.task('double', { batch: { maxSize: 2 } });
      expect(await Promise.all([early(1), early(2)])).toEqual([2, 4]);
      const late = pool.task('double');
      const items = [late(3), late(4), pool.run('double', 5)];
      late.flush();
      expect(await Promise.all(items.slice(0, 2))).toEqual([6, 8]);
      pool.flush('double');
      expect(await items[2]).toBe(10);
      expect(await pool.run('seen')).toEqual([[1, 2], [3, 4], [5]]);
      expect([early.stats().task.batch?.batches, late.stats().task.batch?.batches]).toEqual([1, 1]);
    });
  });

  it('by a callable that came before the first worker wait for its flush as others do', async () => {
    await withBatches({ kind }, async (pool) => {
      const double = pool.task('double');
      const items = [double(1), double(2)];
      double.flush();
      expect(await Promise.all(items)).toEqual([2, 4]);
      expect(await pool.run('seen')).toEqual([[1, 2]]);
    });
  });

  it('come by map as by run, in the order of their inputs', async () => {
    await withBatches({ kind }, async (pool) => {
      const inputs = Array.from({ length: 500 }, (_, n) => n);
      const inputsSeen: unknown[] = [];
      for await (const each of pool.map('echo', inputs)) inputsSeen.push((each as { input: unknown }).input);
      expect(inputsSeen).toEqual(inputs);
      expect(batchOf(pool, 'echo')?.meanSize).toBeGreaterThan(2);
    });
  });

  it('by broadcast are lists of one', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      expect(await pool.broadcast('echo', 'all')).toEqual([{ input: 'all', size: 1, attempt: 1 }]);
    });
  });

  it('publish their batches', async () => {
    const messages: Omit<BatchMessage, 'pool'>[] = [];
    const note = (message: unknown): void => {
      const { pool, ...rest } = message as BatchMessage;
      expect(typeof pool).toBe('object');
      messages.push(rest);
    };
    subscribe(CHANNELS.batch, note);
    try {
      await withBatches({ kind }, async (pool) => {
        await Promise.all(runAll(pool, 'double', [1, 2, 3, 4]));
      });
    } finally {
      unsubscribe(CHANNELS.batch, note);
    }
    const waitedMs = expect.any(Number) as number;
    expect(messages).toEqual([{ task: 'double', workerId: 1, items: 4, inputs: 4, waitedMs, why: 'size' }]);
  });
});

describe.each(KINDS)('an item of a batch, kind %s,', (kind) => {
  it('fails alone when its place in the list has an error, and the others get their results', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const hows = ['value', 'error', 'failed', 'promise', 'rejected', 'promise of an error', 'cannot be sent'];
      const promises = runAll(
        pool,
        'mixed',
        hows.map((how) => ({ how, value: how })),
      );
      pool.flush();
      const [value, error, failed, promise, rejected, late, unsent] = await ends(promises);
      expect([value, promise]).toEqual(['value', 'promise']);
      expect(error).toMatchObject({ name: 'RangeError', message: 'error', origin: { task: 'mixed', workerId: 1 } });
      expect(failed).toMatchObject({ cause: 'failed' });
      expect(rejected).toMatchObject({ name: 'TypeError', message: 'rejected' });
      expect(late).toMatchObject({ name: 'RangeError', message: 'promise of an error' });
      expect(unsent).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
      expect(pool.stats().tasks).toMatchObject({ completed: 2, failed: 5 });
    });
  });

  it.each([
    ['too few', 2],
    ['too many', 4],
    ['a promise of too few', 0],
    ['a text', undefined],
    ['an iterable', undefined],
  ])('rejects with all others when the handler returns %s results', async (how, outputs) => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const promises = runAll(pool, 'wrong', [how, 2, 3]);
      pool.flush();
      for (const error of await ends(promises)) {
        expect(isPoolError(error, 'ERR_BATCH_RESULTS')).toBe(true);
        expect(error).toMatchObject({ details: { task: 'wrong', inputs: 3, outputs } });
      }
      // Its effects are there, so a split would repeat them.
      expect((await pool.run('seen')) as unknown[]).toHaveLength(1);
      expect(batchOf(pool, 'wrong')?.splits).toBe(0);
    });
  });

  it('rejects with the error of the handler, and with its own try again as its retry says', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const promises = runAll(pool, 'insertAll', [1, -2, 3]);
      pool.flush();
      for (const error of await ends(promises))
        expect(error).toMatchObject({ name: 'RangeError', message: 'bad item -2' });
      const retry = { attempts: 1, backoff: { baseMs: 1 } };
      const again = [1, -2, 3].map((input) => pool.run('insertAll', input, { retry }));
      pool.flush();
      const closed = pool.close();
      expect(await Promise.all(again)).toEqual([2, 2, 2]);
      await closed;
      expect(pool.stats().tasks.retried).toBe(3);
    });
  });

  it('that is bad is found by halves where the handler says that a failed call leaves nothing behind', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const inputs = Array.from({ length: 64 }, (_, n) => (n === 37 ? -37 : n));
      const results = await ends(runAll(pool, 'insert', inputs));
      expect(results[37]).toMatchObject({ name: 'RangeError', message: 'bad item -37' });
      const good = results.toSpliced(37, 1);
      expect(good.every((attempt) => (attempt as number) >= 2 && (attempt as number) <= 7)).toBe(true);
      const lists = (await pool.run('seen')) as number[][];
      // One call of all, and two for each of six halvings.
      expect([lists.length, lists[0]?.length]).toEqual([13, 64]);
      const ran = lists.filter((list) => !list.includes(-37)).flat();
      expect(ran.toSorted((a, b) => a - b)).toEqual(inputs.filter((each) => each >= 0));
      expect(batchOf(pool, 'insert')?.splits).toBe(6);
      expect(pool.stats().tasks).toMatchObject({ completed: 64, failed: 1, retried: 0 });
    });
  });

  it('and its like are all found', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const inputs = Array.from({ length: 64 }, (_, n) => (n % 16 === 5 ? -n : n));
      const results = await ends(runAll(pool, 'insert', inputs));
      const failed = results.flatMap((each, index) => (each instanceof Error ? [index] : []));
      expect(failed).toEqual([5, 21, 37, 53]);
    });
  });

  it.each([
    ['one failure', 1, 64, 1],
    ['five failures', 5, 64, 5],
  ])(
    'that fails with all others is split no further once the breaker is open, after %s',
    async (_, consecutive, n, most) => {
      const tasks = { insert: { breaker: { consecutive, openMs: 60_000 } } };
      await withBatches({ kind, tasks }, async (pool) => {
        await pool.ready();
        const results = await ends(
          runAll(
            pool,
            'insert',
            Array.from({ length: n }, (_, at) => -1 - at),
          ),
        );
        expect(await pool.run('seen')).toHaveLength(most);
        for (const error of results) {
          expect(error).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', details: { state: 'open' } });
          expect(error).toMatchObject({ cause: { message: expect.stringMatching(/^bad item -/) as string } });
        }
        expect(pool.breaker('insert').state).toBe('open');
        expect(pool.stats().tasks).toMatchObject({ failed: n, retried: 0 });
      });
    },
  );

  it('that fails with all others is one failure for each breaker of them', async () => {
    const breaker = { consecutive: 2, openMs: 60_000, key: (input: unknown) => String(Math.abs(input as number) % 2) };
    await withBatches({ kind, tasks: { insert: { breaker } } }, async (pool) => {
      await pool.ready();
      await ends(
        runAll(
          pool,
          'insert',
          Array.from({ length: 64 }, (_, at) => -1 - at),
        ),
      );
      expect(await pool.run('seen')).toHaveLength(2);
      expect(pool.stats().byTask['insert']?.breaker).toMatchObject({ opened: 2, notClosed: 2 });
    });
  });

  it.each([0, 1, 31, 37, 62, 63])(
    'that is bad alone, at %i of 64, is never more than two failures in a row for the breaker',
    async (bad) => {
      await withBatches({ kind, tasks: { insert: { breaker: { consecutive: 3 } } } }, async (pool) => {
        await pool.ready();
        const results = await ends(
          runAll(
            pool,
            'insert',
            Array.from({ length: 64 }, (_, n) => (n === bad ? -9 : n)),
          ),
        );
        expect(results.filter((each) => each instanceof Error)).toEqual([results[bad]]);
        expect(results[bad]).toMatchObject({ message: 'bad item -9' });
        expect(pool.stats().byTask['insert']?.breaker).toMatchObject({ state: 'closed', opened: 0, refused: 0 });
        expect(batchOf(pool, 'insert')?.splits).toBe(6);
      });
    },
  );

  it.each([
    ['throws', 'breaker.on of task "insert" gave no answer about an error.', true],
    ['does not count it', 'bad item -', false],
  ])('that fails with all others ends as the breaker says whose function %s', async (how, message, isOnce) => {
    const on = (): boolean => {
      if (how === 'throws') throw new TypeError('on');
      return false;
    };
    await withBatches({ kind, tasks: { insert: { breaker: { consecutive: 1, on } } } }, async (pool) => {
      await pool.ready();
      const results = await ends(
        runAll(
          pool,
          'insert',
          Array.from({ length: 64 }, (_, at) => -1 - at),
        ),
      );
      for (const error of results) expect(error).toMatchObject({ message: expect.stringContaining(message) as string });
      expect(await pool.run('seen')).toHaveLength(isOnce ? 1 : 127);
    });
  });

  it('that is aborted while it waits is left out, and the others go', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const controller = new AbortController();
      const first = pool.run('double', 1);
      const second = failure(pool.run('double', 2, { signal: controller.signal }));
      const third = pool.run('double', 3);
      controller.abort(new RangeError('enough'));
      expect(await second).toMatchObject({ message: 'enough' });
      pool.flush();
      expect(await Promise.all([first, third])).toEqual([2, 6]);
      expect(await pool.run('seen')).toEqual([[1, 3]]);
      expect(pool.stats().tasks).toMatchObject({ cancelled: 1 });
    });
  });

  it('that was the only one leaves nothing to flush', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const controller = new AbortController();
      const only = failure(pool.run('double', 2, { signal: controller.signal }));
      controller.abort(new RangeError('enough'));
      await only;
      pool.flush();
      expect(await pool.run('seen')).toEqual([]);
      expect(batchOf(pool, 'double')?.batches).toBe(0);
    });
  });

  it('waits no longer than its own limits, and takes no other with it', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const patient = pool.run('double', 1);
      const inputs = [
        pool.run('double', 2, { queueTimeoutMs: 5 }),
        pool.run('double', 3, { deadline: Date.now() + 5 }),
      ];
      for (const error of await ends(inputs)) expect(error).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
      pool.flush();
      expect(await patient).toBe(2);
      expect(await pool.run('seen')).toEqual([[1]]);
    });
  });

  it('that is dropped while it runs hears so alone, and the worker stays for the others', async () => {
    await withGate((gate) =>
      withBatches({ kind, graceMs: 1 }, async (pool) => {
        await pool.ready();
        const controller = new AbortController();
        const first = pool.run('wait', { port: gate.port, name: 'first' });
        const second = failure(pool.run('wait', 2, { signal: controller.signal }));
        const third = pool.run('wait', 3);
        pool.flush();
        await gate.whenArrived('first');
        controller.abort(new RangeError('enough'));
        expect(await second).toMatchObject({ message: 'enough' });
        await gate.whenArrived('dropped 1');
        // Longer than its grace.
        await failure(pool.run('double', 1, { queueTimeoutMs: 20 }));
        gate.pass('first');
        const seen = { dropped: [false, true, false], isDropped: false, workerId: 1 };
        expect(await Promise.all([first, third])).toEqual([seen, seen]);
      }),
    );
  });

  it('is the last that is dropped: then the handler hears that nothing is wanted', async () => {
    await withGate((gate) =>
      withBatches({ kind, graceMs: 30_000 }, async (pool) => {
        await pool.ready();
        const controllers = [new AbortController(), new AbortController()];
        const calls = controllers.map(({ signal }, index) =>
          failure(pool.run('wait', { port: gate.port, name: `${index}` }, { signal })),
        );
        pool.flush();
        await gate.whenArrived('0');
        for (const controller of controllers) controller.abort(new RangeError('enough'));
        for (const error of await Promise.all(calls)) expect(error).toMatchObject({ message: 'enough' });
        await gate.whenArrived('dropped 0', 'dropped 1', 'dropped all');
        gate.pass('0');
        expect(await pool.run('single', 'on')).toBe('on');
        expect(pool.stats().workerList.map(({ id }) => id)).toEqual([1]);
      }),
    );
  });

  it('has its own limit of time, and the handler goes on for the others', async () => {
    await withGate((gate) =>
      withBatches({ kind, graceMs: 1 }, async (pool) => {
        await pool.ready();
        const first = pool.run('wait', { port: gate.port, name: 'first' });
        const second = failure(pool.run('wait', 2, { timeoutMs: 20 }));
        pool.flush();
        expect(await second).toMatchObject({ code: 'ERR_TASK_TIMEOUT' });
        await gate.whenArrived('first');
        gate.pass('first');
        expect(await first).toMatchObject({ workerId: 1 });
      }),
    );
  });
});

describe.each(KINDS)('functions of a pool for batches, kind %s:', (kind) => {
  const withTasks = (batch: object, body: (pool: Pool) => Promise<void>): Promise<void> =>
    withBatches({ kind, tasks: { keyed: { batch }, echo: { batch }, double: { batch } } }, body);

  it('`key` makes items with one key one input, which counts once', async () => {
    const key = (input: unknown) => Math.floor(input as number);
    await withTasks({ key, maxSize: 3, maxWaitMs: Infinity }, async (pool) => {
      const results = await Promise.all(runAll(pool, 'double', [1, 1.5, 1.2, 2, 2.5, 3]));
      expect(results).toEqual([2, 2, 2, 4, 4, 6]);
      expect(await pool.run('seen')).toEqual([[1, 2, 3]]);
      expect(batchOf(pool, 'double')).toMatchObject({ batches: 1, items: 6, merged: 3, fillShare: 1, savedCalls: 5 });
    });
  });

  it('each item with the key of another one has a result of its own', async () => {
    await withTasks({ key: () => 'one', maxSize: 2, maxWaitMs: Infinity }, async (pool) => {
      const results = runAll(pool, 'echo', [{ n: 1 }, { n: 2 }]);
      pool.flush();
      const [first, second] = (await Promise.all(results)) as { input: { n: number } }[];
      expect(first).toEqual(second);
      expect(first).not.toBe(second);
      expect(first?.input).not.toBe(second?.input);
    });
  });

  it('an item whose first with its key is dropped goes with its own input', async () => {
    await withTasks({ key: () => 'one', maxSize: 2, maxWaitMs: Infinity }, async (pool) => {
      await pool.ready();
      const controller = new AbortController();
      const first = failure(pool.run('double', 1, { signal: controller.signal }));
      const second = pool.run('double', 2);
      controller.abort(new Error('enough'));
      await first;
      pool.flush();
      expect(await second).toBe(4);
    });
  });

  it.each([
    ['throws', () => raise('no key'), { cause: { message: 'no key' } }],
    ['gives NaN', () => NaN, {}],
    ['gives nothing', () => undefined, {}],
    ['gives a promise', () => Promise.reject(new Error('too late')), {}],
  ])('a `key` that %s rejects its task alone', async (_what, bad, rest) => {
    const key = (input: unknown) => (input === 0 ? (bad() as unknown as string) : String(input));
    await withTasks({ key, maxSize: 2, maxWaitMs: Infinity }, async (pool) => {
      const [first, second, third] = await ends(runAll(pool, 'double', [1, 0, 2]));
      expect([first, third]).toEqual([2, 4]);
      expect(isPoolError(second, 'ERR_OPTION')).toBe(true);
      expect(second).toMatchObject({ details: { option: 'tasks.double.batch.key' }, ...rest });
      expect(pool.stats().tasks).toMatchObject({ queued: 0, dispatched: 0 });
    });
  });

  it('`isFull` sends a batch that has enough, also of items that came before the first worker', async () => {
    const isFull = (all: readonly unknown[]) => (all as number[]).reduce((sum, each) => sum + each, 0) >= 10;
    await withTasks({ isFull, maxWaitMs: Infinity }, async (pool) => {
      expect(await Promise.all(runAll(pool, 'double', [1, 9, 4, 4, 4, 12]))).toEqual([2, 18, 8, 8, 8, 24]);
      expect(await pool.run('seen')).toEqual([[1, 9], [4, 4, 4], [12]]);
      expect(batchOf(pool, 'double')?.why).toMatchObject({ full: 3 });
    });
  });

  it.each([
    ['throws', () => raise('no sum')],
    ['gives NaN', () => NaN],
    ['gives a promise', () => Promise.reject(new Error('too late'))],
    ['gives a thenable', () => ({ then: (done: (value: unknown) => void) => done(true) })],
  ])('an `isFull` that %s rejects the last item, and the batch goes on without it', async (_what, bad) => {
    const isFull = (all: readonly unknown[]) => (all.includes(0) ? (bad() as unknown as boolean) : all.length === 2);
    await withTasks({ isFull, maxWaitMs: Infinity }, async (pool) => {
      await pool.ready();
      const [first, second, third] = await ends(runAll(pool, 'double', [1, 0, 2]));
      expect([first, third]).toEqual([2, 4]);
      expect(second).toMatchObject({ code: 'ERR_OPTION', details: { option: 'tasks.double.batch.isFull' } });
      expect(await pool.run('seen')).toEqual([[1, 2]]);
    });
  });
});

describe.each(KINDS)('functions of a handler for batches, kind %s:', (kind) => {
  it('`key` has the handler get each key once', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const results = runAll(
        pool,
        'keyed',
        ['a', 'b', 'a', 'c', 'b'].map((id) => ({ id })),
      );
      pool.flush();
      expect(await Promise.all(results)).toEqual(['a', 'b', 'a', 'c', 'b'].map((id) => ({ id })));
      expect(await pool.run('seen')).toEqual([['a', 'b', 'c']]);
    });
  });

  it('`isFull` has the rest wait for the next call', async () => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const results = [4, 7, 1, 12, 3].map((weight, index) => pool.run('keyed', { id: index, weight }));
      pool.flush();
      expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4].map((id) => ({ id })));
      expect(await pool.run('seen')).toEqual([[0, 1], [2, 3], [4]]);
    });
  });

  it('with keys of the program, too, no result goes to the wrong item', async () => {
    const key = (input: unknown) => (input as { id: string }).id;
    await withBatches({ kind, tasks: { keyed: { batch: { key } } } }, async (pool) => {
      await pool.ready();
      const ids = ['a', 'b', 'a', 'c', 'b', 'a'];
      const results = ids.map((id) => pool.run('keyed', { id, weight: 5 }));
      pool.flush();
      expect(await Promise.all(results)).toEqual(ids.map((id) => ({ id })));
    });
  });

  it.each([
    ['key', { id: 'throw' }],
    ['key', { id: NaN }],
    ['isFull', { id: 1, weight: 'throw' }],
    ['isFull', { id: 1, weight: 'NaN' }],
  ])('a `%s` that fails fails its call, and the worker goes on', async (option, bad) => {
    await withBatches({ kind }, async (pool) => {
      await pool.ready();
      const results = runAll(pool, 'keyed', [{ id: 2 }, bad]);
      pool.flush();
      for (const error of await ends(results)) {
        expect(error).toMatchObject({ code: 'ERR_OPTION', details: { option: `batch.${option} of keyed` } });
      }
      const next = pool.run('keyed', { id: 3 });
      pool.flush();
      expect(await next).toEqual({ id: 3 });
    });
  });
});

describe('options of batches', () => {
  it.each([
    [{ maxSize: 0 }, 'tasks.double.batch'],
    [{ maxSize: 1001 }, 'tasks.double.batch'],
    [{ maxWaitMs: -1 }, 'tasks.double.batch'],
    [{ maxWaitMs: NaN }, 'tasks.double.batch'],
    [{ maxBytes: 0 }, 'tasks.double.batch'],
    [{ size: 5, maxSize: 4 }, 'tasks.double.batch.size'],
    [{ key: 'id' }, 'tasks.double.batch'],
    [{ limit: 3 }, 'tasks.double.batch'],
  ])('like %j are refused', async (batch, option) => {
    const open = withBatches({ tasks: { double: { batch } } } as PoolOptions, async () => {});
    expect(await failure(open)).toMatchObject({ code: 'ERR_OPTION', details: { option } });
  });

  it('for a handler of one item have no effect, and give a warning', async () => {
    const warnings: (Error & { code?: string })[] = [];
    const note = (warning: Error): void => {
      if (warning.name === 'MillpondWarning') warnings.push(warning);
    };
    process.on('warning', note);
    try {
      await withBatches({ tasks: { single: { batch: { key: () => 'one' } } } }, async (pool) => {
        expect(await Promise.all(runAll(pool, 'single', [1, 2]))).toEqual([1, 2]);
        await new Promise((resolve) => setImmediate(resolve));
      });
    } finally {
      process.off('warning', note);
    }
    expect(warnings.map(({ code }) => code)).toEqual(['MILLPOND_NO_BATCH']);
    expect(warnings[0]?.message).toContain('"single"');
  });
});

describe('a handler of batches', () => {
  it('with wrong options keeps its worker from starting', async () => {
    const open = withPool('batches-refused.mjs', { kind: 'thread', workers: 1 }, async (pool) => pool.ready());
    const error = await failure(open);
    expect(error).toMatchObject({ code: 'ERR_POOL_FAILED' });
    expect(error.message).toMatch(/"batch of "refused".maxSize" must be an integer from 1 to 1000; received 0/);
  });

  it('can be called by itself, as in a test of its module', async () => {
    const { double, mixed } = (await import(fixture('batches.mjs').href)) as Record<
      string,
      (input: unknown) => Promise<unknown>
    >;
    expect(await double?.(4)).toBe(8);
    expect(await mixed?.({ how: 'promise', value: 'late' })).toBe('late');
    await expect(mixed?.({ how: 'error', value: 'bad' })).rejects.toThrow('bad');
    await expect(mixed?.({ how: 'failed', value: 'bad' })).rejects.toBe('bad');
  });
});

function raise(message: string): never {
  throw new Error(message);
}
