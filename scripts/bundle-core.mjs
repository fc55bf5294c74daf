// Puts each file that a program or a worker of @millpond/core starts with, and all it imports, into one file: loading
// dozens of small modules takes longer than the rest of a worker's start (docs/decisions/0009-worker-start.md).
// Works on what tsc has built, and does nothing when that has not changed.
import { mkdirSync, readdirSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'packages/core/dist');
/** By file in dist: its bundle. What a worker starts with is CommonJS, which Node loads synchronously. */
const BUNDLES = {
  'index.js': 'bundle/index.js',
  'internal.js': 'bundle/internal.js',
  'child/inline-host.js': 'bundle/inline-host.js',
  'child/process-entry.js': 'bundle/process-entry.cjs',
  'child/thread-entry.js': 'bundle/thread-entry.cjs',
  'child/guard-thread.js': 'bundle/guard-thread.cjs',
};
/** A dependency in CommonJS. */
const REQUIRED = 'eventemitter3';

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await bundleCore();

/** Also called before tests: after a `tsc -b` alone they would run what was built before. */
export default async function bundleCore() {
  const newestInput = Math.max(...inputs().map(changedAt));
  const oldestOutput = Math.min(...Object.values(BUNDLES).map((file) => changedAt(join(DIST, file))));
  if (newestInput < oldestOutput) return;
  const { rolldown } = await import('rolldown');
  for (const [entry, file] of Object.entries(BUNDLES)) await bundle(rolldown, join(DIST, entry), join(DIST, file));
}

async function bundle(rolldown, input, file) {
  const build = await rolldown({
    input,
    platform: 'node',
    // Only our own files. Packages stay what they are in package.json: dependencies.
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && !id.endsWith(REQUIRED),
    plugins: [requiredPackage(REQUIRED)],
    // What is odd enough to warn of would fail where the bundle runs.
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(message);
    },
  });
  // No source map: sources are not published, and nothing is renamed or minified, so a stack trace leads to readable code.
  const { output } = await build.generate(
    file.endsWith('.cjs') ? { format: 'cjs', banner: "'use strict';" } : { format: 'esm' },
  );
  await build.close();
  if (output.length !== 1) throw new Error(`${input} became ${output.length} files.`);
  // Whole from the start: a worker may be starting from it.
  const unfinished = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(unfinished, output[0].code);
  renameSync(unfinished, file);
}

/**
 * Has a CommonJS package be loaded by require(), which takes 3 ms. An import of it takes 7: Node starts a parser, in
 * WebAssembly, to find its names.
 */
function requiredPackage(name) {
  const id = `\0${name}`;
  return {
    name: 'required-package',
    resolveId: (asked) => (asked === name ? id : null),
    load: (asked) =>
      asked === id
        ? `import { createRequire } from 'node:module';
           const { EventEmitter } = createRequire(import.meta.url)('${name}');
           export { EventEmitter };`
        : null,
  };
}

/** What bundles are made of: what tsc has built, this file, and the bundler's version. */
function inputs() {
  const built = readdirSync(DIST, { recursive: true })
    .filter((file) => file.endsWith('.js') && !file.startsWith('bundle'))
    .map((file) => join(DIST, file));
  return [...built, fileURLToPath(import.meta.url), join(ROOT, 'package-lock.json')];
}

/** 0: never. */
function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
