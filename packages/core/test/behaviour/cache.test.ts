import { describe, expect, it } from 'vitest';
import { failure, KINDS, withPool } from './pools.js';
import { withGate } from './gate.js';

const CACHED = { square: { cache: true }, failOdd: { cache: true }, wait: { cache: true } };

describe.each(KINDS)('the result cache over kind %s', (kind) => {
  it('computes equal inputs once', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED }, async (pool) => {
      const first = (await pool.run('square', 4)) as { calls: number };
      expect(await pool.run('square', 4)).toEqual(first);
      expect(await pool.run('square', 5)).toMatchObject({ square: 25, calls: first.calls + 1 });
      expect(pool.cache?.stats()).toMatchObject({ entries: 2, hits: 1, misses: 2, joined: 0 });
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
        expect(pool.stats()).toMatchObject({ tasks: { submitted: 1 }, cache: { joined: 2, misses: 1, hits: 2 } });
      }),
    );
  });

  it('cancels the execution when the last who waits has left', async () => {
    await withGate((gate) =>
      withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED, graceMs: 0 }, async (pool) => {
        const input = { port: gate.port, name: 'nobody' };
        const controllers = [new AbortController(), new AbortController()];
        const calls = controllers.map(({ signal }) => failure(pool.run('wait', input, { signal })));
        await gate.whenArrived('nobody');
        for (const controller of controllers) controller.abort('gone');
        expect(await Promise.all(calls)).toEqual(['gone', 'gone']);
        gate.pass('nobody'); // inline, nothing else ends the handler
        await pool.idle();
        expect(pool.stats().tasks).toMatchObject({ submitted: 1, cancelled: 1 });
        expect(pool.cache?.stats().entries).toBe(0);
      }),
    );
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

  it('forgets what it is told to', async () => {
    await withPool('counts-calls.mjs', { kind, workers: 1, tasks: CACHED }, async (pool) => {
      const calls = async (): Promise<number> => ((await pool.run('square', 4)) as { calls: number }).calls;
      const first = await calls();
      pool.cache?.invalidate('square', 5);
      expect(await calls()).toBe(first);
      pool.cache?.invalidate('square', 4);
      expect(await calls()).toBe(first + 1);
      pool.cache?.invalidate('square');
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
