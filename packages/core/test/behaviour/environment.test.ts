import { Pool } from '@millpond/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixture, KINDS, withPool, WORKER_KINDS } from './pools.js';
import { runProgram } from './programs.js';

type Environment = Record<string, string | undefined>;

describe.each(WORKER_KINDS)('the environment of a %s worker', (kind) => {
  const before = { ...process.env };
  beforeEach(() => {
    Object.assign(process.env, { SECRET_TOKEN: 'hush', TZ: 'Asia/Tokyo', TMPDIR: '/tmp', LANG: 'C' });
  });
  afterEach(() => {
    for (const name of ['SECRET_TOKEN', 'TZ', 'TMPDIR', 'LANG']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  it('is that of this process by default', async () => {
    await withPool('tells-environment.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('environment')).toMatchObject({ SECRET_TOKEN: 'hush', PATH: process.env['PATH'] });
    });
  });

  it('is with "clean" only what is documented', async () => {
    await withPool('tells-environment.mjs', { kind, workers: 1, env: 'clean' }, async (pool) => {
      const { PATH, HOME } = process.env;
      const expected: Environment = { PATH, HOME, TMPDIR: '/tmp', LANG: 'C', TZ: 'Asia/Tokyo' };
      expect(await pool.run('environment')).toEqual(expected);
    });
  });

  it('has with "clean" no variable that this process has not', async () => {
    delete process.env['LANG'];
    await withPool('tells-environment.mjs', { kind, workers: 1, env: 'clean' }, async (pool) => {
      expect(Object.keys((await pool.run('environment')) as Environment)).not.toContain('LANG');
    });
  });

  it('is exactly the given one', async () => {
    await withPool('tells-environment.mjs', { kind, workers: 1, env: { ONLY: 'this' } }, async (pool) => {
      expect(await pool.run('environment')).toEqual({ ONLY: 'this' });
    });
  });
});

describe.each(WORKER_KINDS)('the environment of a %s worker', (kind) => {
  it('may be given as this process has it, and leaves out what is undefined', async () => {
    const env = { ...process.env, OWN: '1', MISSING: undefined };
    await withPool('tells-environment.mjs', { kind, workers: 1, env }, async (pool) => {
      const seen = (await pool.run('environment')) as Environment;
      expect(seen).toMatchObject({ OWN: '1', PATH: process.env['PATH'] });
      expect(seen).not.toHaveProperty('MISSING');
    });
  });

  it('and how it is started are not taken from Object.prototype', async () => {
    const { stdout, stderr, code } = await runProgram('pollutes-prototype.mjs', [kind]);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const [own, inherited, invocation] = JSON.parse(stdout) as [Environment, Environment, object];
    expect(own).toEqual({ OWN: '1' });
    expect(inherited).toMatchObject({ PATH: process.env['PATH'] });
    expect(inherited).not.toHaveProperty('STOLEN');
    expect(inherited).not.toHaveProperty('NODE_OPTIONS');
    expect(invocation).toMatchObject({ argv: [] });
  });
});

describe('the inspector', () => {
  const before = process.env['NODE_OPTIONS'];
  afterEach(() => {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  });

  it.each(WORKER_KINDS)('that NODE_OPTIONS ask for is not inherited by a %s worker', async (kind) => {
    process.env['NODE_OPTIONS'] = '--inspect=127.0.0.1:0 --no-warnings';
    await withPool('tells-environment.mjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('inspectorUrl')).toBeUndefined();
    });
    const env = { NODE_OPTIONS: '--inspect-brk=127.0.0.1:0' };
    await withPool('tells-environment.mjs', { kind, workers: 1, env }, async (pool) => {
      expect(await pool.run('inspectorUrl')).toBeUndefined();
    });
  });

  it('is open in each worker process, at an address of its own, with `inspect`', async () => {
    process.env['NODE_OPTIONS'] = '--inspect=127.0.0.1:9229';
    await withPool(
      'tells-environment.mjs',
      { kind: 'process', workers: 2, inspect: true, stdio: 'ignore' },
      async (pool) => {
        await pool.ready();
        const urls = await pool.broadcast('inspectorUrl', undefined);
        expect(urls).toHaveLength(2);
        for (const url of urls) expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\//);
        expect(new Set(urls).size).toBe(2);
      },
    );
  });
});

describe.each(WORKER_KINDS)('the invocation of a %s worker', (kind) => {
  it('has the given arguments and flags', async () => {
    const execArgv = ['--no-warnings'];
    await withPool('tells-environment.mjs', { kind, workers: 1, argv: ['--mode', 'fast'], execArgv }, async (pool) => {
      const seen = (await pool.run('invocation')) as { argv: string[]; execArgv: string[] };
      expect(seen.argv).toEqual(['--mode', 'fast']);
      // Behind those that every worker process has, so that the given ones win.
      expect(seen.execArgv.slice(-1)).toEqual(execArgv);
    });
  });

  it('is of its own: a process or a thread', async () => {
    await withPool('tells-environment.mjs', { kind, workers: 1 }, async (pool) => {
      const { isMainThread, threadId } = (await pool.run('invocation')) as { isMainThread: boolean; threadId: number };
      expect([isMainThread, threadId > 0]).toEqual(kind === 'process' ? [true, false] : [false, true]);
      expect(await pool.run('invocation')).toMatchObject({ argv: [] });
    });
  });
});

describe('the limits of a thread', () => {
  it('are those given', async () => {
    const resourceLimits = { maxOldGenerationSizeMb: 64, stackSizeMb: 2 };
    await withPool('tells-environment.mjs', { kind: 'thread', workers: 1, resourceLimits }, async (pool) => {
      expect(await pool.run('limits')).toMatchObject(resourceLimits);
    });
  });
});

describe.each(KINDS)('workerData of kind %s', (kind) => {
  it('is a copy of what the pool was given', async () => {
    const workerData = { when: new Date(5), many: new Map([['a', new Uint8Array([1, 2])]]) };
    await withPool('tells-environment.mjs', { kind, workers: 1, workerData }, async (pool) => {
      const data = await pool.run('data');
      expect(data).toEqual(workerData);
      expect(data).not.toBe(workerData);
    });
  });

  it('has arrays with memory of their own, as inputs have', async () => {
    const workerData = { seed: 7, weights: new Float32Array([0.5, 1.5]) };
    await withPool('tells-environment.mjs', { kind, workers: 1, workerData }, async (pool) => {
      expect(await pool.run('memoryOfWeights')).toEqual([8, 0.5, 1.5]);
    });
  });
});

describe('memory as workerData', () => {
  it('is shared with threads', async () => {
    const workerData = new SharedArrayBuffer(1);
    await withPool('tells-environment.mjs', { kind: 'thread', workers: 1, workerData }, async (pool) => {
      const same = (await pool.run('data')) as SharedArrayBuffer;
      new Uint8Array(workerData)[0] = 7;
      expect(new Uint8Array(same)[0]).toBe(7);
    });
  });

  it('is refused for processes, which cannot share it', () => {
    const open = () => new Pool(fixture('echo.mjs'), { kind: 'process', workerData: new SharedArrayBuffer(1) });
    expect(open).toThrow(/Option "workerData" must be cloneable/);
  });
});
