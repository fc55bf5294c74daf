import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { KINDS, withPool, WORKER_KINDS } from './pools.js';

describe.each(KINDS)('waiting tasks, kind %s,', (kind) => {
  it('run in the order of their priority, and among equals in the order they came', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, prefetch: 0 }, async (pool) => {
        const run = (name: string, priority?: number): Promise<unknown> =>
          pool.run('wait', { port: gate.port, name }, priority === undefined ? {} : { priority });
        const all = [run('first')];
        await gate.whenArrived('first');
        all.push(run('low', -1), run('a'), run('b'), run('high', 9));
        for (const [nth, name] of ['first', 'high', 'a', 'b', 'low'].entries()) {
          expect(await gate.arrival(nth + 1)).toBe(name);
          gate.pass(name);
        }
        await Promise.all(all);
      }),
    );
  });

  it('count as dispatched once a worker has them, and as running once their handler was called', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, concurrency: 1, prefetch: 3 }, async (pool) => {
        const all = Array.from({ length: 5 }, (_, n) => pool.run('wait', { port: gate.port, name: String(n) }));
        await gate.whenArrived('0');
        expect(pool.stats().tasks).toMatchObject({ submitted: 5, queued: 1, dispatched: 4, running: 1 });
        expect(pool.stats().workerList).toMatchObject([{ dispatched: 4, running: 1 }]);
        for (const name of ['0', '1', '2', '3', '4']) {
          await gate.whenArrived(name);
          expect(pool.stats().tasks.running).toBe(1);
          gate.pass(name);
        }
        await Promise.all(all);
      }),
    );
  });

  it('have the priority of their name unless the call says otherwise', async () => {
    const tasks = { wait: { priority: -5 } };
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, prefetch: 0, tasks }, async (pool) => {
        const first = pool.run('wait', { port: gate.port, name: 'first' });
        await gate.whenArrived('first');
        const order: string[] = [];
        const later = [
          pool.run('wait', { port: gate.port, name: 'usual' }).then(() => order.push('usual')),
          pool.run('echo', 1).then(() => order.push('echo')),
          pool.run('wait', { port: gate.port, name: 'urgent' }, { priority: 1 }).then(() => order.push('urgent')),
        ];
        gate.pass('first');
        for (const name of ['urgent', 'usual']) {
          await gate.whenArrived(name);
          gate.pass(name);
        }
        await Promise.all([first, ...later]);
        expect(order).toEqual(['urgent', 'echo', 'usual']);
      }),
    );
  });

  it('with a wrong priority or key are refused', async () => {
    await withPool('echo.mjs', { kind }, (pool) => {
      for (const options of [{ priority: 1.5 }, { priority: 101 }, { key: '' }, { key: 5 as never }]) {
        expect(() => pool.run('echo', 1, options)).toThrow(/Option "(priority|key)" must be/);
      }
      return Promise.resolve();
    });
  });
});

describe.each(WORKER_KINDS)('tasks with a key, kind %s,', (kind) => {
  interface Visit {
    workerId: number;
    isKnown: boolean;
  }

  it('go to the worker that had the key before, one after another', async () => {
    await withPool('remembers-keys.mjs', { kind, workers: 3 }, async (pool) => {
      await pool.ready();
      const homes = new Map<string, number>();
      for (let round = 0; round < 10; round++) {
        for (const key of ['a', 'b', 'c', 'd']) {
          const { workerId, isKnown } = (await pool.run('visit', key, { key })) as Visit;
          expect(isKnown).toBe(round > 0);
          expect(homes.get(key) ?? workerId).toBe(workerId);
          homes.set(key, workerId);
        }
      }
    });
  });

  it('run elsewhere when their worker has died', async () => {
    await withPool('remembers-keys.mjs', { kind, workers: 2 }, async (pool) => {
      await pool.ready();
      const before = (await pool.run('visit', 'a', { key: 'a' })) as Visit;
      await pool.recycle();
      const after = (await pool.run('visit', 'a', { key: 'a' })) as Visit;
      expect(after.workerId).not.toBe(before.workerId);
      expect(after.isKnown).toBe(false);
    });
  });
});
