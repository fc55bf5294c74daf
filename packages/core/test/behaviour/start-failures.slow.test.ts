import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool, type PoolOptions } from '@millpond/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failure, fixture, KINDS, nextEvent, withPool, WORKER_KINDS } from './pools.js';
import { runProgram } from './programs.js';
import { withFolder } from './temp.js';

// The delay before the next start is a random part of its bound: here, none of it.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

describe('a module that does not exist', () => {
  it.each(KINDS)('is refused at once (kind %s)', (kind) => {
    expect(() => new Pool(fixture('missing.mjs'), { kind })).toThrow(
      /Option "worker" names a file that does not exist: .*missing\.mjs/,
    );
    expect(() => new Pool('./nowhere/worker.mjs', { kind })).toThrow(/does not exist/);
  });

  it('is refused when it is no file at all', () => {
    expect(() => new Pool(new URL('https://example.com/worker.mjs'))).toThrow(/must be a file, not https:/);
    expect(() => new Pool('')).toThrow(/must be the path or URL of a module/);
    expect(() => new Pool(undefined as never)).toThrow(/must be the path or URL of a module/);
  });
});

describe('wrong options', () => {
  it('throw from the constructor, and start nothing', () => {
    expect(() => new Pool(fixture('echo.mjs'), { wokers: 2 } as PoolOptions)).toThrow(/Did you mean "workers"/);
  });

  it.each(KINDS)('are data that cannot be sent to a worker of kind %s', (kind) => {
    const open = () => new Pool(fixture('echo.mjs'), { kind, workerData: () => {} });
    expect(open).toThrow(/Option "workerData" must be cloneable/);
  });
});

describe.each(KINDS)('lifecycle hooks that defineWorker did not make, kind %s,', (kind) => {
  it('are refused, not passed over', async () => {
    await withPool('hooks-not-wrapped.mjs', { kind, workers: 1 }, async (pool) => {
      const error = await failure(pool.ready());
      expect(error).toMatchObject({ code: 'ERR_POOL_FAILED', cause: { code: 'ERR_WORKER_START' } });
      expect(error.message).toMatch(/was not made by defineWorker\(\); wrap it in that/);
    });
  });
});

describe.each(KINDS)('a module that throws at load, kind %s,', (kind) => {
  it('fails the pool after five starts, and every task with the cause', async () => {
    await withPool('throws-at-load.mjs', { kind, workers: 1 }, async (pool) => {
      let exits = 0;
      pool.on('worker:exited', () => exits++);
      const failed = nextEvent<Error>(pool, 'failed');
      const [ready, first, second] = await Promise.all([
        failure(pool.ready()),
        failure(pool.run('echo', 1)),
        failure(pool.run('echo', 2)),
      ]);
      expect(ready).toMatchObject({ code: 'ERR_POOL_FAILED' });
      expect(ready.message).toMatch(/5 workers in a row failed to start\..*broken at load/);
      expect([first, second, await failed]).toEqual([ready, ready, ready]);
      expect(ready.cause).toMatchObject({
        code: 'ERR_WORKER_START',
        details: { phase: 'load', reason: 'TypeError: broken at load' },
        cause: { name: 'TypeError', message: 'broken at load' },
      });
      expect(ready.cause).toHaveProperty('cause.stack', expect.stringMatching('throws-at-load.mjs:5'));
      await pool.idle();
      expect(pool.stats()).toMatchObject({ state: 'failed', tasks: { failed: 2, submitted: 2 } });
      expect(await failure(pool.run('echo', 3))).toBe(ready);
      expect(await failure(pool.room())).toBe(ready);
      expect(exits).toBe(5);
    });
  });
});

describe.each(KINDS)('a %s worker that does not become ready', (kind) => {
  it.each(['setup', 'warmup'])('because %s throws says so', async (failsIn) => {
    await withPool('fails-to-start.mjs', { kind, workers: 1, workerData: { failsIn } }, async (pool) => {
      const { cause } = await failure(pool.ready());
      expect(cause).toMatchObject({ details: { phase: failsIn, reason: `RangeError: broken in ${failsIn}` } });
    });
  });

  it('the first time is started again, with a new worker', async () => {
    await withFolder((folder) =>
      withPool(
        'fails-to-start.mjs',
        { kind, workers: 1, workerData: { failsIn: 'setup', mark: join(folder, 'mark') } },
        async (pool) => {
          expect(await pool.run('echo', 'after all')).toBe('after all');
          expect(pool.stats().workerList).toMatchObject([{ id: 2 }]);
          expect(pool.stats().state).toBe('open');
        },
      ),
    );
  });
});

describe.each(WORKER_KINDS)('a %s worker that does not become ready', (kind) => {
  it.each(['load', 'setup'])(
    'because %s hangs is given up after startTimeoutMs, and another one started',
    async (failsIn) => {
      await withFolder((folder) => {
        const mark = join(folder, 'mark');
        const options = {
          kind,
          workers: 1,
          startTimeoutMs: 1000,
          argv: [mark],
          workerData: { failsIn, how: 'hang', mark },
        };
        return withPool(failsIn === 'load' ? 'hangs-at-load.mjs' : 'fails-to-start.mjs', options, async (pool) => {
          const exited = nextEvent<{ workerId: number; expected: boolean }>(pool, 'worker:exited');
          const result = pool.run('echo', 'after all');
          expect(await exited).toMatchObject({ workerId: 1, expected: false });
          expect(await result).toBe('after all');
          expect(pool.stats().workerList).toMatchObject([{ id: 2 }]);
        });
      });
    },
  );

  it('because it exits says with which code', async () => {
    const workerData = { failsIn: 'warmup', how: 'exit' };
    await withPool('fails-to-start.mjs', { kind, workers: 1, workerData }, async (pool) => {
      const { cause } = await failure(pool.ready());
      expect((cause as Error).message).toMatch(/warming: it ended with exit code 5/);
    });
  });

  it('does not keep the pool from closing', async () => {
    await withPool('hangs-at-load.mjs', { kind, workers: 2 }, async (pool) => {
      const ready = failure(pool.ready());
      await pool.close({ timeoutMs: 1000 });
      expect(await ready).toMatchObject({ code: 'ERR_POOL_CLOSED' });
    });
  });

  it('among healthy ones, from a certain time on, leaves the others their tasks', async () => {
    await withFolder((folder) =>
      withPool(
        'fails-to-start.mjs',
        { kind, workers: 2, workerData: { failsIn: 'setup', mark: join(folder, 'mark') } },
        async (pool) => {
          const results = Array.from({ length: 20 }, (_, n) => pool.run('echo', n));
          expect(await Promise.all(results)).toHaveLength(20);
          await pool.ready();
          expect(pool.stats().workers.idle).toBe(2);
        },
      ),
    );
  });
});

describe('a worker process that cannot even be spawned', () => {
  it('counts as a failed start, with the error of the system as the cause', async () => {
    const { execPath } = process;
    try {
      process.execPath = '/nowhere/node';
      await withPool('echo.mjs', { kind: 'process', workers: 1 }, async (pool) => {
        const error = await failure(pool.ready());
        expect(error).toMatchObject({
          code: 'ERR_POOL_FAILED',
          cause: { code: 'ERR_WORKER_START', cause: { code: 'ENOENT' } },
        });
      });
    } finally {
      process.execPath = execPath;
    }
  });

  it.each([0, 2, 4, 6, 8, 10])('while only %d files can be opened is spawned when there are more', async (free) => {
    expect(await runProgram('runs-out-of-files.mjs', [String(free)])).toEqual({
      code: 0,
      signal: null,
      stdout: 'ready: 2\nfiles in memory: 6\nfiles in memory: 0\n',
      stderr: '',
    });
  });
});

describe.skipIf(process.platform !== 'linux')('a setpriv', () => {
  it.each([
    ['that cannot do what it should costs one failed start', '# --pdeathsig\nexit 1', 'done 1'],
    ['that knows no --pdeathsig is not used', 'exit 1', 'done 0'],
    ['that does its work is used', '[ "$1 $2" = "--pdeathsig KILL" ] || exit 1\nshift 2; exec "$@"', 'done 0'],
  ])('%s', async (_, script, said) => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'setpriv'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      expect(await runProgram('finds-setpriv.mjs', [folder])).toMatchObject({
        code: 0,
        stderr: '',
        stdout: `${said}\n`,
      });
    });
  });
});

describe('a thread with a flag that Node gives to no thread', () => {
  it.each([
    [['--max-old-space-size=100'], '--max-old-space-size=100'],
    [['--no-warnings', '--stack-size=2000', '--title=x'], '--stack-size=2000, --title=x'],
  ])('is refused by the name of the flag: %j', async (execArgv, named) => {
    const open = () => new Pool(fixture('echo.mjs'), { kind: 'thread', execArgv });
    expect(open).toThrow(`Option "execArgv" has what Node refuses to give to a thread: ${named}. Limit memory`);
    await withPool('echo.mjs', { kind: 'process', execArgv }, async (pool) => {
      expect(await pool.run('echo', 1)).toBe(1);
    });
    await withPool('echo.mjs', { kind: 'thread', execArgv: ['--no-warnings'] }, async (pool) => {
      expect(await pool.run('echo', 1)).toBe(1);
    });
  });

  it('lets the program end', async () => {
    expect(await runProgram('refused-flag.mjs')).toEqual({ code: 0, signal: null, stdout: 'ERR_OPTION\n', stderr: '' });
  });
});

describe('a worker that cannot even be tried', () => {
  // A worker inherits the environment as it is when it starts. Options are copied before.
  afterEach(() => void vi.unstubAllEnvs());

  it('as a thread leaves nothing open, and is tried again', async () => {
    const portsBefore = ports();
    // Node refuses to start a thread with it.
    const env = { NODE_OPTIONS: '--no-such-flag' };
    await withPool('echo.mjs', { kind: 'thread', workers: 1, env }, async (pool) => {
      expect(await failure(pool.ready())).toMatchObject({
        code: 'ERR_POOL_FAILED',
        message: expect.stringMatching(/5 workers in a row failed to start/) as string,
        cause: { code: 'ERR_WORKER_START', cause: { code: 'ERR_WORKER_INVALID_EXEC_ARGV' } },
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(ports()).toBe(portsBefore);
    });
  });

  it('as a process leaves no file open, and is tried again', async () => {
    await withPool('echo.mjs', { kind: 'process', workers: 1 }, async (pool) => {
      await pool.ready();
      const before = openFiles();
      // More than a system takes for one variable.
      vi.stubEnv('LONG', 'x'.repeat(4 * 1024 * 1024));
      for (let time = 0; time < 3; time++) {
        expect(await failure(pool.recycle())).toMatchObject({
          code: 'ERR_WORKER_START',
          cause: { cause: { code: 'E2BIG' } },
        });
      }
      expect(openFiles()).toBe(before);
      vi.unstubAllEnvs();
      await pool.recycle();
      expect(await pool.run('echo', 1)).toBe(1);
    });
  });
});

/** Ports that keep this program alive. */
function ports(): number {
  return process.getActiveResourcesInfo().filter((type) => type === 'MessagePort').length;
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}
