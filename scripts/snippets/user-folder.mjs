// A reader's folder after `npm init -y` and `npm install @millpond/core`. The packages come from their tarballs, their dependencies
// from npm. Other tools that a page names (tsx, vitest, the pools that it compares) are linked from this checkout.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOOLS = join(ROOT, 'node_modules');
/** Other packages that pages use. */
const LINKED = ['@types', 'jest', 'piscina', 'tinypool', 'tsx', 'typescript', 'vitest', 'workerpool'];
const TYPE_CHECK = [
  '--noEmit',
  '--strict',
  '--target',
  'es2022',
  '--module',
  'nodenext',
  '--types',
  'node',
  '--skipLibCheck',
];
const PROGRAM_LIMIT_MS = 60_000;

/** Packs every package and installs the tarballs. @returns a folder to copy with `userFolder`; the caller removes it */
export function installPacked() {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-installed-'));
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => join('packages', name));
  const workspaces = packages.flatMap((path) => ['--workspace', path]);
  execFileSync('npm', ['pack', '--silent', ...workspaces, '--pack-destination', folder], { cwd: ROOT });
  const tarballs = readdirSync(folder).map((name) => `./${name}`);
  // As `npm init -y` writes it, so that pages work where a reader begins.
  const manifest = { name: 'app', version: '1.0.0', description: '', main: 'index.js', type: 'commonjs' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--silent'];
  execFileSync('npm', ['install', ...quietly, ...tarballs], { cwd: folder });
  for (const name of LINKED) symlinkSync(join(TOOLS, name), join(folder, 'node_modules', name));
  return folder;
}

/** A reader's folder of its own, with what `installPacked` has installed. */
export function userFolder(installed) {
  const path = mkdtempSync(join(tmpdir(), 'millpond-snippets-'));
  cpSync(join(installed, 'package.json'), join(path, 'package.json'));
  symlinkSync(join(installed, 'node_modules'), join(path, 'node_modules'));
  return {
    write(name, text) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    },
    /** Runs a program to its end. @returns its output; rejects with the output when the program fails */
    run: (name) => run(path, argumentsFor(name)),
    /** Rejects with the mistakes that tsc finds in these files. */
    check: (names) => run(path, [join(TOOLS, 'typescript/bin/tsc'), ...TYPE_CHECK, ...names]),
    remove: () => rmSync(path, { recursive: true }),
  };
}

/** Command that runs a file of this name. */
function argumentsFor(name) {
  if (name.endsWith('.yaml')) return ['node_modules/@millpond/cli/bin/millpond.js', 'run', name];
  if (/\.test\.cjs$/.test(name)) return [join(TOOLS, 'jest/bin/jest.js'), '--testMatch', `**/${name}`];
  if (/\.test\./.test(name)) return [join(TOOLS, 'vitest/vitest.mjs'), 'run', name];
  if (/\.[mc]?ts$/.test(name)) return ['--import', 'tsx', name];
  return [name];
}

function run(cwd, args) {
  // Without the variables of this test run: colours, flags, number of workers.
  const env = { PATH: process.env.PATH, HOME: cwd, TMPDIR: tmpdir() };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, env, timeout: PROGRAM_LIMIT_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(new Error(`node ${args.join(' ')}: ${error.signal ?? `exit code ${error.code}`}\n${stdout}${stderr}`));
    });
  });
}
