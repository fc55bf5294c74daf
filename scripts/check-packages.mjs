// Checks packages as users install them. Packs each one as npm would publish it, and hands the tarball to publint and attw.
// Publint checks that all files of package.json are there, and attw that TypeScript finds the right types.
import { execFileSync, execSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Packages that CommonJS programs can load, too. For the others, attw skips CommonJS. */
const DUAL = /^millpond-core-/;
const TOOLS = {
  publint: () => ['node_modules/publint/src/cli.js'],
  attw: (tarball) => [
    'node_modules/@arethetypeswrong/cli/dist/index.js',
    // `internal` is for the packages of this project, which are ESM alone.
    ...(DUAL.test(tarball)
      ? ['--exclude-entrypoints', './internal', '--profile', 'strict']
      : ['--profile', 'esm-only']),
  ],
};

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'millpond-pack-'));
try {
  const workspaces = readdirSync('packages').map((name) => `--workspace packages/${name}`);
  execSync(`npm pack --silent --pack-destination "${folder}" ${workspaces.join(' ')}`);
  for (const tarball of readdirSync(folder)) {
    for (const [tool, command] of Object.entries(TOOLS)) check(tool, command(tarball), tarball);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function check(tool, command, tarball) {
  try {
    execFileSync(process.execPath, [...command, join(folder, tarball)], { stdio: 'pipe', encoding: 'utf8' });
    console.log(`${tarball}: ${tool} ok`);
  } catch (error) {
    console.error(`${tarball}: ${tool} FAILED\n${error.stdout}${error.stderr}`);
    process.exitCode = 1;
  }
}
