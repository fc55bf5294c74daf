import type { DeathReport, Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { type Gate, withGate } from './gate.js';
import { failure, nextEvent, started, withPool, WORKER_KINDS } from './pools.js';

const OPTIONS = { workers: 1, restart: { max: 50 } };
const NAMES = ['a', 'b', 'c', 'd'];

/** Calls `perish` in a batch whose third item ends the worker. Expects that it fails, and that the others succeed alone. */
async function expectOneSacrificed(pool: Pool, gate: Gate): Promise<void> {
  await pool.ready();
  const ends = Promise.allSettled(
    NAMES.map((name) => pool.run('perish', { port: gate.port, name, isPoison: name === 'c' })),
  );
  pool.flush();
  await gate.whenArrived('a');
  gate.pass('a');
  // The first arrived once in the batch, and each one arrives alone after that.
  for (let nth = 2; nth <= 5; nth++) gate.pass(await gate.arrival(nth));
  const [a, b, c, d] = await ends;
  expect([a, b, d]).toEqual(['a', 'b', 'd'].map((name) => ({ status: 'fulfilled', value: `${name} in try 2 of 1` })));
  expect(c).toMatchObject({ status: 'rejected', reason: { code: 'ERR_WORKER_CRASHED' } });
}

describe.each(WORKER_KINDS)('a worker of kind %s that dies with a batch in it', (kind) => {
  it('fails all its items, which had begun, and says that any may be to blame', async () => {
    await withGate((gate) =>
      withPool('batches.mjs', { ...OPTIONS, kind }, async (pool) => {
        await pool.ready();
        const doomed = NAMES.map((name) =>
          failure(pool.run('perish', { port: gate.port, name, isPoison: name === 'c' })),
        );
        pool.flush();
        await gate.whenArrived('a');
        gate.pass('a');
        for (const error of await Promise.all(doomed)) {
          expect(error).toMatchObject({ code: 'ERR_WORKER_CRASHED', details: { suspects: 4 } });
        }
        expect(gate.arrived).toEqual(['a']);
        expect(pool.stats().tasks).toMatchObject({ failed: 4, crashed: 0 });
      }),
    );
  });

  it('has them run again alone where they may run twice, so that only the bad one is sacrificed', async () => {
    await withGate((gate) =>
      withPool('batches.mjs', { ...OPTIONS, kind, tasks: { perish: { idempotent: true } } }, async (pool) => {
        await expectOneSacrificed(pool, gate);
        expect(pool.stats().tasks).toMatchObject({ completed: 3, failed: 1, crashed: 1 });
      }),
    );
  });

  it('has them tried again alone as their retry says', async () => {
    const retry = { attempts: 1, backoff: { baseMs: 1 } };
    await withGate((gate) =>
      withPool('batches.mjs', { ...OPTIONS, kind, tasks: { perish: { retry } } }, async (pool) => {
        await expectOneSacrificed(pool, gate);
      }),
    );
  });

  it('loses none that had not begun: they go to the next worker as a batch again', async () => {
    await withPool('batches.mjs', { ...OPTIONS, kind, prefetch: 4, graceMs: 1 }, async (pool) => {
      await pool.ready();
      const hanging = started(pool, 'hang', 1, { timeoutMs: 500 });
      pool.flush('hang');
      const { result } = await hanging;
      const batch = [1, 2, 3, 4].map((n) => pool.run('double', n));
      expect(await failure(result)).toMatchObject({ code: 'ERR_TASK_TIMEOUT' });
      expect(await Promise.all(batch)).toEqual([2, 4, 6, 8]);
      expect(await pool.run('seen')).toEqual([[1, 2, 3, 4]]);
      expect(pool.stats().byTask['double']?.batch?.why).toMatchObject({ size: 1, again: 1 });
    });
  });

  it('because no item of it is wanted any more, and it does not end', async () => {
    await withPool('batches.mjs', { ...OPTIONS, kind, graceMs: 1 }, async (pool) => {
      await pool.ready();
      const controllers = [new AbortController(), new AbortController()];
      const hanging = started(pool, 'hang', 1, { signal: controllers[0]?.signal as AbortSignal });
      const second = failure(pool.run('hang', 2, { signal: controllers[1]?.signal as AbortSignal }));
      pool.flush();
      const { result } = await hanging;
      const exited = nextEvent<DeathReport>(pool, 'worker:exited');
      for (const controller of controllers) controller.abort(new RangeError('enough'));
      expect(await failure(result)).toMatchObject({ message: 'enough' });
      expect(await second).toMatchObject({ message: 'enough' });
      expect(await exited).toMatchObject({ workerId: 1 });
    });
  });

  it('takes no more tasks than `recycle.afterTasks` allows, and the rest of a batch goes to the next', async () => {
    await withPool('batches.mjs', { ...OPTIONS, kind, recycle: { afterTasks: 3, jitter: 0 } }, async (pool) => {
      await pool.ready();
      expect(await Promise.all([1, 2, 3, 4].map((n) => pool.run('double', n)))).toEqual([2, 4, 6, 8]);
      expect(pool.stats().byTask['double']?.batch).toMatchObject({ batches: 2, items: 4 });
    });
  });
});
