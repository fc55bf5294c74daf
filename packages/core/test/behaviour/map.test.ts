import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, KINDS, withPool } from './pools.js';

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describe.each(KINDS)('map over kind %s', (kind) => {
  it('yields results in the order of the inputs, whatever their lengths', async () => {
    await withPool('takes-turns.mjs', { kind, workers: 2, concurrency: 4 }, async (pool) => {
      const inputs = Array.from({ length: 200 }, (_, n) => (n * 7) % 13);
      expect(await collect(pool.map('wait', inputs))).toEqual(inputs);
    });
  });

  it('yields all of them, in any order, with ordered: false', async () => {
    await withPool('takes-turns.mjs', { kind, workers: 2, concurrency: 4 }, async (pool) => {
      const inputs = Array.from({ length: 100 }, (_, n) => n % 10);
      const results = (await collect(pool.map('wait', inputs, { ordered: false }))) as number[];
      expect(results.toSorted()).toEqual(inputs.toSorted());
    });
  });

  it('yields what is done first, with ordered: false', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, concurrency: 2 }, async (pool) => {
        const inputs = ['a', 'b'].map((name) => ({ port: gate.port, name }));
        const results = pool.mapSettled('wait', inputs, { ordered: false });
        const first = results.next();
        await gate.whenArrived('a', 'b');
        gate.pass('b');
        expect((await first).value).toMatchObject({ index: 1, status: 'fulfilled' });
        gate.pass('a');
        expect((await results.next()).value).toMatchObject({ index: 0, status: 'fulfilled' });
        expect((await results.next()).done).toBe(true);
      }),
    );
  });

  it('stops at the first failure, cancels the rest and closes the source', async () => {
    await withPool('fails-on-negative.mjs', { kind, workers: 1 }, async (pool) => {
      let isClosed = false;
      async function* source(): AsyncGenerator<number> {
        try {
          for (let n = 1; ; n++) yield n === 20 ? -1 : n;
        } finally {
          isClosed = true;
        }
      }
      const results: unknown[] = [];
      const error = await failure(
        (async () => {
          for await (const result of pool.map('work', source())) results.push(result);
        })(),
      );
      expect(error.message).toBe('negative');
      expect([results.length, isClosed]).toEqual([19, true]);
      await pool.idle();
      const { submitted, completed, failed, cancelled } = pool.stats().tasks;
      expect(failed).toBe(1);
      expect(completed + cancelled).toBe(submitted - 1);
    });
  });

  it('goes on after failures as mapSettled, which tells of each', async () => {
    await withPool('fails-on-negative.mjs', { kind, workers: 1 }, async (pool) => {
      const settled = await collect(pool.mapSettled('work', [1, -2, 3]));
      expect(settled).toMatchObject([
        { index: 0, input: 1, status: 'fulfilled', value: 1 },
        { index: 1, input: -2, status: 'rejected', reason: { message: 'negative' } },
        { index: 2, input: 3, status: 'fulfilled', value: 3 },
      ]);
    });
  });

  it('pulls inputs only as they are needed', async () => {
    await withPool('fails-on-negative.mjs', { kind, workers: 1 }, async (pool) => {
      let pulled = 0;
      function* endless(): Generator<number> {
        for (;;) yield ++pulled;
      }
      let taken = 0;
      for await (const result of pool.map('work', endless(), { window: 5 })) {
        expect(result).toBe(++taken);
        expect(pulled).toBeLessThanOrEqual(taken + 5);
        if (taken === 50) break;
      }
      await pool.idle();
      expect(pool.stats().tasks.submitted).toBe(pulled);
    });
  });

  it('waits for room instead of overfilling the queue', async () => {
    await withPool('takes-turns.mjs', { kind, workers: 1, queue: { max: 3 } }, async (pool) => {
      let most = 0;
      const inputs = (function* () {
        for (let n = 0; n < 50; n++) {
          most = Math.max(most, pool.stats().tasks.queued);
          yield n % 3;
        }
      })();
      expect(await collect(pool.map('wait', inputs, { window: 20 }))).toHaveLength(50);
      expect(most).toBeLessThanOrEqual(4);
    });
  });

  it('ends with the reason of its signal, even while its source hangs', async () => {
    await withPool('fails-on-negative.mjs', { kind, workers: 1 }, async (pool) => {
      const controller = new AbortController();
      async function* source(): AsyncGenerator<number> {
        yield 1;
        await new Promise(() => {});
      }
      const results = pool.map('work', source(), { signal: controller.signal });
      expect(await results.next()).toEqual({ done: false, value: 1 });
      const end = failure(results.next());
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await end).toBe(reason);
    });
  });

  it('gives each task the options of the call', async () => {
    await withPool('watches-abort.mjs', { kind, workers: 1 }, async (pool) => {
      const settled = await collect(pool.mapSettled('watch', [1, 2], { timeoutMs: 20 }));
      expect(settled).toMatchObject(Array(2).fill({ status: 'rejected', reason: { code: 'ERR_TASK_TIMEOUT' } }));
    });
  });

  it('ends with the pool', async () => {
    await withPool('takes-turns.mjs', { kind, workers: 1 }, async (pool) => {
      const results = pool.map('wait', Array<number>(1000).fill(1), { window: 4 });
      await results.next();
      await pool.destroy();
      expect(await failure(collect(results))).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
  });

  /** Far more inputs than a window holds, and not endless, so that a loop that goes on comes to an end. */
  class Inputs {
    pulled = 0;
    isClosed = false;

    *[Symbol.iterator](): Generator<number> {
      try {
        while (this.pulled < 50_000) {
          this.pulled++;
          yield 1;
        }
      } finally {
        this.isClosed = true;
      }
    }
  }

  it.each(['close', 'destroy'] as const)(
    'pulls nothing more after %s(), as mapSettled, and closes its source',
    async (end) => {
      await withPool('takes-turns.mjs', { kind, workers: 1 }, async (pool) => {
        const inputs = new Inputs();
        const results = pool.mapSettled('wait', inputs, { window: 20 });
        await results.next();
        const ended = pool[end]();
        const { pulled } = inputs;
        expect(await failure(collect(results))).toMatchObject({ code: 'ERR_POOL_CLOSED' });
        await ended;
        expect(inputs).toMatchObject({ pulled, isClosed: true });
        expect(await failure(collect(pool.mapSettled('wait', [1])))).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      });
    },
  );

  it('yields what a closing pool has accepted, and then its error', async () => {
    await withPool('takes-turns.mjs', { kind, workers: 1 }, async (pool) => {
      const inputs = new Inputs();
      const results = pool.map('wait', inputs, { window: 20 });
      const seen: unknown[] = [(await results.next()).value];
      const closed = pool.close();
      const { pulled } = inputs;
      const loop = async (): Promise<void> => {
        for await (const value of results) seen.push(value);
      };
      expect(await failure(loop())).toMatchObject({ code: 'ERR_POOL_CLOSED', details: { state: 'closing' } });
      expect(seen).toHaveLength(pulled);
      await closed;
    });
  });

  it('pulls nothing more when the pool has failed', async () => {
    await withPool('throws-at-load.mjs', { kind, workers: 1, restart: { max: 1 } }, async (pool) => {
      const inputs = new Inputs();
      const statuses = new Set<string>();
      const loop = async (): Promise<void> => {
        for await (const { status } of pool.mapSettled('work', inputs, { window: 20 })) statuses.add(status);
      };
      expect(await failure(loop())).toMatchObject({ code: 'ERR_POOL_FAILED' });
      expect([...statuses]).toEqual(['rejected']);
      expect(inputs).toMatchObject({ pulled: 20, isClosed: true });
    });
  });

  it.each(['map', 'mapSettled'] as const)('ends with the pool while its source hangs, as %s', async (method) => {
    await withPool('fails-on-negative.mjs', { kind, workers: 1 }, async (pool) => {
      async function* source(): AsyncGenerator<number> {
        yield 1;
        await new Promise(() => {});
      }
      const results: AsyncGenerator<unknown> = pool[method]('work', source());
      await results.next();
      const end = failure(results.next());
      const cause = new Error('enough');
      await pool.destroy(cause);
      expect(await end).toMatchObject({ code: 'ERR_POOL_CLOSED', details: { state: 'destroyed' }, cause });
    });
  });
});
