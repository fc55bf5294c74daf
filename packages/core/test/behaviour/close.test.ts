import { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { type Gate, withGate } from './gate.js';
import { failure, fixture, KINDS, withPool, WORKER_KINDS } from './pools.js';

/** A handler that runs in this process cannot be killed with its worker; its socket would be left. */
function letInlineEnd(gate: Gate): void {
  gate.pass('a');
}

describe.each(KINDS)('close of a pool of kind %s', (kind) => {
  it('finishes what was accepted and refuses what comes after', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1 }, async (pool) => {
        const tasks = ['a', 'b'].map((name) => pool.run('wait', { port: gate.port, name }));
        await gate.whenArrived('a');
        let isClosed = false;
        const closed = pool.close().then(() => (isClosed = true));
        expect(pool.stats().state).toBe('closing');
        const refused = { code: 'ERR_POOL_CLOSED', details: { pool: 'waits-at-gate', state: 'closing' } };
        expect(await failure(pool.run('echo', 1))).toMatchObject(refused);
        expect(await failure(pool.broadcast('echo', 1))).toMatchObject(refused);
        expect(await failure(pool.ready())).toMatchObject(refused);
        expect(await failure(pool.room())).toMatchObject(refused);
        gate.pass('a');
        await gate.whenArrived('b');
        expect(isClosed).toBe(false);
        gate.pass('b');
        await closed;
        expect(await Promise.all(tasks)).toEqual(['passed', 'passed']);
        expect(await failure(pool.run('echo', 1))).toMatchObject({ details: { state: 'closed' } });
      }),
    );
  });

  it('may be called again, at any time', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const task = pool.run('echo', 'last');
      await Promise.all([pool.close(), pool.close(), pool.close({ timeoutMs: 60_000 })]);
      await pool.close();
      await pool.destroy();
      expect(await task).toBe('last');
    });
  });

  it('finishes tasks that a pause held back', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      pool.pause();
      const task = pool.run('echo', 'held');
      await pool.close();
      expect(await task).toBe('held');
    });
  });

  it('rejects what is not done when its time is over', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1 }, async (pool) => {
        const tasks = ['a', 'b'].map((name) => failure(pool.run('wait', { port: gate.port, name })));
        await gate.whenArrived('a');
        await pool.close({ timeoutMs: 20 });
        letInlineEnd(gate);
        for (const error of await Promise.all(tasks)) expect(error).toMatchObject({ code: 'ERR_POOL_CLOSED' });
        expect(pool.stats()).toMatchObject({
          state: 'closed',
          tasks: { failed: 2, dispatched: 0, running: 0, queued: 0 },
        });
      }),
    );
  });

  it('waits for a task between two tries', async () => {
    await withPool('fails-at-first.mjs', { kind, workers: 1 }, async (pool) => {
      const task = pool.run('succeedAt', 2, { retry: { attempts: 1, backoff: { baseMs: 50 } } });
      await pool.close();
      expect(await task).toBe(2);
    });
  });

  it('is what the end of a scope does', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const task = pool.run('echo', 'x');
      await pool[Symbol.asyncDispose]();
      expect([await task, pool.stats().state]).toEqual(['x', 'closed']);
    });
  });

  it('may come before anything else', async () => {
    await withPool('echo.mjs', { kind }, async (pool) => {
      await pool.close();
      expect(pool.stats()).toMatchObject({ state: 'closed', tasks: { submitted: 0 } });
    });
  });

  it('leaves the rest of the pool without effect', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.close();
      pool.resize(5);
      await pool.recycle();
      pool.resume();
      await pool.idle();
      expect(pool.stats()).toMatchObject({ state: 'closed', workerList: [], workers: { wanted: 0 } });
    });
  });
});

describe.each(KINDS)('destroy of a pool of kind %s', (kind) => {
  it('rejects queued and running tasks at once with its reason as the cause', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1 }, async (pool) => {
        const tasks = ['a', 'b'].map((name) => failure(pool.run('wait', { port: gate.port, name })));
        await gate.whenArrived('a');
        const reason = new Error('shutdown');
        await pool.destroy(reason);
        letInlineEnd(gate);
        for (const error of await Promise.all(tasks)) {
          expect(error).toMatchObject({ code: 'ERR_POOL_CLOSED', details: { state: 'destroyed' }, cause: reason });
        }
        expect(pool.stats()).toMatchObject({ state: 'closed', workerList: [] });
        expect(gate.arrived).toEqual(['a']);
      }),
    );
  });

  it('overtakes a close that still waits, which then ends', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1 }, async (pool) => {
        const task = failure(pool.run('wait', { port: gate.port, name: 'a' }));
        await gate.whenArrived('a');
        const closed = pool.close();
        await pool.destroy();
        letInlineEnd(gate);
        await closed;
        expect(await task).toMatchObject({ code: 'ERR_POOL_CLOSED' });
      }),
    );
  });

  it('rejects who waits for the pool', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const ready = failure(pool.ready());
      await pool.destroy();
      expect(await ready).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
  });
});

describe.each(WORKER_KINDS)('destroy of a pool of kind %s', (kind) => {
  it('ends workers that are stuck in a loop', async () => {
    await withPool('spins.mjs', { kind, workers: 2 }, async (pool) => {
      const pids: unknown[] = [];
      const spinning = new Promise<void>((resolve) => {
        for (const _ of [1, 2]) {
          pool.run('spin', 0, { onProgress: (pid) => void (pids.push(pid) === 2 && resolve()) }).catch(() => {});
        }
      });
      await spinning;
      await pool.destroy();
      expect(pool.stats()).toMatchObject({ workerList: [], tasks: { failed: 2 } });
    });
  });
});

describe('two pools of one module', () => {
  it('live and end apart', async () => {
    await withPool('echo.mjs', { kind: 'process', workers: 1 }, async (first) => {
      const second = new Pool(fixture('echo.mjs'), { kind: 'thread', workers: 1, name: 'second' });
      expect(await Promise.all([first.run('echo', 1), second.run('echo', 2)])).toEqual([1, 2]);
      await second.close();
      expect(await first.run('echo', 3)).toBe(3);
      expect([first.name, second.name]).toEqual(['echo', 'second']);
    });
  });
});
