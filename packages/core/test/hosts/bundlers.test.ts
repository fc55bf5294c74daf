import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, TOOLS, UserFolder } from './packed.js';

/** The recipes as docs/bundlers.md has them: by bundler and format, the file of its configuration. */
const recipes = new Map<string, string>();
for (const [, name = '', code = ''] of readFileSync(join(ROOT, 'docs/bundlers.md'), 'utf8').matchAll(
  /^```js\n\/\/ (\S+)\n([^]*?)^```$/gm,
)) {
  recipes.set(name, code);
}

/** How each bundler is run with the file of its recipe. */
const RUN: Record<string, (file: string) => string[]> = {
  esbuild: (file) => [file],
  rolldown: (file) => [join(TOOLS, 'rolldown/bin/cli.mjs'), '--config', file],
  vite: (file) => [join(TOOLS, 'vite/bin/vite.js'), 'build', '--config', file, '--logLevel', 'warn'],
  webpack: (file) => [file],
};

const KINDS = ['process', 'thread', 'inline'];
/** Each kind runs without a policy and with one, which is in another file. */
const ALL_WORK = KINDS.map((kind) => `${kind} 41\n`.repeat(2)).join('');

const PROGRAM = {
  esm: "import { Pool } from '@millpond/core';\nconst worker = () => new URL('./worker.mjs', import.meta.url);",
  cjs: "import { join } from 'node:path';\nimport { Pool } from '@millpond/core';\nconst worker = () => join(__dirname, 'worker.cjs');",
};
const MAIN = `
async function main() {
  for (const kind of ${JSON.stringify(KINDS)}) {
    for (const cache of [false, true]) await work(kind, cache).catch((error) => console.log(kind, error.message));
  }
}
async function work(kind, cache) {
  const pool = new Pool(worker(), { kind, workers: 1, tasks: { times: { cache } }, restart: { max: 0 } });
  try {
    console.log(kind, await pool.run('times', 5));
  } finally {
    await pool.close();
  }
}
void main();
`;
const WORKER = `
import { defineWorker } from '@millpond/core';
import { factor } from './factor.js';
export const worker = defineWorker({ setup: () => 'set up' });
export const times = (input, ctx) => input * factor + ctx.data.length;
`;

describe.each(Object.keys(RUN))('a program that %s has bundled', (bundler) => {
  describe.each(['esm', 'cjs'] as const)('as %s', (format) => {
    const name = `${bundler}.${format}.${format === 'cjs' && bundler === 'webpack' ? 'cjs' : 'mjs'}`;
    const main = `dist/main.${format === 'esm' ? 'mjs' : 'cjs'}`;
    let folder: UserFolder;
    let recipe: string;

    beforeAll(() => {
      const found = recipes.get(name);
      if (found === undefined) throw new Error(`docs/bundlers.md has no ${name}.`);
      recipe = found;
      folder = new UserFolder({ type: 'module' });
      folder.write('src/main.js', PROGRAM[format] + MAIN);
      folder.write('src/worker.js', WORKER);
      folder.write('src/factor.js', 'export const factor = 7;');
    });
    afterAll(() => folder.remove());

    /** Builds by the recipe, with the bundlers of this checkout. */
    function build(text: string): string {
      rmSync(join(folder.path, 'dist'), { recursive: true, force: true });
      const file = folder.write(name, text.replaceAll(/(?<=from |require\()'(esbuild|webpack)'/g, fromHere));
      return folder.run(...(RUN[bundler] as (file: string) => string[])(file));
    }

    it('by its recipe runs, with the package beside it', () => {
      build(recipe);
      expect(readFileSync(join(folder.path, main), 'utf8')).toMatch('@millpond/core');
      expect(folder.run(main)).toBe(ALL_WORK);
    });

    it('runs with the package in the bundle, where that is installed', () => {
      build(without(recipe));
      expect(folder.run(main)).toBe(ALL_WORK);
    });

    it('and put where the package is not says so, or finds the copies that it asks for', () => {
      build(without(recipe));
      const deployed = new UserFolder({ type: 'module' });
      try {
        const bundle = join(deployed.path, 'node_modules/@millpond/core/dist/bundle');
        cpSync(bundle, join(deployed.path, 'copies'), { recursive: true });
        rmSync(join(deployed.path, 'node_modules'), { recursive: true });
        cpSync(join(folder.path, 'dist'), join(deployed.path, 'dist'), { recursive: true });
        // webpack writes down where the package was when it built.
        const moved = `${folder.path}/node_modules`;
        cpSync(moved, `${folder.path}/elsewhere`, { recursive: true });
        rmSync(moved, { recursive: true });
        const said = deployed.run(main);
        expect(
          said.split('\n').filter((line) => /has @millpond\/core bundled into it, and \S+, a file of/.test(line)),
        ).toHaveLength(6);
        mkdirSync(join(deployed.path, 'dist'), { recursive: true });
        cpSync(join(deployed.path, 'copies'), join(deployed.path, 'dist/millpond-core'), { recursive: true });
        expect(deployed.run(main)).toBe(ALL_WORK);
      } finally {
        cpSync(`${folder.path}/elsewhere`, `${folder.path}/node_modules`, { recursive: true });
        deployed.remove();
      }
    });
  });
});

/** The recipe without what keeps the package out of the bundle. */
function without(recipe: string): string {
  const changed = recipe.replace(/^.*@millpond\/core.*\n/m, (line) =>
    line.includes('ssr:') ? 'ssr: { noExternal: true },\n' : '',
  );
  if (changed === recipe) throw new Error('The recipe does not name the package in a line of its own.');
  return changed;
}

/** A bundler of this checkout, where the folder has none. */
function fromHere(_: string, tool: string): string {
  return JSON.stringify(join(TOOLS, tool === 'esbuild' ? 'esbuild/lib/main.js' : 'webpack/lib/index.js'));
}
