import type { DeathReport } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, KINDS, nextEvent, started, withPool, WORKER_KINDS } from './pools.js';

describe.each(KINDS)('an exclusive task of kind %s', (kind) => {
  it('waits until its worker is empty, and keeps it to itself', async () => {
    await withGate((gate) =>
      withPool('shares-worker.mjs', { kind, workers: 1, concurrency: 3 }, async (pool) => {
        const count = (name: string, exclusive?: boolean) =>
          pool.run('count', { port: gate.port, name }, exclusive === undefined ? {} : { exclusive });
        const before = [count('a'), count('b')];
        await gate.whenArrived('a', 'b');
        const alone = count('alone', true);
        const after = [count('c'), count('d')];
        gate.pass('a');
        await before[0];
        // Two places are free, and none of the three takes one.
        await new Promise((resolve) => setImmediate(resolve));
        expect(gate.arrived.toSorted()).toEqual(['a', 'b']);
        gate.pass('b');
        await gate.whenArrived('alone');
        expect(pool.stats().tasks).toMatchObject({ running: 1, queued: 2 });
        gate.pass('alone');
        await gate.whenArrived('c', 'd');
        gate.pass('c');
        gate.pass('d');
        expect(await alone).toBe(1);
        await Promise.all([...before, ...after]);
        expect(gate.arrived.slice(2).toSorted()).toEqual(['alone', 'c', 'd']);
        expect(gate.arrived[2]).toBe('alone');
      }),
    );
  });

  it('never has company, among many tasks of both sorts', async () => {
    const tasks = { aloneFor: { exclusive: true } };
    await withPool('shares-worker.mjs', { kind, workers: 2, concurrency: 4, tasks }, async (pool) => {
      const all = Array.from({ length: 300 }, (_, n) =>
        n % 5 === 0 ? pool.run('aloneFor', n % 4) : pool.run('countFor', n % 7),
      );
      const beside = (await Promise.all(all)) as number[];
      expect(beside.filter((_, n) => n % 5 === 0)).toEqual(Array(60).fill(0));
      // The others do share their workers, so the count can be above 0.
      expect(Math.max(...beside)).toBeGreaterThan(0);
    });
  });

  it('does not shut out others, though there is always another exclusive one', async () => {
    const tasks = { aloneFor: { exclusive: true } };
    await withPool('shares-worker.mjs', { kind, workers: 1, concurrency: 2, tasks }, async (pool) => {
      let isOver = false;
      let ran = 0;
      const flood = async (): Promise<void> => {
        while (!isOver) {
          await pool.run('aloneFor', 1);
          ran++;
        }
      };
      const floods = Array.from({ length: 8 }, flood);
      for (let n = 0; n < 20; n++) await pool.run('countFor', 1);
      isOver = true;
      await Promise.all(floods);
      expect(ran).toBeGreaterThan(0);
    });
  });

  it('may be cancelled while it waits for an empty worker', async () => {
    await withGate((gate) =>
      withPool('shares-worker.mjs', { kind, workers: 1, concurrency: 2 }, async (pool) => {
        const neighbour = pool.run('wait', { port: gate.port, name: 'a' });
        await gate.whenArrived('a');
        const controller = new AbortController();
        const alone = failure(pool.run('whoAmI', 0, { exclusive: true, signal: controller.signal }));
        // A pass has set it aside by the time of the next task's answer.
        await new Promise((resolve) => setImmediate(resolve));
        controller.abort(new Error('not any more'));
        expect(await alone).toMatchObject({ message: 'not any more' });
        const other = pool.run('whoAmI');
        expect(await other).toMatchObject({ workerId: 1 });
        gate.pass('a');
        await neighbour;
      }),
    );
  });
});

describe.each(WORKER_KINDS)('the kill of a task of kind %s that ignores its end', (kind) => {
  /** Runs a task that never ends beside two neighbours, ends it, and tells what becomes of them. */
  async function endBeside(exclusive: boolean, by: 'timeout' | 'signal'): Promise<string[]> {
    const ends: string[] = [];
    await withGate((gate) =>
      withPool('shares-worker.mjs', { kind, workers: 1, concurrency: 3, graceMs: 20 }, async (pool) => {
        await pool.ready();
        const exited = nextEvent<DeathReport>(pool, 'worker:exited');
        const controller = new AbortController();
        const limit = by === 'timeout' ? { timeoutMs: 50 } : { signal: controller.signal };
        const { result } = await started(pool, 'hold', undefined, { exclusive, ...limit });
        const killed = failure(result);
        const neighbours = ['a', 'b'].map((name) => pool.run('wait', { port: gate.port, name }));
        const all = Promise.allSettled(neighbours);
        if (!exclusive) await gate.whenArrived('a', 'b');
        if (by === 'signal') controller.abort(new Error('enough'));
        await killed;
        await exited;
        if (exclusive) await gate.whenArrived('a', 'b');
        for (const name of ['a', 'b']) gate.pass(name);
        for (const end of await all) {
          ends.push(end.status === 'fulfilled' ? String(end.value) : (end.reason as { code: string }).code);
        }
      }),
    );
    return ends;
  }

  it.each(['timeout', 'signal'] as const)('by its %s costs no other task when it is exclusive', async (by) => {
    expect(await endBeside(true, by)).toEqual(['passed', 'passed']);
  });

  it('costs its neighbours otherwise', async () => {
    expect(await endBeside(false, 'signal')).toEqual(['ERR_WORKER_CRASHED', 'ERR_WORKER_CRASHED']);
  });
});

describe.each(WORKER_KINDS)('an exclusive task of kind %s', (kind) => {
  it('has further tries', async () => {
    await withPool('fails-at-first.mjs', { kind, workers: 1, concurrency: 4 }, async (pool) => {
      const options = { exclusive: true, retry: { attempts: 2, backoff: { baseMs: 0 } } };
      expect(await Promise.all([pool.run('succeedAt', 3, options), pool.run('succeedAt', 2, options)])).toEqual([3, 2]);
    });
  });

  it('costs nothing with a concurrency of 1: it waits for no empty worker', async () => {
    const tasks = { whoAmI: { exclusive: true } };
    await withPool('shares-worker.mjs', { kind, workers: 1, concurrency: 1, tasks }, async (pool) => {
      const all = await Promise.all(Array.from({ length: 500 }, () => pool.run('whoAmI')));
      expect(new Set(all.map((each) => (each as { attempt: number }).attempt))).toEqual(new Set([1]));
    });
  });
});

describe('the option exclusive', () => {
  it('is true or false', async () => {
    await withPool('echo.mjs', { kind: 'inline' }, async (pool) => {
      expect(() => pool.run('echo', 1, { exclusive: 1 as never })).toThrow(/Option "exclusive" must be true or false/);
    });
    await expect(
      withPool('echo.mjs', { tasks: { echo: { exclusive: 'yes' as never } } }, async () => {}),
    ).rejects.toThrow(/Option "tasks.echo.exclusive" must be true or false/);
  });
});
