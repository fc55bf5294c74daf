import { describe, expect, it } from 'vitest';
import { KINDS, withPool, WORKER_KINDS } from './pools.js';
import { runProgram } from './programs.js';

/** How often a program and all its workers have made a pool. */
function poolsMade({ stderr }: { stderr: string }): number {
  return stderr.split('made a pool').length - 1;
}

describe.each(WORKER_KINDS)('a pool made by its own %s workers', (kind) => {
  it.each([
    ['is-its-own-worker.mjs', 'at-once', 'is-its-own-worker.mjs'],
    ['is-its-own-worker.cjs', '', 'is-its-own-worker.cjs'],
    ['exports-a-constant.mjs', '', 'imports-a-constant.mjs'],
  ])('while they load, as in %s, is refused there, and the error names the files', async (program, when, worker) => {
    const end = await runProgram(program, [kind, when]);
    expect(end.stdout).toMatch(/^ERR_POOL_FAILED: .*\(ERR_OPTION\)\n$/);
    expect(end.stdout).toMatch(
      new RegExp(`names \\S+${worker}, but this pool is made at \\S+${program}:\\d+ while \\S+${worker} is loaded`),
    );
    expect(end).toMatchObject({ code: 0 });
    expect(poolsMade(end)).toBe(1);
  });

  it('after they have loaded, by what loading began, is refused there', async () => {
    const end = await runProgram('is-its-own-worker.mjs', [kind, 'late']);
    // No code there catches it, so it ends each worker that meets it.
    expect(end.stdout + end.stderr).toMatch(/by what \S+is-its-own-worker\.mjs began when it was loaded/);
    expect(poolsMade(end)).toBe(1);
  });

  it('where inWorker is false is made once', async () => {
    const end = await runProgram('is-its-own-worker.mjs', [kind, 'guarded']);
    expect(end).toMatchObject({ code: 0, stdout: '{"inWorker":true}\n', stderr: 'made a pool\n' });
  });
});

describe('a pool that the loading of an inline worker module makes', () => {
  it.each(KINDS)('is refused, of kind %s', async (kind) => {
    process.env['KIND'] = kind;
    try {
      await withPool('imports-a-constant.mjs', { kind: 'inline' }, async (pool) => {
        await expect(pool.ready()).rejects.toMatchObject({
          code: 'ERR_POOL_FAILED',
          cause: {
            cause: {
              code: 'ERR_OPTION',
              message: expect.stringMatching(/imports-a-constant\.mjs is loaded/) as string,
            },
          },
        });
      });
    } finally {
      delete process.env['KIND'];
    }
  });

  it('does not concern a pool that the program makes meanwhile', async () => {
    await withPool('echo.mjs', { kind: 'inline' }, async (first) => {
      const loading = first.ready();
      await withPool('echo.mjs', { kind: 'inline' }, async (second) => {
        expect(await Promise.all([loading, second.run('echo', 1)])).toEqual([undefined, 1]);
      });
    });
  });
});

describe('a pool that a handler makes', () => {
  it.each([[['process', 'thread']], [['thread', 'process']], [['inline', 'process']]] as const)(
    'works: %j',
    async (kinds) => {
      const [kind, ...rest] = kinds;
      await withPool('nests-pools.mjs', { kind, workers: 1 }, async (pool) => {
        expect(await pool.run('nest', { kinds: rest })).toEqual({ inWorker: true, mark: undefined });
      });
    },
  );

  it.each(['inherit', 'clean', { OWN: '1' }] as const)('nests three deep at most, with env %j', async (env) => {
    await withPool('nests-pools.mjs', { kind: 'process', workers: 1, env }, async (pool) => {
      const ask = (kinds: string[]): Promise<unknown> => pool.run('nest', { kinds, env });
      expect(await ask(['process', 'thread'])).toMatchObject({ inWorker: true });
      expect(await ask(['process', 'thread', 'process', 'process'])).toMatch(
        /^ERR_OPTION with 1 to go: Option "worker" names \S+nests-pools\.mjs, but .* Pools nest 3 deep at most/,
      );
    });
  });
});
