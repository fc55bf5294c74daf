import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));

const use = (name) => `import { x } from '${name}';\nconsole.log(x);`;
const useType = (name) => `import type { X } from '${name}';\nexport type Y = X;`;

/** A file, its text, and the rules that it breaks. */
const CASES = [
  ['core/src/index.ts', use('./pool/target.js'), []],
  ['core/src/other.ts', use('./base/target.js'), ['unknown-layer']],
  ['core/src/misc/a.ts', use('../base/target.js'), ['unknown-layer']],
  ['core/src/base/own.ts', use('./target.js'), []],
  ['core/src/base/up.ts', use('../contract/target.js'), ['layer-base']],
  ['core/src/contract/down.ts', use('../base/target.js'), []],
  ['core/src/contract/up.ts', use('../wire/target.js'), ['layer-contract']],
  ['core/src/wire/down.ts', use('../contract/target.js'), []],
  ['core/src/wire/up.ts', use('../transport/target.js'), ['layer-wire']],
  ['core/src/cache/down.ts', useType('../backend/target.js'), []],
  ['core/src/cache/up.ts', use('../pool/target.js'), ['layer-cache']],
  ['core/src/sizing/down.ts', use('../contract/target.js'), []],
  ['core/src/sizing/across.ts', use('../wire/target.js'), ['layer-sizing']],
  ['core/src/transport/down.ts', use('../wire/target.js'), []],
  ['core/src/transport/up.ts', use('../worker/target.js'), ['layer-transport']],
  ['core/src/worker/down.ts', use('../task/target.js'), []],
  ['core/src/task/up.ts', use('../worker/target.js'), ['layer-task']],
  ['core/src/supervise/across.ts', use('../dispatch/target.js'), ['layer-supervise']],
  ['core/src/dispatch/across.ts', use('../supervise/target.js'), ['layer-dispatch']],
  ['core/src/autoscale/down.ts', use('../supervise/target.js'), []],
  ['core/src/autoscale/up.ts', use('../backend/target.js'), ['layer-autoscale']],
  ['core/src/supervise/up.ts', use('../autoscale/target.js'), ['layer-supervise']],
  ['core/src/backend/down.ts', use('../dispatch/target.js'), []],
  ['core/src/backend/up.ts', use('../pool/target.js'), ['layer-backend']],
  ['core/src/backend/type-up.ts', useType('../cache/target.js'), ['layer-backend']],
  ['core/src/pool/down.ts', use('../backend/target.js'), []],
  ['core/src/pool/index.ts', use('../index.js'), ['layer-pool']],
  ['core/src/base/type-up.ts', useType('../pool/target.js'), ['layer-base']],
  ['core/src/child/down.ts', use('../wire/target.js'), []],
  ['core/src/child/up.ts', use('../transport/target.js'), ['layer-child']],
  ['core/src/pool/child.ts', use('../child/target.js'), ['layer-pool', 'no-import-of-child']],
  ['core/src/pool/gone.ts', use('./gone-long-ago.js'), ['nothing-that-is-gone']],
  ['core/src/task/cycle-a.ts', `import './cycle-b.js';`, ['no-cycle']],
  ['core/src/task/cycle-b.ts', `import './cycle-a.js';`, []], // a cycle is reported once
  ['core/src/task/type-cycle-a.ts', `import './type-cycle-b.js';\nexport type X = 1;`, ['no-cycle']],
  ['core/src/task/type-cycle-b.ts', useType('./type-cycle-a.js'), []],
  ['core/src/task/types-only-a.ts', useType('./types-only-b.js') + '\nexport type X = 1;', ['no-cycle']],
  ['core/src/task/types-only-b.ts', useType('./types-only-a.js') + '\nexport type X = 1;', []],
  ['core/src/pool/profiler.ts', use('@millpond/profiler'), ['core-stands-alone']],
  ['core/src/pool/cli.ts', use('../../../cli/src/index.js'), ['core-stands-alone', 'packages-by-name']],
  ['profiler/src/by-name.ts', use('@millpond/core'), []],
  ['profiler/src/by-path.ts', use('../../core/src/index.js'), ['packages-by-name']],
  ['profiler/src/cli.ts', use('@millpond/cli'), ['profiler-below-cli']],
  ['cli/src/by-name.ts', use('@millpond/profiler'), []],
  ['cli/src/by-path.ts', useType('../../profiler/src/index.js'), ['packages-by-name']],
];

/** Files that exist only to be imported. */
const FOLDERS =
  'base contract wire cache sizing transport worker task supervise dispatch autoscale backend pool child'.split(' ');
const TARGETS = [
  ...FOLDERS.map((folder) => `core/src/${folder}/target.ts`),
  'profiler/src/index.ts',
  'cli/src/index.ts',
].map((path) => [path, 'export const x = 1;\nexport type X = 1;']);

let project;
let violations;

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'millpond-layers-')));
  for (const [path, text] of [...TARGETS, ...CASES]) await put(`packages/${path}`, text);
  for (const name of ['core', 'profiler', 'cli']) {
    await put(`packages/${name}/package.json`, `{ "name": "@millpond/${name}", "main": "./src/index.ts" }`);
    await mkdir(join(project, 'node_modules/@millpond'), { recursive: true });
    await symlink(join(project, 'packages', name), join(project, 'node_modules/@millpond', name), 'junction');
  }
  violations = await cruise();
});

afterAll(() => rm(project, { recursive: true, force: true }));

describe('the layer rules', () => {
  for (const [path, , rules] of CASES) {
    test(`let ${path} break ${rules.join(' and ') || 'nothing'}`, () => {
      const broken = violations.filter(({ from }) => from === `packages/${path}`).map(({ rule }) => rule.name);
      expect([...new Set(broken)].sort()).toEqual(rules);
    });
  }
});

test('the drawing of docs/architecture.md numbers the steps by these rules', async () => {
  const { forbidden } = createRequire(import.meta.url)(join(repository, '.dependency-cruiser.cjs'));
  const [, drawing] = (await readFile(join(repository, 'docs/architecture.md'), 'utf8')).split('```');
  for (const { name, to } of forbidden) {
    const folder = /^layer-(?!child$)(.*)/.exec(name)?.[1];
    if (folder === undefined) continue;
    const lower = FOLDERS.filter(
      (each) => each !== folder && new RegExp(to.pathNot).test(`packages/core/src/${each}/`),
    );
    const higher = lower.filter((each) => stepOf(each, drawing) >= stepOf(folder, drawing));
    expect(higher, `below ${folder}`).toEqual([]);
  }
});

/** The number behind a folder in the drawing. A line may hold two folders. */
function stepOf(folder, drawing) {
  return Number(new RegExp(`(?:^| )${folder}/ .*?(?<= )(\\d+)(?= |$)`, 'm').exec(drawing)[1]);
}

async function put(path, text) {
  await mkdir(dirname(join(project, path)), { recursive: true });
  await writeFile(join(project, path), text);
}

/** Violations that depcruise finds in the project under this repository's rules. */
function cruise() {
  const bin = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = join(repository, '.dependency-cruiser.cjs');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [bin, '--config', config, '--output-type', 'json', 'packages'],
      { cwd: project, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout) => (stdout === '' ? reject(error) : resolve(JSON.parse(stdout).summary.violations)),
    );
  });
}
