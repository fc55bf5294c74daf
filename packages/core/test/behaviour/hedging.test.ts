import type { PoolOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, KINDS, nextEvent, withPool, WORKER_KINDS } from './pools.js';

const HEDGED = { idempotent: true, hedge: { after: 20 } };

describe.each(WORKER_KINDS)('hedging over kind %s', (kind) => {
  const options: PoolOptions = { kind, workers: 2, graceMs: 10_000, tasks: { wait: HEDGED } };

  it('takes the first result, and cancels the other run', async () => {
    await withGate((gate) =>
      withPool('waits-until-aborted.mjs', options, async (pool) => {
        await pool.ready();
        const kills: unknown[] = [];
        pool.on('worker:exited', ({ killedFor }) => kills.push(killedFor));
        const call = pool.run('wait', { port: gate.port, name: 'slow' });
        await gate.whenArrived('slow 1', 'slow 2');
        expect(pool.stats().tasks).toMatchObject({ submitted: 1, dispatched: 1, running: 1 });
        gate.pass('slow 2', 'second');
        expect(await call).toEqual({ line: 'second', attempt: 2 });
        // The cancelled run leaves by itself, and its worker is free for others.
        expect(await Promise.all([1, 2, 3, 4].map((n) => pool.run('echo', n)))).toEqual([1, 2, 3, 4]);
        const { tasks, byTask } = pool.stats();
        expect(tasks).toMatchObject({ submitted: 5, completed: 5, cancelled: 0, failed: 0, dispatched: 0 });
        expect(byTask['wait']).toMatchObject({ completed: 1, failed: 0, hedges: { begun: 1, won: 1, refused: 0 } });
        await pool.close();
        expect(kills).toEqual([undefined, undefined]);
      }),
    );
  });

  it('lets a failure wait for the other run', async () => {
    await withGate((gate) =>
      withPool('waits-until-aborted.mjs', options, async (pool) => {
        await pool.ready();
        const call = pool.run('wait', { port: gate.port, name: 'shaky' });
        await gate.whenArrived('shaky 1', 'shaky 2');
        gate.pass('shaky 1', 'fail');
        gate.pass('shaky 2', 'saved');
        expect(await call).toEqual({ line: 'saved', attempt: 2 });
        expect(pool.stats().tasks).toMatchObject({ submitted: 1, completed: 1, failed: 0 });
      }),
    );
  });

  it('rejects with the error of its own run when both fail', async () => {
    await withGate((gate) =>
      withPool('waits-until-aborted.mjs', options, async (pool) => {
        await pool.ready();
        const call = failure(pool.run('wait', { port: gate.port, name: 'bad' }));
        await gate.whenArrived('bad 1', 'bad 2');
        gate.pass('bad 2', 'fail');
        gate.pass('bad 1', 'fail');
        expect((await call).message).toBe('start 1 failed');
        expect(pool.stats().tasks).toMatchObject({ submitted: 1, completed: 0, failed: 1 });
      }),
    );
  });

  it('kills the worker of a run that does not end within its grace', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { ...options, graceMs: 10 }, async (pool) => {
        await pool.ready();
        const exited = nextEvent<{ expected: boolean; killedFor: string }>(pool, 'worker:exited');
        const call = pool.run('wait', { port: gate.port, name: 'deaf' });
        await gate.arrival(2);
        gate.pass('deaf', 'second');
        expect(await call).toBe('second');
        expect(await exited).toMatchObject({ killedFor: expect.stringMatching('did not return within graceMs') });
        expect(await pool.run('echo', 'alive')).toBe('alive');
      }),
    );
  });

  it('survives the death of a worker that runs it', async () => {
    await withGate((gate) =>
      withPool('waits-until-aborted.mjs', options, async (pool) => {
        await pool.ready();
        const call = pool.run('wait', { port: gate.port, name: 'lost' });
        await gate.whenArrived('lost 1', 'lost 2');
        const exited = nextEvent(pool, 'worker:exited');
        gate.pass('lost 1', 'exit');
        expect(await exited).toMatchObject({ exitCode: 3, runningTasks: ['wait'] });
        gate.pass('lost 2', 'saved');
        expect(await call).toEqual({ line: 'saved', attempt: 2 });
        expect(pool.stats().tasks).toMatchObject({ submitted: 1, completed: 1, failed: 0, crashed: 1 });
      }),
    );
  });

  it('ends with the pool, and all of its runs do', async () => {
    await withGate((gate) =>
      withPool('waits-until-aborted.mjs', options, async (pool) => {
        await pool.ready();
        const call = failure(pool.run('wait', { port: gate.port, name: 'last' }));
        await gate.whenArrived('last 1', 'last 2');
        await pool.destroy('enough');
        expect(await call).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      }),
    );
  });
});

describe.each(KINDS)('hedging over kind %s', (kind) => {
  it('runs nothing twice while no worker has nothing to do', async () => {
    await withGate((gate) =>
      withPool('waits-until-aborted.mjs', { kind, workers: 1, tasks: { wait: HEDGED } }, async (pool) => {
        const call = pool.run('wait', { port: gate.port, name: 'only' });
        await gate.whenArrived('only 1');
        // Longer than `after`: the wait of another task is the clock.
        expect(
          await failure(pool.run('wait', { port: gate.port, name: 'late' }, { queueTimeoutMs: 100 })),
        ).toMatchObject({
          code: 'ERR_QUEUE_TIMEOUT',
        });
        gate.pass('only 1', 'first');
        expect(await call).toEqual({ line: 'first', attempt: 1 });
        expect(gate.arrived).toEqual(['only 1']);
        expect(pool.stats().byTask['wait']?.hedges).toEqual({ begun: 0, won: 0, refused: 0 });
      }),
    );
  });
});
