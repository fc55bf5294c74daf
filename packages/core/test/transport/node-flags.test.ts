import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isPoolError } from '../../src/contract/errors.js';
import {
  heapFlags,
  inheritedFlags,
  loaderFlags,
  scavengeFlags,
  threadLoader,
  withoutInspector,
} from '../../src/transport/node-flags.js';

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
    [['--cpu-prof-dir', './p', '--cpu-prof-interval', '100']],
    [['--inspect-port', '0']],
    [['-e', '-1']],
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
    [['--snapshot-blob', 'app.blob']],
    [['--snapshot-blob=app.blob']],
    [['--snapshot_blob', 'app.blob']],
    [['--build-snapshot']],
    [['--build-snapshot-config', 'snapshot.json']],
    [['--experimental-sea-config', 'sea.json']],
    [['--build-sea', 'sea.json']],
    [['--experimental-entry-url']],
    [['--entry-url']],
    [['--inspect_brk']],
    [['--inspect-wait']],
    [['--debug-port=1']],
  ])('leaves out %j, which is for this process only', (own) => {
    expect(inheritedFlags(['--no-warnings', ...own, '--enable-source-maps'])).toEqual([
      '--no-warnings',
      '--enable-source-maps',
    ]);
  });
});

describe('withoutInspector', () => {
  it.each([
    ['--inspect', ''],
    ['--inspect=0.0.0.0:9229 --no-warnings', '--no-warnings'],
    ['--no-warnings --inspect-brk --max-old-space-size=64', '--no-warnings --max-old-space-size=64'],
    ['--inspect-port 0 --no-warnings', '--no-warnings'],
    ['--inspect_wait --inspect-publish-uid=http', ''],
    ['"--inspect" -r "./a b.cjs"', '-r "./a b.cjs"'],
    ['--import="./inspect --inspect.mjs"', '--import="./inspect --inspect.mjs"'],
    ['--title="say \\"--inspect\\""', '--title="say \\"--inspect\\""'],
    ['', ''],
  ])('makes of %j: %j', (given, left) => {
    expect(withoutInspector(given)).toBe(left);
  });
});

describe('loaderFlags', () => {
  const inFolderOfItsOwn = pathToFileURL('/nowhere/worker.ts').href;

  it.each(['worker.js', 'worker.mjs', 'worker.cjs', 'worker.ts.js'])('are none for %s', (name) => {
    expect(loaderFlags(`file:///app/${name}`, [])).toEqual([]);
  });

  it.skipIf(RUNS_TYPESCRIPT)('refuse TypeScript that nothing can load', () => {
    for (const name of ['worker.ts', 'worker.mts', 'worker.cts', 'worker.ts?variant=2']) {
      let thrown: unknown;
      try {
        loaderFlags(`file:///nowhere/${name}`, ['--no-warnings', '--conditions=import', '-r', './hook.cjs']);
      } catch (error) {
        thrown = error;
      }
      expect(isPoolError(thrown, 'ERR_OPTION')).toBe(true);
    }
  });

  it.each([
    ['--import', './loader.mjs'],
    ['-r', 'ts-node/register'],
    ['--no-warnings --loader=ts-node/esm'],
    ['--require=@swc-node/register'],
  ])('leave TypeScript to a loader of the user: %s', (...given) => {
    expect(loaderFlags(inFolderOfItsOwn, given)).toEqual([]);
  });

  it.skipIf(RUNS_TYPESCRIPT)('load TypeScript with tsx, where that is installed beside the module', () => {
    const flags = loaderFlags(new URL('worker.ts', import.meta.url).href, []);
    expect(flags).toEqual(['--import', expect.stringMatching(/^file:.*\/node_modules\/tsx\/dist\/loader\.mjs$/)]);
  });

  it.runIf(RUNS_TYPESCRIPT)('are none for TypeScript where Node runs it', () => {
    expect(loaderFlags(inFolderOfItsOwn, [])).toEqual([]);
  });
});

describe('threadLoader', () => {
  const beside = new URL('worker.ts', import.meta.url).href;

  it('is none for JavaScript, and where there is no tsx', () => {
    expect(threadLoader('file:///app/worker.js')).toBeUndefined();
    expect(threadLoader('file:///nowhere/worker.ts')).toBeUndefined();
  });

  it('is tsx for TypeScript that Node does not run, and where the program runs on tsx', () => {
    const before = process.env['NODE_OPTIONS'];
    process.env['NODE_OPTIONS'] = '--import tsx';
    try {
      expect(threadLoader(beside)?.esm).toMatch(/\/tsx\/dist\/esm\/api\/index\.mjs$/);
    } finally {
      if (before === undefined) delete process.env['NODE_OPTIONS'];
      else process.env['NODE_OPTIONS'] = before;
    }
    if (RUNS_TYPESCRIPT) expect(threadLoader(beside)).toBeUndefined();
    else expect(threadLoader(beside)?.cjs).toMatch(/\/tsx\/dist\/cjs\/api\/index\.mjs$/);
  });
});

describe('heapFlags', () => {
  it('limit the heap where there is something to limit it to', () => {
    expect(heapFlags(512, [], undefined)).toEqual(['--max-old-space-size=512']);
    expect(heapFlags(512, ['--no-warnings'], '--enable-source-maps')).toEqual(['--max-old-space-size=512']);
    expect(heapFlags(undefined, [], undefined)).toEqual([]);
  });

  it.each(['--max-old-space-size=64', '--max_old_space_size=64', '--max-heap-size=64', '--max_heap_size=64'])(
    'leave %s as it is, in the flags and in NODE_OPTIONS',
    (flag) => {
      expect(heapFlags(512, ['--no-warnings', flag], undefined)).toEqual([]);
      expect(heapFlags(512, [], `--no-warnings ${flag}`)).toEqual([]);
    },
  );
});

describe('scavengeFlags', () => {
  it('are given to releases of Node that are known to take them', () => {
    for (const version of ['20.19.0', '26.12.1']) expect(scavengeFlags(version)).toEqual(['--no-parallel-scavenge']);
    expect(scavengeFlags('27.0.0')).toEqual([]);
  });

  it('are taken by this one, and undone by a flag that comes later', () => {
    const flags = scavengeFlags(process.versions.node);
    const inEffect = (given: string[]): string => {
      const { stdout } = spawnSync(process.execPath, [...flags, ...given, '--v8-options'], { encoding: 'utf8' });
      return /default: (--(no-)?parallel-scavenge)\n/.exec(stdout)?.[1] ?? stdout;
    };
    expect(inEffect([])).toBe('--no-parallel-scavenge');
    expect(inEffect(['--parallel-scavenge'])).toBe('--parallel-scavenge');
  });
});
