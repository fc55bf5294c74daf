import type { Pool } from '@millpond/core';
import { hostNowMs } from '@millpond/core/internal';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, KINDS, nextEvent, withPool, WORKER_KINDS } from './pools.js';

describe.each(KINDS)('a pool of kind %s', (kind) => {
  it('runs tasks by the names of the exports, the default one too', async () => {
    await withPool('echo.mjs', { kind, workers: 2 }, async (pool) => {
      expect(await pool.run('echo', { list: [1, new Map([['a', 2n]])] })).toEqual({ list: [1, new Map([['a', 2n]])] });
      expect(await pool.run('default', 'x')).toBe('x');
      expect(await pool.run('later', undefined)).toBeUndefined();
      expect(await Promise.all(Array.from({ length: 500 }, (_, n) => pool.run('echo', n)))).toEqual(
        Array.from({ length: 500 }, (_, n) => n),
      );
    });
  });

  it('tells a task who and where it is', async () => {
    await withPool('echo.mjs', { kind, workerData: { seed: 7 } }, async (pool) => {
      const deadline = Date.now() + 60_000;
      const first = (await pool.run('whoAmI', 0, { deadline })) as Record<string, unknown>;
      expect(first).toMatchObject({ workerId: 1, taskId: 1, attempt: 1, deadline, workerData: { seed: 7 } });
      expect(first['pid'] === process.pid).toBe(kind !== 'process');
      expect(await pool.run('whoAmI', 0)).toMatchObject({ taskId: 2, deadline: undefined });
    });
  });

  it('passes copies: neither side sees what the other changes', async () => {
    await withPool('echo.mjs', { kind }, async (pool) => {
      const input = { list: [1] };
      const [output, again] = (await Promise.all([pool.run('echo', input), pool.run('echo', input)])) as {
        list: number[];
      }[];
      expect(output).toEqual(input);
      expect(output).not.toBe(input);
      expect(output?.list).not.toBe(again?.list);
    });
  });

  it('refuses a task that the module does not export, naming what is meant', async () => {
    await withPool('echo.mjs', { kind }, async (pool) => {
      const error = await failure(pool.run('ehco', 1));
      expect(error).toMatchObject({ code: 'ERR_TASK_NOT_FOUND', details: { task: 'ehco', nearest: 'echo' } });
      expect((error['details'] as { known: string[] }).known.toSorted()).toEqual(
        ['default', 'echo', 'fail', 'later', 'whoAmI'].toSorted(),
      );
      expect(await failure(pool.run('notAHandler', 1))).toMatchObject({ code: 'ERR_TASK_NOT_FOUND' });
    });
  });

  it('throws at once for wrong options of a call, and counts no task', async () => {
    await withPool('echo.mjs', { kind }, async (pool) => {
      expect(() => pool.run('echo', 1, { timeoutMs: 0 })).toThrow(/Option "timeoutMs" must be/);
      expect(() => pool.run('echo', 1, { timeout: 5 } as never)).toThrow(/Did you mean "timeoutMs"/);
      expect(() => pool.map('echo', [1], { window: 0 })).toThrow(/Option "window" must be/);
      await expect(pool.broadcast('echo', 1, { timeoutMs: 0 })).rejects.toThrow(/Option "timeoutMs" must be/);
      expect(pool.stats().tasks.submitted).toBe(0);
    });
  });

  it('is ready when its least number of workers is', async () => {
    await withPool('echo.mjs', { kind, workers: 2 }, async (pool) => {
      const readyIds: number[] = [];
      pool.on('worker:ready', ({ workerId }) => readyIds.push(workerId));
      expect(pool.stats().workers.idle).toBe(0);
      await pool.ready();
      expect(pool.stats().workers).toMatchObject({ starting: 0, idle: kind === 'inline' ? 1 : 2 });
      expect(readyIds.toSorted()).toEqual(kind === 'inline' ? [1] : [1, 2]);
    });
  });

  it('is idle when nothing is queued and nothing runs', async () => {
    await withPool('echo.mjs', { kind }, async (pool) => {
      await pool.idle();
      const results = [pool.run('later', 1), pool.run('later', 2)];
      let settled = 0;
      for (const result of results) void result.then(() => settled++);
      await pool.idle();
      await Promise.resolve();
      expect(settled).toBe(2);
    });
  });

  it('hands out nothing while it is paused', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, concurrency: 2 }, async (pool) => {
        const first = pool.run('wait', { port: gate.port, name: 'first' });
        await gate.whenArrived('first');
        pool.pause();
        const second = pool.run('wait', { port: gate.port, name: 'second' });
        gate.pass('first');
        await first;
        expect(gate.arrived).toEqual(['first']);
        expect(pool.stats()).toMatchObject({ paused: true, tasks: { queued: 1, dispatched: 0, running: 0 } });
        pool.resume();
        await gate.whenArrived('second');
        gate.pass('second');
        await second;
      }),
    );
  });

  it('refuses tasks beyond queue.max, and tells when there is room again', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, queue: { max: 2 } }, async (pool) => {
        await pool.ready();
        const wait = (name: string): Promise<unknown> => pool.run('wait', { port: gate.port, name });
        const first = wait('first');
        await gate.whenArrived('first');
        const others = [wait('second'), wait('third')];
        const full = await failure(wait('fourth'));
        expect(full).toMatchObject({ code: 'ERR_QUEUE_FULL', details: { queued: 2, max: 2 } });
        let hasRoom = false;
        const room = pool.room().then(() => (hasRoom = true));
        gate.pass('first');
        await first;
        await gate.whenArrived('second');
        await room;
        expect(hasRoom).toBe(true);
        const last = wait('last');
        for (const name of ['second', 'third', 'last']) {
          await gate.whenArrived(name);
          gate.pass(name);
        }
        await Promise.all([...others, last]);
        expect(gate.arrived).toEqual(['first', 'second', 'third', 'last']);
        expect(pool.stats().tasks).toMatchObject({ submitted: 4, completed: 4 });
      }),
    );
  });

  it('takes a task with queue.max 0 only when it can run at once', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, queue: { max: 0 } }, async (pool) => {
        await pool.ready();
        const running = pool.run('wait', { port: gate.port, name: 'a' });
        expect(await failure(pool.run('echo', 1))).toMatchObject({ code: 'ERR_QUEUE_FULL' });
        await gate.whenArrived('a');
        gate.pass('a');
        await running;
        await pool.room();
        expect(await pool.run('echo', 1)).toBe(1);
      }),
    );
  });

  it('runs as many tasks at once in a worker as concurrency says', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, concurrency: 3 }, async (pool) => {
        const names = ['a', 'b', 'c', 'd'];
        const results = names.map((name) => pool.run('wait', { port: gate.port, name }));
        await gate.whenArrived('a', 'b', 'c');
        expect(gate.arrived).not.toContain('d');
        gate.pass('b');
        await gate.whenArrived('d');
        for (const name of ['a', 'c', 'd']) gate.pass(name);
        expect(await Promise.all(results)).toEqual(Array(4).fill('passed'));
      }),
    );
  });

  it('measures on one clock with its workers', async () => {
    await withPool('tells-time.mjs', { kind }, async (pool) => {
      await pool.ready();
      const before = hostNowMs();
      const there = (await pool.run('now')) as number;
      const after = hostNowMs();
      // Each isolate measures the offset of its clock once, to some microseconds; a second is far beyond that, and the
      // clocks would be minutes apart if each began with its own process.
      expect(there).toBeGreaterThan(before - 1000);
      expect(there).toBeLessThan(after + 1000);
    });
  });

  it('counts and times what it has done', async () => {
    await withPool('echo.mjs', { kind, workers: 1, name: 'counted' }, async (pool) => {
      for (let n = 0; n < 3; n++) await pool.run('echo', n);
      await failure(pool.run('fail', 'broken'));
      const stats = pool.stats();
      expect(stats).toMatchObject({ name: 'counted', kind, state: 'open', paused: false });
      expect(stats.tasks).toEqual({
        submitted: 4,
        queued: 0,
        dispatched: 0,
        running: 0,
        completed: 3,
        failed: 1,
        cancelled: 0,
        timedOut: 0,
        retried: 0,
        crashed: 0,
        slow: 0,
      });
      expect(stats.byTask).toMatchObject({ echo: { completed: 3, failed: 0 }, fail: { completed: 0, failed: 1 } });
      expect(stats.latencyMs.total.count).toBe(4);
      expect(stats.latencyMs.total.max).toBeGreaterThanOrEqual(stats.latencyMs.run.max);
      expect(stats.byTask['echo']?.latencyMs.run.count).toBe(3);
      expect(stats.workerList).toMatchObject([{ id: 1, state: 'idle', tasksDone: 4, dispatched: 0, running: 0 }]);
      expect(stats.utilization).toBeGreaterThan(0);
      expect(stats.utilization).toBeLessThanOrEqual(1);
      expect(JSON.parse(JSON.stringify(stats))).toMatchObject({ name: 'counted' });
    });
  });

  it('tells when it is saturated, and when not any more', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1 }, async (pool) => {
        await pool.ready();
        const saturated = nextEvent(pool as Pool<never>, 'saturated');
        const unsaturated = nextEvent(pool as Pool<never>, 'unsaturated');
        const results = ['a', 'b'].map((name) => pool.run('wait', { port: gate.port, name }));
        await saturated;
        await gate.whenArrived('a');
        gate.pass('a');
        await unsaturated;
        await gate.whenArrived('b');
        gate.pass('b');
        await Promise.all(results);
      }),
    );
  });
});

describe.each(WORKER_KINDS)('broadcast over kind %s', (kind) => {
  it('runs once on every ready worker', async () => {
    await withPool('echo.mjs', { kind, workers: 3 }, async (pool) => {
      await pool.ready();
      const answers = (await pool.broadcast('whoAmI', 0)) as { workerId: number }[];
      expect(answers.map(({ workerId }) => workerId).toSorted()).toEqual([1, 2, 3]);
    });
  });

  it('waits for the first worker if there is none', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.broadcast('echo', 'hello')).toEqual(['hello']);
    });
  });

  it('waits for a worker even of a pool that may have none', async () => {
    await withPool('echo.mjs', { kind, workers: { min: 0, max: 1 } }, async (pool) => {
      expect(await pool.broadcast('echo', 'hello')).toEqual(['hello']);
    });
  });

  it('goes past tasks that are queued, and leaves out workers that are going', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 2, concurrency: 2 }, async (pool) => {
        await pool.ready();
        pool.resize(1);
        expect(await pool.broadcast('echo', 1)).toEqual([1]);
        const waiting = ['a', 'b', 'c'].map((name) => pool.run('wait', { port: gate.port, name }));
        await gate.whenArrived('a', 'b');
        const shout = pool.broadcast('echo', 2);
        gate.pass('a');
        expect(await shout).toEqual([2]);
        expect(gate.arrived).toEqual(['a', 'b']);
        await gate.whenArrived('c');
        for (const name of ['b', 'c']) gate.pass(name);
        await Promise.all(waiting);
      }),
    );
  });

  it('rejects with the first failure', async () => {
    await withPool('echo.mjs', { kind, workers: 2 }, async (pool) => {
      await pool.ready();
      await expect(pool.broadcast('fail', 'broken')).rejects.toThrow('broken');
      await pool.idle();
    });
  });
});

describe.each(KINDS)('an input of a broadcast over kind %s', (kind) => {
  it.each(['before the first worker', 'to a ready worker'])('is taken down at the call, %s', async (when) => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      if (when === 'to a ready worker') await pool.ready();
      const input = { small: 'at the call', large: Buffer.alloc(300_000, 1), map: new Map([[1, 'at the call']]) };
      const results = pool.broadcast('echo', input);
      input.small = 'later';
      input.large.fill(2);
      input.map.set(1, 'later');
      const [seen] = (await results) as [typeof input];
      expect([seen.small, seen.large[0], seen.large.length, seen.map.get(1)]).toEqual([
        'at the call',
        1,
        300_000,
        'at the call',
      ]);
    });
  });

  it('that cannot be sent rejects before there is a worker', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await failure(pool.broadcast('echo', () => {}))).toMatchObject({ code: 'ERR_NOT_SERIALIZABLE' });
      expect(pool.stats().workers).toMatchObject({ starting: 1, idle: 0, busy: 0 });
    });
  });
});

describe.each(WORKER_KINDS)('an input of a broadcast to several workers of kind %s', (kind) => {
  it('reaches each of them whole', async () => {
    await withPool('echo.mjs', { kind, workers: 3 }, async (pool) => {
      await pool.ready();
      const input = { small: 'each', large: Buffer.alloc(300_000, 1) };
      const results = (await pool.broadcast('echo', input)) as (typeof input)[];
      expect(results.map(({ small, large }) => [small, large.length, large.every((byte) => byte === 1)])).toEqual(
        Array(3).fill(['each', 300_000, true]),
      );
    });
  });
});

describe.each(KINDS)('a broadcast that waits for its first worker, kind %s,', (kind) => {
  it('is finished by close()', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const results = pool.broadcast('echo', 'last');
      await pool.close();
      expect(await results).toEqual(['last']);
    });
  });

  it('is rejected by destroy()', async () => {
    await withPool('echo.mjs', { kind, workers: 1 }, async (pool) => {
      const end = failure(pool.broadcast('echo', 'never'));
      await pool.destroy();
      expect(await end).toMatchObject({ code: 'ERR_POOL_CLOSED', details: { state: 'destroyed' } });
    });
  });

  it('is rejected by the failure of the pool', async () => {
    await withPool('throws-at-load.mjs', { kind, workers: 1, restart: { max: 1 } }, async (pool) => {
      expect(await failure(pool.broadcast('echo', 'never'))).toMatchObject({ code: 'ERR_POOL_FAILED' });
    });
  });

  it('is rejected by its signal, although another task waits', async () => {
    await withPool('hangs-at-load.mjs', { kind, workers: 1 }, async (pool) => {
      const other = failure(pool.run('echo', 'never'));
      const controller = new AbortController();
      const end = failure(pool.broadcast('echo', 'never', { signal: controller.signal }));
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await end).toBe(reason);
      expect(pool.stats().tasks).toMatchObject({ submitted: 2, queued: 1, cancelled: 1 });
      await pool.destroy();
      expect(await other).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
  });

  it('takes no place in the queue', async () => {
    await withPool('echo.mjs', { kind, workers: 1, queue: { max: 1 }, concurrency: 1 }, async (pool) => {
      const results = pool.broadcast('echo', 'all');
      const tasks = ['a', 'b'].map((input) => pool.run('echo', input));
      expect(await failure(pool.run('echo', 'c'))).toMatchObject({ code: 'ERR_QUEUE_FULL' });
      expect(await Promise.all([results, ...tasks])).toEqual([['all'], 'a', 'b']);
    });
  });
});
