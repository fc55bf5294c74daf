import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withGate } from './gate.js';
import { failure, KINDS, withPool } from './pools.js';

const CACHED = { square: { cache: true }, failOdd: { cache: true }, wait: { cache: true }, report: { cache: true } };

describe.each(KINDS)('the result cache over kind %s', (kind) => {
  it('computes equal inputs once', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED }, async (pool) => {
      const first = (await pool.run('square', 4)) as { calls: number };
      expect(await pool.run('square', 4)).toEqual(first);
      expect(await pool.run('square', 5)).toMatchObject({ square: 25, calls: first.calls + 1 });
      expect(pool.cache?.stats()).toMatchObject({ entries: 2, hits: 1, misses: 2, coalesced: 0 });
      expect(pool.stats()).toMatchObject({ cache: { hits: 1 }, tasks: { submitted: 2, completed: 2 } });
    });
  });

  it('lets equal calls that overlap share one execution', async () => {
    await withGate((gate) =>
      withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED }, async (pool) => {
        const input = { port: gate.port, name: 'shared' };
        const controller = new AbortController();
        const leaving = failure(pool.run('wait', input, { signal: controller.signal }));
        const staying = [pool.run('wait', input), pool.run('wait', { name: 'shared', port: gate.port })];
        await gate.whenArrived('shared');
        controller.abort('not mine');
        expect(await leaving).toBe('not mine');
        gate.pass('shared', 'answer');
        expect(await Promise.all(staying)).toEqual(['answer', 'answer']);
        expect(gate.arrived).toHaveLength(1);
        expect(pool.stats()).toMatchObject({ tasks: { submitted: 1 }, cache: { coalesced: 2, misses: 1, hits: 2 } });
      }),
    );
  });

  it('cancels the execution when the last who waits has left', async () => {
    await withGate((gate) =>
      withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED, graceMs: 0 }, async (pool) => {
        const input = { port: gate.port, name: 'alone' };
        const controllers = [new AbortController(), new AbortController()];
        const calls = controllers.map(({ signal }) => failure(pool.run('wait', input, { signal })));
        await gate.whenArrived('alone');
        for (const controller of controllers) controller.abort('gone');
        expect(await Promise.all(calls)).toEqual(['gone', 'gone']);
        gate.pass('alone'); // inline, nothing else ends the handler
        await pool.idle();
        expect(pool.stats().tasks).toMatchObject({ submitted: 1, cancelled: 1 });
        expect(pool.cache?.stats().entries).toBe(0);
      }),
    );
  });

  it('leaves turns of the event loop to the program, while a map takes its results from the cache', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED }, async (pool) => {
      await pool.run('square', 4);
      const inputs = Array<number>(100_000).fill(4);
      const turned = new Promise<string>((resolve) => setImmediate(resolve, 'turned'));
      const mapped = (async () => {
        for await (const result of pool.map('square', inputs)) expect(result).toMatchObject({ square: 16 });
        return 'mapped';
      })();
      expect(await Promise.race([mapped, turned])).toBe('turned');
      await mapped;
    });
  });

  it('keeps no failures', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED }, async (pool) => {
      const first = await failure(pool.run('failOdd', 1));
      const second = await failure(pool.run('failOdd', 1));
      expect(second.message).not.toBe(first.message);
      expect(pool.cache?.stats()).toMatchObject({ entries: 0, hits: 0, misses: 2 });
    });
  });

  it('is left out by a call that says so, and by tasks that never asked for it', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: { square: { cache: true } } }, async (pool) => {
      for (let call = 0; call < 2; call++) {
        await pool.run('square', 4, { cache: false });
        await pool.run('failOdd', 2);
      }
      expect(pool.cache?.stats()).toMatchObject({ entries: 0, hits: 0, misses: 0 });
      expect(pool.stats().tasks.submitted).toBe(4);
    });
  });

  it('forgets one result, those of a task, or all, on request', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED }, async (pool) => {
      const calls = async (): Promise<number> => ((await pool.run('square', 4)) as { calls: number }).calls;
      const first = await calls();
      pool.cache?.delete('square', 5);
      expect(await calls()).toBe(first);
      pool.cache?.delete('square', 4);
      expect(await calls()).toBe(first + 1);
      pool.cache?.invalidate({ task: 'square' });
      expect(await calls()).toBe(first + 2);
      pool.cache?.clear();
      expect(await calls()).toBe(first + 3);
    });
  });

  it('answers although the queue is full', async () => {
    await withGate((gate) =>
      withPool(
        'counts-calls.mjs',
        { kind, workers: 1, tasks: { square: { cache: true } }, queue: { max: 0 } },
        async (pool) => {
          await pool.ready();
          const { square } = (await pool.run('square', 4)) as { square: number };
          const busy = pool.run('wait', { port: gate.port, name: 'busy' });
          await gate.whenArrived('busy');
          expect(await pool.run('square', 4)).toMatchObject({ square });
          expect(await failure(pool.run('square', 5))).toMatchObject({ code: 'ERR_QUEUE_FULL' });
          gate.pass('busy');
          await busy;
        },
      ),
    );
  });

  it('is there only when it is asked for', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1 }, async (pool) => {
      expect([pool.cache, pool.stats().cache]).toEqual([undefined, undefined]);
    });
  });
});

/** Two callers of one cached task: which is first. */
const ORDERS = [
  ['tighter', true],
  ['looser', false],
] as const;

describe.each(KINDS)('equal cached calls with limits of their own, kind %s,', (kind) => {
  describe.each(ORDERS)('the %s one first,', (_, isTighterFirst) => {
    it.each([
      ['timeoutMs', { timeoutMs: 100 }, { timeoutMs: 60_000 }],
      ['timeoutMs', { timeoutMs: 100 }, {}],
      ['deadline', { deadline: 1000 }, { deadline: 60_000 }],
      ['deadline', { deadline: 1000 }, {}],
    ] as const)('end by their own %s, %o beside %o', async (by, tight, loose) => {
      await withGate((gate) =>
        withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED }, async (pool) => {
          await pool.ready();
          const input = { port: gate.port, name: 'shared' };
          const call = (given: { timeoutMs?: number; deadline?: number }): Promise<unknown> =>
            pool.run('wait', input, {
              ...given,
              ...(given.deadline === undefined ? {} : { deadline: Date.now() + given.deadline }),
            });
          const calls = (isTighterFirst ? [tight, loose] : [loose, tight]).map(call);
          const [short, long] = isTighterFirst ? calls : calls.toReversed();
          expect(await failure(short as Promise<unknown>)).toMatchObject({
            code: 'ERR_TASK_TIMEOUT',
            details: { task: 'wait', by },
          });
          await gate.whenArrived('shared');
          gate.pass('shared', 'answer');
          expect(await long).toBe('answer');
          expect(gate.arrived).toEqual(['shared']);
          expect(await call({})).toBe('answer');
        }),
      );
    });

    it.each([
      [{ queueTimeoutMs: 50 }, { queueTimeoutMs: 60_000 }],
      [{ queueTimeoutMs: 50 }, {}],
      [{ deadline: 50 }, { queueTimeoutMs: 60_000 }],
    ])('wait for as long as they say themselves, %o beside %o', async (tight, loose) => {
      await withGate((gate) =>
        withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED }, async (pool) => {
          await pool.ready();
          const busy = pool.run('wait', { port: gate.port, name: 'busy' });
          await gate.whenArrived('busy');
          const input = { port: gate.port, name: 'shared' };
          const call = ({ deadline, ...given }: { queueTimeoutMs?: number; deadline?: number }): Promise<unknown> =>
            pool.run('wait', input, {
              ...given,
              ...(deadline === undefined ? {} : { deadline: Date.now() + deadline }),
            });
          const calls = (isTighterFirst ? [tight, loose] : [loose, tight]).map(call);
          const [short, long] = isTighterFirst ? calls : calls.toReversed();
          expect(await failure(short as Promise<unknown>)).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
          gate.pass('busy');
          await busy;
          await gate.whenArrived('shared');
          gate.pass('shared', 'answer');
          expect(await long).toBe('answer');
          expect(gate.arrived).toEqual(['busy', 'shared']);
        }),
      );
    });
  });

  it('end the task when the last of them is over', async () => {
    await withGate((gate) =>
      withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED, graceMs: 0 }, async (pool) => {
        await pool.ready();
        const input = { port: gate.port, name: 'shared' };
        const calls = [40, 80, 120].map((timeoutMs) => failure(pool.run('wait', input, { timeoutMs })));
        expect((await Promise.all(calls)).map(({ code, details }) => [code, details])).toMatchObject(
          [40, 80, 120].map((limitMs) => ['ERR_TASK_TIMEOUT', { limitMs, by: 'timeoutMs' }]),
        );
        gate.pass('shared'); // inline, nothing else ends the handler
        await pool.idle();
        expect(pool.stats().tasks).toMatchObject({ submitted: 1, completed: 0 });
      }),
    );
  });

  it('each hear of progress from their call on', async () => {
    await withGate((gate) =>
      withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED }, async (pool) => {
        const heard: [string, unknown][] = [];
        const input = { port: gate.port, name: 'shared' };
        const silent = pool.run('report', input);
        const first = pool.run('report', input, { onProgress: (value) => heard.push(['first', value]) });
        await gate.whenArrived('shared');
        const late = pool.run('report', input, { onProgress: (value) => heard.push(['late', value]) });
        gate.pass('shared', 'through');
        expect(await Promise.all([silent, first, late])).toEqual(['through', 'through', 'through']);
        expect(heard).toEqual([
          ['first', 'begun'],
          ['first', 'through'],
          ['late', 'through'],
        ]);
      }),
    );
  });

  it('may share a signal, however many they are, without a warning', async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listener);
    onTestFinished(() => void process.off('warning', listener));
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED }, async (pool) => {
      const { signal } = new AbortController();
      await Promise.all(Array.from({ length: 200 }, (_, n) => pool.run('square', n, { signal })));
      const maps = Array.from({ length: 20 }, async () => {
        const squares: unknown[] = [];
        for await (const square of pool.map('square', [1, 2, 3], { signal })) squares.push(square);
        return squares.length;
      });
      expect(await Promise.all(maps)).toEqual(new Array(20).fill(3));
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });
});

describe.each(KINDS)('functions that a caller gives run in its own async context, kind %s:', (kind) => {
  const context = new AsyncLocalStorage<string>();

  it('progress, whether retry is worth it, and the key of a cached input', async () => {
    const seen: [string, string | undefined][] = [];
    const note = (what: string): void => void seen.push([what, context.getStore()]);
    const key = (): string => {
      note('key');
      return 'one';
    };
    await withGate((gate) =>
      withPool('counts-calls.mjs', { kind, workers: 1, tasks: { report: { cache: { key } } } }, async (pool) => {
        const input = { port: gate.port, name: 'shared' };
        const calls = ['a', 'b'].map((name) =>
          context.run(name, () => pool.run('report', input, { onProgress: (value) => note(String(value)) })),
        );
        await gate.whenArrived('shared');
        gate.pass('shared', 'through');
        await Promise.all(calls);
        expect(seen).toEqual(['key', 'begun', 'through'].flatMap((what) => [[what, 'a'], [what, 'b']])); // prettier-ignore
      }),
    );
  });

  it('whether a failure is worth another try, given by the call or the pool', async () => {
    const seen: (string | undefined)[] = [];
    const on = (): boolean => seen.push(context.getStore()) > 0;
    const retry = { attempts: 1, on, backoff: { baseMs: 0 } };
    await withPool('fails-at-first.mjs', { kind, workers: 1, retry }, async (pool) => {
      await Promise.all([
        context.run('of the pool', () => pool.run('succeedAt', 2)),
        context.run('of the call', () => pool.run('succeedAt', 2, { retry })),
      ]);
      expect(seen.toSorted()).toEqual(['of the call', 'of the pool']);
    });
  });
});
