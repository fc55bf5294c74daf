import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Pool, type PoolKind } from '@millpond/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failure, KINDS } from './pools.js';
import { withFolder } from './temp.js';

// The delay before the next start is a random part of its bound: here, none of it.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

const WRONG = '// Three lines are right,\n// and the fourth is not.\nexport const right = 1;\nconst = 5;\n';
const ECHO = 'export const echo = (input) => input;\n';
const HOOKS = "import './right.mjs';\nexport const worker = { '~millpond': 'worker',";
/** What the message must have: file and line, the text there, and marks below it. */
const SHOWN = /wrong\.m?js:4\nconst = 5;\n {6}\^\n/;
const RUNS_TYPESCRIPT = Boolean((process.features as { typescript?: unknown }).typescript);

type Files = Record<string, string>;

/** Modules by name, the worker module first, and what the message of the failed start says. */
const BROKEN: [what: string, files: Files, message: RegExp][] = [
  ['the worker module itself', { 'wrong.mjs': WRONG }, SHOWN],
  ['a module that it imports', { 'worker.mjs': `import './wrong.mjs';\n${ECHO}`, 'wrong.mjs': WRONG }, SHOWN],
  [
    'a module far down, in a package of modules',
    {
      'worker.js': `import './a/b.js';\n${ECHO}`,
      'a/b.js': "export * from '../c.js';",
      'c.js': "import { right } from './d/wrong.js';\nexport { right };",
      'd/wrong.js': WRONG,
      'package.json': '{ "type": "module" }',
    },
    SHOWN,
  ],
  [
    'a module of an installed package',
    {
      'worker.mjs': `import 'installed';\n${ECHO}`,
      'node_modules/installed/package.json': '{ "type": "module", "exports": "./lib/wrong.js" }',
      'node_modules/installed/lib/wrong.js': WRONG,
    },
    SHOWN,
  ],
  [
    'a module imported as it runs',
    { 'worker.mjs': `await import('./wrong.mjs');\n${ECHO}`, 'wrong.mjs': WRONG },
    SHOWN,
  ],
  [
    'a module imported by setup',
    {
      'worker.mjs': `${HOOKS} setup: () => import('./wrong.mjs') };`,
      'right.mjs': ECHO,
      'wrong.mjs': WRONG,
    },
    SHOWN,
  ],
  [
    'a CommonJS module',
    { 'worker.mjs': `import './wrong.cjs';\n${ECHO}`, 'wrong.cjs': 'exports.right = 1;\n\n\nconst = 5;\n' },
    /wrong\.cjs:4\nconst = 5;\n {6}\^\n/,
  ],
  [
    'a JSON module',
    { 'worker.mjs': `import './wrong.json' with { type: 'json' };\n${ECHO}`, 'wrong.json': '{ "a": 1, }' },
    /wrong\.json: .*JSON at position 10/,
  ],
];
/** Errors that are none of syntax, or of another kind of it. */
const OTHERS: typeof BROKEN = [
  [
    'an import of a file that is not there names both files',
    {
      'worker.mjs': `import { x } from './between.mjs';\n${ECHO}`,
      'between.mjs': "export { x } from './nowhere.mjs';",
    },
    /Cannot find module '.*nowhere\.mjs' imported from .*between\.mjs/,
  ],
  [
    'an import of a package that is not there names it and who asks for it',
    { 'worker.mjs': `import 'no-such-package';\n${ECHO}` },
    /Cannot find package 'no-such-package' imported from .*worker\.mjs/,
  ],
  [
    'a require of a file that is not there names both files',
    { 'worker.cjs': "exports.nothing = require('./nowhere.cjs');" },
    /Cannot find module '\.\/nowhere\.cjs'\n.*\n- .*worker\.cjs/,
  ],
  [
    'an import of an export that is not there shows its line',
    { 'worker.mjs': `${ECHO}import { wrong } from './right.mjs';\nexport { wrong };`, 'right.mjs': ECHO },
    /does not provide an export named 'wrong'\n\nfile:.*worker\.mjs:2\nimport \{ wrong \}.*\n {9}\^/,
  ],
  [
    'a throw at load names its line',
    { 'worker.mjs': `import './throws.mjs';\n${ECHO}`, 'throws.mjs': "\n\nthrow new RangeError('too far');" },
    /load: RangeError: too far \(file:.*throws\.mjs:3:7\)/,
  ],
  [
    'text that cannot be parsed names the line that has it parsed',
    { 'worker.mjs': `${ECHO}\nexport const settings = JSON.parse('{ "a": 1, }');` },
    /load: SyntaxError: .*JSON at position 10.* \(file:.*worker\.mjs:3:\d+\)/,
  ],
  [
    'a throw in setup names its line',
    { 'worker.mjs': `${HOOKS}\n  setup() { null.x; } };`, 'right.mjs': ECHO },
    /setup: TypeError: .* \(file:.*worker\.mjs:3:18\)/,
  ],
  [
    'what is no error says that it was thrown at load, and names no place',
    { 'worker.mjs': `${ECHO}\nthrow null;` },
    /load: Error: A module at load threw null, which is not an Error\.(?! \()/,
  ],
  [
    'what is no error says that setup threw it, and names no place',
    { 'worker.mjs': `${HOOKS}\n  setup() { throw null; } };`, 'right.mjs': ECHO },
    /setup: Error: The hook setup threw null, which is not an Error\.(?! \()/,
  ],
  [
    'what is no error says that warmup threw it, and names no place',
    { 'worker.mjs': `${HOOKS}\n  warmup() { throw 5; } };`, 'right.mjs': ECHO },
    /warmup: Error: The hook warmup threw 5, which is not an Error\.(?! \()/,
  ],
];

/** How a pool over these modules fails. */
async function failedStart(kind: PoolKind, files: Files): Promise<Error & { cause: Error & { details: object } }> {
  let error: Error | undefined;
  await withFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const pool = new Pool(join(folder, Object.keys(files)[0] as string), { kind, workers: 1 });
    error = await failure(pool.ready());
    await pool.destroy();
  });
  return error as Error & { cause: Error & { details: object } };
}

/** In a process or thread each of five starts reads the modules again: these cases stand for the others. */
const FOR_WORKERS = ['a module that it imports', 'a module imported by setup', 'a throw at load names its line'];

describe.each(KINDS)('an error of syntax, kind %s,', (kind) => {
  const cases = BROKEN.filter(([what]) => kind === 'inline' || FOR_WORKERS.includes(what));

  it.each(cases)('in %s shows file, line and text', async (_, files, message) => {
    const error = await failedStart(kind, files);
    expect(error.cause).toMatchObject({ code: 'ERR_WORKER_START', cause: { name: 'SyntaxError' } });
    expect(error.cause.message).toMatch(message);
    // Also where only the outermost message is seen.
    expect(error.message).toMatch(message);
  });

  it.runIf(RUNS_TYPESCRIPT)('in a module that TypeScript imports shows file, line and text', async () => {
    const typed = "import './wrong.mjs';\nexport const echo = (input: number): number => input;\n";
    const files = { 'worker.ts': typed, 'wrong.mjs': WRONG, 'package.json': '{ "type": "module" }' };
    expect((await failedStart(kind, files)).message).toMatch(SHOWN);
  });
});

describe.each(KINDS)('a module that cannot be loaded, kind %s,', (kind) => {
  const cases = OTHERS.filter(([what]) => kind === 'inline' || FOR_WORKERS.includes(what));

  it.each(cases)('%s', async (_, files, message) => {
    const error = await failedStart(kind, files);
    expect(error.cause.message).toMatch(message);
    expect(error.message).toMatch(message);
  });
});
