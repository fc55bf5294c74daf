import type { DeathReport, Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { withGate } from './gate.js';
import { failure, nextEvent, started, withPool, WORKER_KINDS } from './pools.js';

type Exited = DeathReport & { expected: boolean };

describe.each(WORKER_KINDS)('a worker of kind %s that dies', (kind) => {
  it('by process.exit() during a task fails that task and is replaced', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: 1 }, async (pool) => {
      const exited = nextEvent<Exited>(pool, 'worker:exited');
      const error = await failure(pool.run('exit', 3));
      expect(error).toMatchObject({
        code: 'ERR_WORKER_CRASHED',
        details: {
          task: 'exit',
          death: { workerId: 1, exitCode: 3, signal: null, runningTasks: ['exit'], outOfMemory: undefined },
        },
      });
      expect(await exited).toMatchObject({ workerId: 1, exitCode: 3, expected: false });
      expect(await pool.run('whoAmI')).toEqual({ workerId: 2, attempt: 1 });
      expect(pool.stats().tasks).toMatchObject({ failed: 1, crashed: 1, completed: 1 });
    });
  });

  const dropped = ['exit', 'reallyExit'].flatMap((way) => ['throwLater', 'rejectLater'].map((task) => [way, task]));
  it.each(dropped as [string, string][])(
    'of an error that nothing catches is replaced, though a handler has replaced process.%s (%s)',
    async (way, task) => {
      await withPool('drops-exit.mjs', { kind, workers: 1, stdio: 'ignore' }, async (pool) => {
        await pool.run('drop', way);
        const failed = failure(pool.run(task));
        const next = pool.run('echo', 'next');
        expect(await failed).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
        expect((await failed).message).toContain('nothing catches it');
        expect(await next).toBe('next');
      });
    },
  );

  it.each(['exit', 'reallyExit', 'reallyExit for good'])(
    'because it was asked to does so by itself, though a handler has replaced process.%s',
    async (way) => {
      await withPool('drops-exit.mjs', { kind, workers: 1, stdio: 'ignore' }, async (pool) => {
        await pool.run('drop', way);
        const exited = nextEvent<Exited>(pool, 'worker:exited');
        await pool.recycle();
        // By itself: a kill would say so.
        expect(await exited).toMatchObject({ exitCode: 0, signal: null, killedFor: undefined, expected: true });
      });
    },
  );

  it('of a null that nothing catches says so, and the program goes on', async () => {
    await withPool('throws-after-result.mjs', { kind, workers: 1, stdio: 'ignore' }, async (pool) => {
      const error = (await failure(pool.run('throwNull'))) as unknown as { details: { death: DeathReport } };
      expect(error).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
      expect(error.details.death.stderrTail).toContain(kind === 'thread' ? 'Uncaught null' : 'throw null');
      expect(await pool.run('whoAmI')).toEqual({ workerId: 2 });
    });
  });

  it('with exit code 0 has died all the same', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await failure(pool.run('exit', 0))).toMatchObject({
        code: 'ERR_WORKER_CRASHED',
        details: { death: { exitCode: 0 } },
      });
    });
  });

  it('fails no task that it had not begun: those run elsewhere, in their order, as a first try', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: 1, prefetch: 10 }, async (pool) => {
      await pool.ready();
      const order: number[] = [];
      const doomed = failure(pool.run('exit', 1));
      const others = [1, 2, 3, 4, 5].map((n) => pool.run('whoAmI').then((who) => (order.push(n), who)));
      await doomed;
      expect(await Promise.all(others)).toEqual(Array(5).fill({ workerId: 2, attempt: 1 }));
      expect(order).toEqual([1, 2, 3, 4, 5]);
      expect(pool.stats().tasks).toMatchObject({ crashed: 1, retried: 0, failed: 1, completed: 5 });
    });
  });

  it('keeps the results it had finished', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: 1, prefetch: 100 }, async (pool) => {
      await pool.ready();
      const echoes = Array.from({ length: 50 }, (_, n) => pool.run('echo', n));
      const doomed = failure(pool.run('exit', 1));
      expect(await Promise.all(echoes)).toEqual(Array.from({ length: 50 }, (_, n) => n));
      expect(await doomed).toMatchObject({ code: 'ERR_WORKER_CRASHED' });
    });
  });

  it('lets its task try again on another, counted apart from errors', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: 1 }, async (pool) => {
      const retry = { attempts: 1, backoff: { baseMs: 1 } };
      expect(await pool.run('exitOnFirstTry', 0, { retry })).toBe('try 2');
      expect(pool.stats().tasks).toMatchObject({ crashed: 1, retried: 1, completed: 1, failed: 0 });
    });
  });

  it('each time its task runs is not sacrificed more often than crash.attempts', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: 1, crash: { attempts: 2 } }, async (pool) => {
      const error = await failure(pool.run('exit', 4, { retry: { attempts: 50, backoff: { baseMs: 1 } } }));
      expect(error).toMatchObject({
        code: 'ERR_TASK_POISON',
        details: { task: 'exit', crashes: 2, death: { exitCode: 4, workerId: 2 } },
      });
      expect(await pool.run('echo', 'alive')).toBe('alive');
      expect(pool.stats().tasks.crashed).toBe(2);
    });
  });

  it('says its last words in the error', async () => {
    await withPool('exit-during-task.mjs', { kind, workers: 1, stdio: 'ignore' }, async (pool) => {
      const error = await failure(pool.run('complainAndExit', 'no such device'));
      expect(error.message).toMatch(/Its last words: no such device$/);
      expect((error['details'] as { death: DeathReport }).death.stderrTail).toBe('no such device\n');
    });
  });

  it.each(['throwLater', 'rejectLater'])('after a task (%s) leaves that task its result', async (name) => {
    await withPool('throws-after-result.mjs', { kind, workers: 1, stdio: 'ignore' }, async (pool) => {
      const exited = nextEvent<Exited>(pool, 'worker:exited');
      expect(await pool.run(name, 'fine')).toBe('fine');
      const { runningTasks, stderrTail, expected } = await exited;
      expect({ runningTasks, expected }).toEqual({ runningTasks: [], expected: false });
      expect(stderrTail).toMatch('when the task was over');
      expect(await pool.run('whoAmI')).toEqual({ workerId: 2 });
      expect(pool.stats().tasks).toMatchObject({ crashed: 0, failed: 0, completed: 2 });
    });
  });

  it.each([10, 1_000_000])(
    'right after a result of %d bytes settles its task once, with the result or a crash',
    async (bytes) => {
      await withPool('throws-after-result.mjs', { kind, workers: 1 }, async (pool) => {
        const exited = nextEvent<Exited>(pool, 'worker:exited');
        const outcome = await pool.run('exitWithResult', bytes).then(
          (value) => (value as Uint8Array).length,
          (error: { code: string }) => error.code,
        );
        expect([bytes, 'ERR_WORKER_CRASHED']).toContain(outcome);
        // The result may be here while the worker can still take another task.
        await exited;
        expect(await pool.run('whoAmI')).toEqual({ workerId: 2 });
      });
    },
  );

  it('among a thousand good tasks costs none of them', async () => {
    await withPool('one-is-poison.mjs', { kind, workers: 2 }, async (pool) => {
      const tasks = Array.from({ length: 1000 }, (_, n) => pool.run('exitIf', n === 300));
      const outcomes = await Promise.allSettled(tasks);
      const failed = outcomes.flatMap((outcome, n) => (outcome.status === 'rejected' ? [n] : []));
      expect(failed).toEqual([300]);
      expect(pool.stats().tasks).toMatchObject({ completed: 999, failed: 1, crashed: 1 });
    });
  });

  it('with four running tasks that may run twice blames the one that kills again when it runs alone', async () => {
    await withGate((gate) =>
      withPool('one-is-poison.mjs', { kind, workers: 1, concurrency: 4 }, async (pool) => {
        const names = ['a', 'b', 'poison', 'c'];
        const tasks = names.map((name) => pool.run('work', { port: gate.port, name }, { idempotent: true }));
        const outcomes = Promise.allSettled(tasks);
        await gate.whenArrived(...names);
        gate.arrived.length = 0;
        gate.pass('poison');
        // Each suspect runs alone from now on: none arrives before the one before has passed.
        for (const seen of [1, 2, 3, 4]) {
          const name = await gate.arrival(seen);
          expect(gate.arrived).toHaveLength(seen);
          gate.pass(name);
        }
        expect(await outcomes).toMatchObject([
          { value: 'a in try 2' },
          { value: 'b in try 2' },
          { reason: { code: 'ERR_WORKER_CRASHED', details: { death: { runningTasks: ['work'] } } } },
          { value: 'c in try 2' },
        ]);
        expect(pool.stats().tasks).toMatchObject({ crashed: 1, completed: 3, failed: 1, retried: 0 });
      }),
    );
  });

  it('while it was being let go fails its task like any other', async () => {
    await withGate((gate) =>
      withPool('one-is-poison.mjs', { kind, workers: 1 }, async (pool) => {
        const outcome = failure(pool.run('work', { port: gate.port, name: 'poison' }));
        await gate.whenArrived('poison');
        const recycled = pool.recycle();
        await nextEvent(pool as Pool<never>, 'worker:recycled');
        gate.pass('poison');
        // If it were run again, it would be the second to arrive, and must pass to end.
        void gate.arrival(2).then((name) => gate.pass(name));
        expect(await outcome).toMatchObject({ code: 'ERR_WORKER_CRASHED', details: { death: { workerId: 1 } } });
        await recycled;
        expect(gate.arrived).toHaveLength(1);
      }),
    );
  });
});

describe('a worker process', () => {
  it.each(['SIGSEGV', 'SIGABRT', 'SIGKILL'] as const)('that %s ends is named with it', async (signal) => {
    await withPool('killed-by-signal.mjs', { kind: 'process', workers: 1 }, async (pool) => {
      const error = await failure(pool.run('die', signal));
      expect(error).toMatchObject({ code: 'ERR_WORKER_CRASHED', details: { death: { signal, exitCode: null } } });
      expect(error.message).toMatch(`signal ${signal}`);
    });
  });

  it('that is killed from outside during a task is replaced, and the task tried again', async () => {
    await withPool('killed-by-signal.mjs', { kind: 'process', workers: 1 }, async (pool) => {
      const retry = { attempts: 1, backoff: { baseMs: 1 } };
      const { result, value } = await started(pool, 'hold', 0, { retry });
      process.kill(value as number, 'SIGKILL');
      expect(await result).toBe('try 2');
    });
  });

  it('that is killed while it is idle is replaced, and no task notices', async () => {
    await withPool('killed-by-signal.mjs', { kind: 'process', workers: 1 }, async (pool) => {
      const pid = (await pool.run('pid')) as number;
      const exited = nextEvent<Exited>(pool, 'worker:exited');
      process.kill(pid, 'SIGKILL');
      expect(await exited).toMatchObject({ signal: 'SIGKILL', runningTasks: [], expected: false });
      expect(await pool.run('pid')).not.toBe(pid);
      expect(pool.stats().tasks).toMatchObject({ completed: 2, failed: 0, crashed: 0 });
    });
  });

  it('that was stopped can be killed for its time limit', async () => {
    await withPool('killed-by-signal.mjs', { kind: 'process', workers: 1, graceMs: 0 }, async (pool) => {
      const { result, value } = await started(pool, 'hold', 0, { timeoutMs: 200 });
      process.kill(value as number, 'SIGSTOP');
      expect(await failure(result)).toMatchObject({ code: 'ERR_TASK_TIMEOUT' });
      expect(await pool.run('pid')).not.toBe(value);
    });
  });

  it.each([
    ['that nothing sends', 99],
    ['that only parents send', 2],
  ])('that sends a frame of a kind %s is ended and replaced, and its task says why', async (_, frameKind) => {
    await withPool('speaks-out-of-turn.mjs', { kind: 'process', workers: 1 }, async (pool) => {
      const error = await failure(pool.run('sayFrameOfKind', frameKind));
      expect(error).toMatchObject({
        code: 'ERR_WORKER_CRASHED',
        cause: { message: `Worker 1 sent a frame of kind ${frameKind}, which is not one of its kinds.` },
      });
      expect(await pool.run('echo', 'alive')).toBe('alive');
    });
  });

  it('that runs out of heap says so', async () => {
    const options = { kind: 'process', workers: 1, execArgv: ['--max-old-space-size=32'], stdio: 'ignore' } as const;
    await withPool('grows.mjs', options, async (pool) => {
      const error = await failure(pool.run('grow'));
      expect(error).toMatchObject({
        code: 'ERR_WORKER_OOM',
        details: { death: { outOfMemory: 'heap', signal: 'SIGABRT' } },
      });
      expect(await pool.run('echo', 'alive')).toBe('alive');
    });
  });
});

describe('a worker thread', () => {
  it('that runs out of its limits says so', async () => {
    const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 };
    await withPool('grows.mjs', { kind: 'thread', workers: 1, resourceLimits, stdio: 'ignore' }, async (pool) => {
      const error = await failure(pool.run('grow'));
      expect(error).toMatchObject({ code: 'ERR_WORKER_OOM', details: { death: { outOfMemory: 'limit' } } });
      expect(await pool.run('echo', 'alive')).toBe('alive');
    });
  });
});
