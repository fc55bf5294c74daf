import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TOOLS, UserFolder } from './packed.js';

const folders: UserFolder[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder.remove()));

function userFolder(manifest?: object): UserFolder {
  const folder = new UserFolder(manifest);
  folders.push(folder);
  return folder;
}

describe('jest, as it is by default', () => {
  it('loads the package, and runs pools of every kind, beside mocks of what they use, too', () => {
    const folder = userFolder();
    folder.write(
      'pool.test.js',
      `const { Pool, isPoolError, inWorker } = require('@millpond/core');
       const { join } = require('node:path');
       test.each(['process', 'thread', 'inline'])('%s', async (kind) => {
         const pool = new Pool(join(__dirname, 'worker.js'), { kind, workers: 1 });
         expect(inWorker).toBe(false);
         expect(await pool.run('times', 5)).toBe(35);
         expect(await pool.run('date')).toEqual(new Date(5));
         await expect(pool.run('fails')).rejects.toThrow('as asked');
         expect(isPoolError(await pool.run('none').catch((error) => error), 'ERR_TASK_NOT_FOUND')).toBe(true);
         await pool.close();
       });`,
    );
    folder.write(
      'mocks.test.js',
      `for (const name of ['fs', 'os', 'child_process', 'worker_threads']) jest.doMock(name);
       for (const name of ['fs', 'os', 'child_process', 'worker_threads']) jest.doMock('node:' + name);
       const { Pool } = require('@millpond/core');
       const { readFileSync } = require('node:fs');
       test.each(['process', 'thread'])('%s beside mocks of what it uses', async (kind) => {
         expect(readFileSync(__filename)).toBe(undefined);
         const pool = new Pool(__dirname + '/worker.js', { kind, workers: 1 });
         expect(await Promise.all([1, 2, 3].map((n) => pool.run('times', n)))).toEqual([7, 14, 21]);
         await pool.close();
       });`,
    );
    folder.write(
      'worker.js',
      `module.exports = {
         times: (input) => input * 7,
         date: () => new Date(5),
         fails() { throw new Error('as asked'); },
       };`,
    );
    const result = join(folder.path, 'result.json');
    folder.run(join(TOOLS, 'jest/bin/jest.js'), '--silent', '--json', `--outputFile=${result}`);
    const told = folder.run(
      '-p',
      'const { numPassedTests, success } = require("./result.json"); `${numPassedTests} ${success}`',
    );
    expect(told).toBe('5 true\n');
  });
});

describe('TypeScript', () => {
  const PROGRAM = `import { Pool, isPoolError, inWorker, type PoolOptions } from '@millpond/core';
    import type * as handlers from './worker';
    const options: PoolOptions = { kind: 'thread', workers: 1, env: process.env };
    const pool = new Pool<typeof handlers>(__dirname + '/worker.js', options);
    const result: Promise<number> = pool.run('times', 5);
    pool.on('worker:exited', ({ workerId }) => workerId.toFixed());
    void result.then(async (value) => { console.log(value, inWorker, isPoolError(value)); await pool.close(); });
    // @ts-expect-error not a handler
    () => pool.run('nothing');`;

  it.each([
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['commonjs', 'node10'],
  ])(
    'with module %s, moduleResolution %s finds types and compiles a CommonJS program that runs',
    (module, resolution) => {
      const folder = userFolder({ type: 'commonjs' });
      folder.write('main.ts', PROGRAM);
      folder.write('worker.ts', 'export const times = (input: number): number => input * 7;');
      const types = join(TOOLS, '@types');
      folder.run(
        join(TOOLS, 'typescript/bin/tsc'),
        ...['--strict', '--target', 'es2022', '--module', module, '--moduleResolution', resolution],
        ...['--typeRoots', types, '--types', 'node', '--esModuleInterop', '--ignoreDeprecations', '6.0'],
        // Of the packages' own types, too: nothing is skipped.
        ...['--skipLibCheck', 'false', 'main.ts', 'worker.ts'],
      );
      // With "preserve" the program is left to a bundler.
      if (module !== 'preserve') expect(folder.run('main.js')).toBe('35 false false\n');
    },
  );
});

describe('Node', () => {
  it('loads the package by require() and by import, without a warning, and both know the same errors and workers', () => {
    const folder = userFolder();
    folder.write(
      'main.cjs',
      `const required = require('@millpond/core');
       process.on('warning', (warning) => console.log(warning.message));
       import('@millpond/core').then(async (imported) => {
         const names = (module) => Object.keys(module).sort().join();
         console.log(names(required) === names(imported));
         const error = new imported.PoolError('ERR_SECTION', { section: 'a', reason: 'b' });
         console.log(required.isPoolError(error, 'ERR_SECTION'));
         const pool = new imported.Pool(__dirname + '/worker.cjs', { workers: 1 });
         console.log(await pool.run('data'));
         await pool.close();
       });`,
    );
    folder.write(
      'worker.cjs',
      `const { defineWorker } = require('@millpond/core');
       exports.worker = defineWorker({ setup: () => 'set up' });
       exports.data = (_, { data }) => data;`,
    );
    expect(folder.run('main.cjs')).toBe('true\ntrue\nset up\n');
  });
});
