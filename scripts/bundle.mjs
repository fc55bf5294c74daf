// Puts the code of each entry of a package into one file, and its types into another. The pages that the package names are put
// beside them (docs/decisions/0009-worker-start.md, 0019-packages.md). Works on the output of tsc, and skips a package whose
// content has not changed.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import bundleClients from './bundle-clients.mjs';
import { packageDocs } from './package-docs.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/**
 * In order, because the types of a package are rolled against those of the packages before it. The tools load only if a package
 * has changed.
 */
const PACKAGES = {
  core: {
    code: async (folders) => (await import('./bundle-core.mjs')).bundleCore(folders),
    types: {
      index: ['index.d.ts', 'index.d.cts'],
      worker: ['worker.d.ts', 'worker.d.cts'],
      internal: ['internal.d.ts'],
    },
  },
  profiler: { code: plain('index.js'), types: { index: ['index.d.ts'] } },
  cli: { code: plain('bin.js', 'index.js'), types: { index: ['index.d.ts'] } },
};
/** Files that decide how outputs look; a change of one makes all outputs anew. */
const TOOLS = [
  ...readdirSync(join(ROOT, 'scripts'))
    .filter((name) => /^(bundle|roll|package-docs)[\w-]*\.mjs$/.test(name))
    .map((name) => join(ROOT, 'scripts', name)),
  join(ROOT, 'package-lock.json'),
];

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await bundleCode();
  await bundleTypes();
  await bundleDocs();
}

/** Runs also before tests: after a `tsc -b` alone they would test an old bundle. */
export default async function bundleCode() {
  await bundleClients();
  for (const [name, { code }] of Object.entries(PACKAGES)) await renew(name, 'code', builtFiles(name, '.js'), code);
}

async function bundleTypes() {
  const below = [];
  for (const [name, { types }] of Object.entries(PACKAGES)) {
    await renew(name, 'types', [...builtFiles(name, '.d.ts'), ...below], async (folders) =>
      (await import('./roll-types.mjs')).rollTypes({ ...folders, entries: types }),
    );
    below.push(...filesIn(join(ROOT, 'packages', name, 'dist/bundle')).filter((file) => file.endsWith('.d.ts')));
  }
}

async function bundleDocs() {
  for (const name of Object.keys(PACKAGES)) {
    const folder = join(ROOT, 'packages', name);
    const from = [join(folder, 'README.md'), ...filesIn(join(ROOT, 'docs')), ...filesIn(join(folder, 'dist/bundle'))];
    await renew(name, 'docs', from, (folders) => ({ files: packageDocs(folders) }));
  }
}

function plain(...entries) {
  return async (folders) => (await import('./bundle-plain.mjs')).bundlePlain(folders, entries);
}

/**
 * Makes files of a package anew if their sources have changed, or if one is not as it was made.
 * @param make returns the files by their names in the package, each with its sources if they are known
 */
async function renew(name, what, from, make) {
  const folder = join(ROOT, 'packages', name);
  const stamp = join(folder, `dist/.${what}.json`);
  const last = readJson(stamp);
  const hash = fingerprint([...from, ...TOOLS]);
  const isAsMade = ([file, hash]) => hashOf(join(folder, file)) === hash;
  if (last?.from === hash && Object.entries(last.files).every(isAsMade)) return;
  const { files, inputs } = await make({ root: ROOT, folder, dist: join(folder, 'dist') });
  for (const [file, text] of Object.entries(files)) write(join(folder, file), text);
  for (const file of Object.keys(last?.files ?? {})) if (!(file in files)) rmSync(join(folder, file), { force: true });
  const hashes = Object.fromEntries(Object.keys(files).map((file) => [file, hashOf(join(folder, file))]));
  write(stamp, `${JSON.stringify({ from: hash, files: hashes, inputs }, null, 1)}\n`);
}

/** Output of tsc for a package. */
function builtFiles(name, ending) {
  const dist = join(ROOT, 'packages', name, 'dist');
  const isMadeHere = (file) => /^(bundle|api)\b/.test(relative(dist, file));
  return filesIn(dist).filter((file) => file.endsWith(ending) && !isMadeHere(file));
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Hash of names and contents: neither another folder nor another time makes a difference. */
function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${relative(ROOT, file).replaceAll(sep, '/')}\n${hashOf(file)}\n`);
  return hash.digest('hex');
}

/** Undefined for a missing file. */
function hashOf(file) {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // The stamp is missing or incomplete: then all is made anew.
    return undefined;
  }
}

/** Writes the file as a whole, because a worker may be starting from it. */
function write(file, text) {
  const unfinished = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}
