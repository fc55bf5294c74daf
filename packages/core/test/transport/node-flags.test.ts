import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isPoolError } from '../../src/contract/errors.js';
import { inheritedFlags, loaderFlags } from '../../src/transport/node-flags.js';

const RUNS_TYPESCRIPT = Boolean((process.features as { typescript?: unknown }).typescript);

describe('inheritedFlags', () => {
  it('keeps what changes how code runs', () => {
    const flags = [
      '--max-old-space-size=512',
      '--import',
      './hook.mjs',
      '--enable-source-maps',
      '-r',
      'x',
      '--no-warnings',
    ];
    expect(inheritedFlags(flags)).toEqual(flags);
  });

  it.each([
    [['--inspect']],
    [['--inspect-brk=0.0.0.0:9229']],
    [['--test']],
    [['--test-only']],
    [['--watch']],
    [['--watch-path', './src']],
    [['--cpu-prof']],
    [['--cpu-prof-dir=./p']],
    [['--heap-prof']],
    [['--prof']],
    [['-e', 'code()']],
    [['--eval', 'code()']],
    [['--eval=code()']],
    [['-p', '1']],
    [['-pe', '1']],
    [['--input-type', 'module']],
    [['--input-type=module']],
    [['--check']],
    [['-c']],
    [['-i']],
  ])('leaves out %j, which is for this process only', (own) => {
    expect(inheritedFlags(['--no-warnings', ...own, '--enable-source-maps'])).toEqual([
      '--no-warnings',
      '--enable-source-maps',
    ]);
  });
});

describe('loaderFlags', () => {
  it.each(['worker.js', 'worker.mjs', 'worker.cjs', 'worker.ts.js'])('are none for %s', (name) => {
    expect(loaderFlags(`file:///app/${name}`)).toEqual([]);
  });

  it.skipIf(RUNS_TYPESCRIPT)('refuse TypeScript that nothing can load', () => {
    for (const name of ['worker.ts', 'worker.mts', 'worker.cts', 'worker.ts?variant=2']) {
      let thrown: unknown;
      try {
        loaderFlags(`file:///nowhere/${name}`);
      } catch (error) {
        thrown = error;
      }
      expect(isPoolError(thrown, 'ERR_OPTION')).toBe(true);
    }
  });

  it.skipIf(RUNS_TYPESCRIPT)('load TypeScript with tsx, where that is installed beside the module', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tsx-'));
    try {
      const tsx = join(folder, 'node_modules/tsx');
      mkdirSync(tsx, { recursive: true });
      writeFileSync(join(tsx, 'package.json'), '{ "name": "tsx", "main": "loader.mjs" }');
      writeFileSync(join(tsx, 'loader.mjs'), '');
      const flags = loaderFlags(pathToFileURL(join(folder, 'worker.ts')).href);
      expect(flags).toEqual(['--import', pathToFileURL(join(tsx, 'loader.mjs')).href]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.runIf(RUNS_TYPESCRIPT)('are none for TypeScript where Node runs it', () => {
    expect(loaderFlags('file:///app/worker.ts')).toEqual([]);
  });
});
