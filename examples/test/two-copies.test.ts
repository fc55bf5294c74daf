import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ROOT, runNode } from './run-example.js';

const DEPENDENCIES = ['eventemitter3', 'lru-cache', 'pidusage'];

/** Handlers that both copies run; the hooks come from the library's copy. */
const WORKER = `
  import { defineWorker } from '@millpond/core/worker';
  export * from 'word-counter/worker';
  export const worker = defineWorker({ setup: () => 'set up' });
  export const data = (_, ctx) => ctx.data;
`;

const PROGRAM = `
  import { createRequire } from 'node:module';
  import { Pool, isPoolError } from '@millpond/core';
  import { WordCounter, workerUrl } from 'word-counter';

  const fromLibrary = createRequire(workerUrl);
  const theirs = fromLibrary('@millpond/core');
  console.log('copies:', theirs.Pool === Pool ? 1 : 2);

  const own = new WordCounter({ workers: 1 });
  console.log('own pool:', await own.count('the mill and the pond'));
  const refused = await own.count(() => 'a function').catch((error) => error);
  console.log('errors:', theirs.isPoolError(refused), isPoolError(refused, 'ERR_NOT_SERIALIZABLE'));
  await own.close();

  for (const [name, { Pool: PoolOfCopy }] of [['program', { Pool }], ['library', theirs]]) {
    const pool = new PoolOfCopy(new URL('./worker.mjs', import.meta.url), { workers: 1 });
    const counter = new WordCounter({ pool });
    console.log(name + ':', await counter.count('still water'), await pool.run('data'));
    await counter.close();
    await pool.close();
  }
`;

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** Puts the built package with its dependencies below a folder. */
function putCore(folder: string): void {
  const modules = join(folder, 'node_modules');
  const core = join(modules, '@millpond/core');
  mkdirSync(core, { recursive: true });
  for (const name of ['package.json', 'dist/bundle']) {
    cpSync(join(ROOT, 'packages/core', name), join(core, name), { recursive: true });
  }
  for (const name of DEPENDENCIES) symlinkSync(realpathSync(join(ROOT, 'node_modules', name)), join(modules, name));
}

describe('a library with a pool, in a program with another copy of the package', () => {
  it('runs in its own pool, in that of the program, and in one of its own copy; both copies know the errors of both', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'two-copies-'));
    folders.push(folder);
    putCore(folder);
    const library = join(folder, 'node_modules/word-counter');
    cpSync(join(ROOT, 'examples/embed-in-library/library'), library, { recursive: true });
    putCore(library);
    writeFileSync(join(folder, 'worker.mjs'), WORKER);
    const program = join(folder, 'main.mjs');
    writeFileSync(program, PROGRAM);

    expect(await runNode([program])).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      stdout: 'copies: 2\nown pool: 5\nerrors: true true\nprogram: 2 set up\nlibrary: 2 set up\n',
    });
  });
});
