import type { DeathReport, Pool, RunOptions } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, KINDS, nextEvent, started, withPool, WORKER_KINDS } from './pools.js';

type Seen = { workerId: number; reasons: { name: string; message: string; code?: unknown }[]; values: unknown[] };

describe.each(KINDS)('a task that is cancelled, kind %s,', (kind) => {
  it('before it is submitted is refused with the reason of its signal', async () => {
    await withPool('echo.mjs', { kind }, async (pool) => {
      const reason = new Error('never wanted');
      expect(await failure(pool.run('echo', 1, { signal: AbortSignal.abort(reason) }))).toBe(reason);
      expect(pool.stats().tasks.submitted).toBe(0);
    });
  });

  it('while it waits never runs', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1 }, async (pool) => {
        const controller = new AbortController();
        const wait = (name: string, options?: RunOptions) => pool.run('wait', { port: gate.port, name }, options);
        const first = wait('first');
        await gate.whenArrived('first');
        const second = failure(wait('second', { signal: controller.signal }));
        const third = wait('third');
        controller.abort('changed my mind');
        expect(await second).toBe('changed my mind');
        gate.pass('first');
        await gate.whenArrived('third');
        gate.pass('third');
        await Promise.all([first, third]);
        expect(gate.arrived).toEqual(['first', 'third']);
        expect(pool.stats().tasks).toMatchObject({ cancelled: 1, completed: 2, failed: 0 });
      }),
    );
  });

  it('while it runs rejects at once; the handler hears the reason, and its worker goes on', async () => {
    await withPool('watches-abort.mjs', { kind, workers: 1 }, async (pool) => {
      const controller = new AbortController();
      const { result } = await started(pool, 'watch', 0, { signal: controller.signal });
      const reason = Object.assign(new RangeError('enough'), { code: 'E_ENOUGH' });
      controller.abort(reason);
      expect(await failure(result)).toBe(reason);
      const { workerId, reasons } = (await pool.run('seen')) as Seen;
      expect(reasons).toEqual([{ name: 'RangeError', message: 'enough', code: 'E_ENOUGH' }]);
      expect(workerId).toBe(1);
      expect(pool.stats().tasks).toMatchObject({ cancelled: 1, completed: 1, failed: 0 });
    });
  });

  it.each([['a text'], [{ code: 7 }], [42], [null]])('hears the reason as it is, %j', async (reason) => {
    await withPool('watches-abort.mjs', { kind, workers: 1 }, async (pool) => {
      const controller = new AbortController();
      const { result } = await started(pool, 'watch', 0, { signal: controller.signal });
      controller.abort(reason);
      expect(await result.then(undefined, (error: unknown) => error)).toBe(reason);
      expect(((await pool.run('seen')) as Seen).values).toEqual([reason]);
    });
  });

  it('by a signal that many share is one of many', async () => {
    await withPool('watches-abort.mjs', { kind, workers: 1 }, async (pool) => {
      const controller = new AbortController();
      const { result } = await started(pool, 'watch', 0, { signal: controller.signal });
      const results = [
        result,
        ...Array.from({ length: 200 }, () => pool.run('watch', 0, { signal: controller.signal })),
      ];
      const failures = Promise.all(results.map(failure));
      controller.abort(new Error('all of you'));
      expect(new Set((await failures).map(({ message }) => message))).toEqual(new Set(['all of you']));
      expect(pool.stats().tasks).toMatchObject({ cancelled: 201, submitted: 201 });
      expect(((await pool.run('seen')) as Seen).reasons).toHaveLength(1);
    });
  });

  it('after it has settled stays as it is', async () => {
    await withPool('echo.mjs', { kind }, async (pool) => {
      const controller = new AbortController();
      expect(await pool.run('echo', 'done', { signal: controller.signal })).toBe('done');
      controller.abort();
      expect(pool.stats().tasks).toMatchObject({ completed: 1, cancelled: 0 });
      expect(await pool.run('echo', 'next')).toBe('next');
    });
  });
});

describe.each(KINDS)('time limits, kind %s,', (kind) => {
  it('of the execution abort the handler, which may end in peace', async () => {
    await withPool('watches-abort.mjs', { kind, workers: 1 }, async (pool) => {
      const error = await failure(pool.run('watch', 0, { timeoutMs: 30 }));
      expect(error).toMatchObject({
        code: 'ERR_TASK_TIMEOUT',
        details: { task: 'watch', limitMs: 30, by: 'timeoutMs' },
      });
      expect((error['details'] as { ranMs: number }).ranMs).toBeGreaterThanOrEqual(30);
      const { workerId, reasons } = (await pool.run('seen')) as Seen;
      expect(reasons).toMatchObject([{ code: 'ERR_TASK_TIMEOUT' }]);
      expect(workerId).toBe(1);
      expect(pool.stats().tasks).toMatchObject({ failed: 1, timedOut: 1, cancelled: 0 });
    });
  });

  it('of the execution do not count the time in the queue', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1 }, async (pool) => {
        const first = pool.run('wait', { port: gate.port, name: 'first' });
        await gate.whenArrived('first');
        const second = pool.run('echo', 'in time', { timeoutMs: 500 });
        // Its own wait is the measure: when it ends, the second has waited for longer than it may run.
        await failure(pool.run('echo', 'out of time', { queueTimeoutMs: 700 }));
        gate.pass('first');
        expect(await Promise.all([first, second])).toEqual(['passed', 'in time']);
      }),
    );
  });

  it('of the waiting end what has not begun, and nothing that has', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind, workers: 1, queue: { timeoutMs: 40 } }, async (pool) => {
        await pool.ready();
        const first = pool.run('wait', { port: gate.port, name: 'first' });
        await gate.whenArrived('first');
        const error = await failure(pool.run('wait', { port: gate.port, name: 'second' }));
        expect(error).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT', details: { task: 'wait', limitMs: 40 } });
        gate.pass('first');
        expect(await first).toBe('passed');
        expect(gate.arrived).toEqual(['first']);
        expect(pool.stats().tasks).toMatchObject({ failed: 1, timedOut: 1, completed: 1 });
      }),
    );
  });

  it('by deadline end a task, waiting or running', async () => {
    await withPool('watches-abort.mjs', { kind, workers: 1 }, async (pool) => {
      await pool.ready();
      const deadline = new Date(Date.now() + 300);
      const [running, waiting] = await Promise.all([
        failure(pool.run('watch', 0, { deadline, retry: 3 })),
        failure(pool.run('watch', 0, { deadline: Number(deadline) })),
      ]);
      expect(running).toMatchObject({ code: 'ERR_TASK_TIMEOUT', details: { by: 'deadline' } });
      expect(waiting).toMatchObject({ code: 'ERR_QUEUE_TIMEOUT' });
      expect(((await pool.run('seen')) as Seen).reasons).toMatchObject([{ code: 'ERR_TASK_TIMEOUT' }]);
      expect(pool.stats().tasks).toMatchObject({ retried: 0, timedOut: 2 });
    });
  });
});

describe.each(WORKER_KINDS)('a handler that does not listen, kind %s,', (kind) => {
  it.each(['ignores-abort.mjs', 'spins.mjs'])(
    'is killed after its grace (%s), and only its worker is replaced',
    async (worker) => {
      const name = worker === 'spins.mjs' ? 'spin' : 'hold';
      await withPool(worker, { kind, workers: 1, graceMs: 50 }, async (pool) => {
        const controller = new AbortController();
        const exited = nextEvent<DeathReport & { expected: boolean }>(pool, 'worker:exited');
        const { result } = await started(pool, name, 0, { signal: controller.signal });
        const reason = new Error('enough');
        controller.abort(reason);
        expect(await failure(result)).toBe(reason);
        const next = pool.run('whoAmI');
        const end = await exited;
        expect(end).toMatchObject({ workerId: 1, expected: true, runningTasks: [name] });
        if (kind === 'process') expect(end.signal).toBe('SIGKILL');
        expect(await next).toEqual({ workerId: 2, attempt: 1 });
        expect(pool.stats().tasks).toMatchObject({ cancelled: 1, crashed: 0, completed: 1 });
      });
    },
  );

  it('is killed after its timeout and its grace, and may be tried again', async () => {
    await withPool('spins.mjs', { kind, workers: 1, graceMs: 0 }, async (pool) => {
      const error = await failure(
        pool.run('spin', 0, { timeoutMs: 50, retry: { attempts: 1, backoff: { baseMs: 0 } } }),
      );
      expect(error).toMatchObject({ code: 'ERR_TASK_TIMEOUT' });
      expect(await pool.run('whoAmI')).toMatchObject({ workerId: 3 });
      expect(pool.stats().tasks).toMatchObject({ retried: 1, timedOut: 2, failed: 1 });
    });
  });

  it('is killed once, though twenty of them are overdue, and warns of nothing', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    try {
      await withPool('ignores-abort.mjs', { kind, workers: 1, concurrency: 20, graceMs: 300 }, async (pool) => {
        const tasks = Array.from({ length: 20 }, () => failure(pool.run('hold', 0, { timeoutMs: 50 })));
        expect((await Promise.all(tasks)).map(({ code }) => code)).toEqual(Array(20).fill('ERR_TASK_TIMEOUT'));
      });
    } finally {
      process.off('warning', note);
    }
    expect(warnings).toEqual([]);
  });

  it('runs a neighbour again that may run twice, without blame', async () => {
    await withGate((gate) =>
      withPool('mixes-good-and-bad.mjs', { kind, workers: 1, concurrency: 2, graceMs: 0 }, async (pool) => {
        const neighbour = pool.run('wait', { port: gate.port, name: 'neighbour' }, { idempotent: true });
        await gate.whenArrived('neighbour');
        const controller = new AbortController();
        const { result } = await started(pool, 'hold', 0, { signal: controller.signal });
        const exited = nextEvent(pool as Pool<never>, 'worker:exited');
        controller.abort('enough');
        expect(await failure(result)).toBe('enough');
        await exited;
        gate.arrived.length = 0;
        await gate.whenArrived('neighbour');
        gate.pass('neighbour');
        expect(await neighbour).toBe('passed');
        expect(pool.stats().tasks).toMatchObject({ completed: 1, cancelled: 1, crashed: 0, retried: 0 });
      }),
    );
  });

  it('takes what was sent ahead back to the queue', async () => {
    await withPool('spins.mjs', { kind, workers: 1, graceMs: 0, prefetch: 5 }, async (pool) => {
      const controller = new AbortController();
      const { result } = await started(pool, 'spin', 0, { signal: controller.signal });
      const others = [1, 2, 3].map(() => pool.run('whoAmI'));
      controller.abort('enough');
      await failure(result);
      expect(await Promise.all(others)).toEqual(Array(3).fill({ workerId: 2, attempt: 1 }));
    });
  });
});

describe('a handler that does not listen, kind inline,', () => {
  it('cannot be killed, but is cut off: its worker is replaced and its result dropped', async () => {
    await withGate((gate) =>
      withPool('waits-at-gate.mjs', { kind: 'inline', graceMs: 0 }, async (pool) => {
        const controller = new AbortController();
        const deaf = failure(pool.run('wait', { port: gate.port, name: 'deaf' }, { signal: controller.signal }));
        await gate.whenArrived('deaf');
        controller.abort('enough');
        expect(await deaf).toBe('enough');
        expect(await pool.run('echo', 'next')).toBe('next');
        gate.pass('deaf');
        expect(pool.stats().tasks).toMatchObject({ cancelled: 1, completed: 1 });
      }),
    );
  });

  it('costs no result that another task had returned', async () => {
    await withGate((gate) => {
      const options = { kind: 'inline', graceMs: 0, concurrency: 3, restart: { max: 1000 } } as const;
      return withPool('waits-at-gate.mjs', options, async (pool) => {
        let hasEnded = false;
        const load = async (): Promise<void> => {
          // Longer than a value in the log: it is on its way when the worker ends.
          while (!hasEnded) expect(await pool.run('bytes', 20_000)).toHaveLength(20_000);
        };
        const loads = Promise.all([load(), load()]);
        for (let at = 0; at < 40; at++) {
          const controller = new AbortController();
          const name = `deaf ${at}`;
          const deaf = failure(pool.run('wait', { port: gate.port, name }, { signal: controller.signal }));
          await gate.whenArrived(name);
          controller.abort(new Error('enough'));
          await deaf;
          gate.pass(name);
        }
        hasEnded = true;
        await loads;
        expect(pool.stats().tasks).toMatchObject({ cancelled: 40, failed: 0, crashed: 0 });
      });
    });
  });
});
