import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from '@millpond/core';
import { describe, expect, it } from 'vitest';
import { failure, fixture, KINDS, withPool, WORKER_KINDS } from './pools.js';
import { withFolder } from './temp.js';

/** Node 22.18 and later run TypeScript by themselves. */
const RUNS_TYPESCRIPT = Boolean((process.features as { typescript?: unknown }).typescript);

describe.each(KINDS)('a worker module of kind %s', (kind) => {
  it('may be CommonJS', async () => {
    await withPool('named-exports.cjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('double', 21)).toBe(42);
      expect(await pool.run('whole')).toEqual(['double', 'whole']);
    });
  });

  it('may export one object, whose functions are its handlers, its lifecycle among them', async () => {
    await withPool('exports-object.cjs', { kind, workers: 1 }, async (pool) => {
      expect(await Promise.all([pool.run('double', 2), pool.run('triple', 2)])).toEqual([4, 6]);
      expect(await pool.run('data')).toBe('set up');
    });
  });

  it('may export one function with others on it', async () => {
    await withPool('exports-function.cjs', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('default', 1)).toBe('main 1');
      expect(await pool.run('other', 1)).toBe('other 1');
      const unknown = await failure(pool.run('settings', 1));
      expect(unknown).toMatchObject({ code: 'ERR_TASK_NOT_FOUND' });
    });
  });

  it.each(['exports-then.mjs', 'passes-on-then.mjs', 'exports-then.cjs', 'requires-then.cjs'])(
    'may export a function named then (%s)',
    async (module) => {
      await withPool(module, { kind, workers: 1 }, async (pool) => {
        expect(await pool.run('then', 1)).toBe('then 1');
        expect(await pool.run('echo', 1)).toBe(1);
      });
    },
  );

  it('may be named by a path, relative to the current folder, or by a URL', async () => {
    const url = fixture('echo.mjs');
    const path = fileURLToPath(url);
    for (const worker of [path, relative(process.cwd(), path), url.href, url]) {
      const pool = new Pool(worker, { kind, workers: 1 });
      expect(pool.name).toBe('echo');
      expect(await pool.run('echo', 'found')).toBe('found');
      await pool.close();
    }
  });

  it('without handlers says so', async () => {
    await withPool('exports-nothing.mjs', { kind, workers: 1 }, async (pool) => {
      expect((await failure(pool.run('answer'))).message).toMatch('It exports no function at all');
    });
  });

  it('keeps a query in its URL', async () => {
    const pool = new Pool(new URL(`${fixture('echo.mjs').href}?variant=2`), { kind, workers: 1 });
    expect(await pool.run('echo', 'found')).toBe('found');
    await pool.close();
  });
});

describe.each(WORKER_KINDS)('a worker module of kind %s', (kind) => {
  it('with an error of syntax says where', async () => {
    await withPool('syntax-error.mjs', { kind, workers: 1 }, async (pool) => {
      const { cause } = await failure(pool.ready());
      expect(cause).toMatchObject({ details: { phase: 'load' }, cause: { name: 'SyntaxError' } });
    });
  });

  it.skipIf(RUNS_TYPESCRIPT)(
    'that is TypeScript is refused at once where nothing runs it, saying what to do',
    async () => {
      await withFolder((folder) => {
        copyFileSync(fixture('typed.ts'), join(folder, 'typed.ts'));
        for (const name of ['typed.ts', 'typed.js']) {
          expect(() => new Pool(join(folder, name), { kind })).toThrow(
            /Option "worker" is TypeScript .*typed\.ts.* Install tsx beside it, compile it to JavaScript, or use Node 22\.18/,
          );
        }
        return Promise.resolve();
      });
    },
  );
});

describe.each(KINDS)('a worker module of kind %s in TypeScript', (kind) => {
  // Not by withPool: in kind inline tsx stays in this process, with a thread of its own.
  const areaBy = async (worker: string): Promise<unknown> => {
    const pool = new Pool(fixture(worker), { kind, workers: 1 });
    try {
      return [pool.name, await pool.run('area', { width: 2, height: 3 })];
    } finally {
      await pool.close();
    }
  };

  it('works, by Node itself or by tsx', async () => {
    expect(await areaBy('typed.ts')).toEqual(['typed', 6]);
  });

  it.each([
    ['typed.js?variant=2', 'typed'],
    ['typed-module.mjs', 'typed-module'],
    ['typed-common.cjs', 'typed-common'],
  ])('stands in for %s, which is not there, as in a program that is run from its sources', async (worker, name) => {
    expect(await areaBy(worker)).toEqual([name, 6]);
  });

  it('that is not there stands for its output, as in a program that was compiled', async () => {
    await withPool('echo.mts', { kind, workers: 1 }, async (pool) => {
      expect(await pool.run('echo', 'found')).toBe('found');
    });
  });
});

describe('a worker module', () => {
  it.each([
    ['missing.js', 'missing\\.js, nor does missing\\.ts beside it'],
    ['missing.cts', 'missing\\.cts, nor does missing\\.cjs beside it'],
    ['missing.json', 'missing\\.json'],
  ])('that is not there is refused: %s', (name, shown) => {
    expect(() => new Pool(fixture(name))).toThrow(new RegExp(`names a file that does not exist: \\S+${shown}$`));
  });

  it.each([
    ['a path', '.'],
    ['a URL', new URL('.', import.meta.url)],
  ])('that is a folder is refused: by %s', (_name, folder) => {
    expect(() => new Pool(folder)).toThrow(/Option "worker" names a folder, \/.*; name the file of the module in it/);
  });

  const echo = fileURLToPath(fixture('echo.mjs'));

  it.each(['\0', `${echo}\0`, `\0/${echo}`, `${echo}\x1f`, '\x01'])(
    'that no URL can name is refused, and no other file taken: %j',
    (path) => {
      const reason = `is a path that no URL can name: ${JSON.stringify(path)}`;
      expect(() => new Pool(path)).toThrow(`Option "worker" ${reason}`);
      expect(() => new Pool(fixture('echo.mjs'), { codec: { module: path } })).toThrow(`Option "codec" ${reason}`);
    },
  );

  it('that no code can be read from is refused, since reading it may never end', async () => {
    await withFolder(async (folder) => {
      const fifo = join(folder, 'fifo.mjs');
      execFileSync('mkfifo', [fifo]);
      const refusal = (what: string): string => `Option "worker" names ${what}; a worker module must be a regular file`;
      expect(() => new Pool(fifo)).toThrow(refusal(`a FIFO, ${fifo}`));
      // Its twin in the other language is taken in its place.
      expect(() => new Pool(join(folder, 'fifo.mts'))).toThrow(refusal(`a FIFO, ${fifo}`));
      expect(() => new Pool('/dev/null')).toThrow(refusal('a device, /dev/null'));
    });
  });

  it('that a bundler has put into a data: URL is refused, saying so', () => {
    const url = new URL(`data:text/javascript,export const f = () => 1; ${'//'.repeat(50)}`);
    expect(() => new Pool(url)).toThrow(/must be a file, not data: \(.{80}…\)\. A bundler .* an entry of its own/);
  });
});
