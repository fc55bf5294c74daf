// Puts each file that a program or a worker of @millpond/core starts with, and all it imports, into one file: loading
// dozens of small modules takes longer than the rest of a worker's start (docs/decisions/0009-worker-start.md).
// Works on what tsc has built, and does nothing when that has not changed.
import { mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'packages/core/dist');
/** By bundle: the file in dist it is made of. What a worker starts with is CommonJS, which Node loads synchronously. */
const BUNDLES = {
  'bundle/index.js': 'index.js',
  'bundle/index.cjs': 'index.js',
  'bundle/internal.js': 'internal.js',
  'bundle/inline-host.cjs': 'child/inline-host.js',
  'bundle/process-entry.cjs': 'child/process-entry.js',
  'bundle/thread-entry.cjs': 'child/thread-entry.js',
  'bundle/guard-thread.cjs': 'child/guard-thread.js',
};
/** Written last. */
const LAST = 'cjs/package.json';
/** In the bundles, because a program that is bundled in turn would have to find them: what is imported, */
const IMPORTED = 'eventemitter3';
/** and what is required by the call below, and run only then. */
const REQUIRED = 'lru-cache';
const REQUIRED_BY = `requireInstalled((require) => require('${REQUIRED}'))`;
const INCLUDED = [IMPORTED, REQUIRED];
/** What stands for the globals of JavaScript: a handler or a test that replaces them later replaces nothing of ours. */
const BUILT_INS = join(DIST, 'base/built-ins.js');
/** Functions of classes that are called as constructors, too, by their names there. */
const STATICS = {
  'Array.isArray': 'isArray',
  'Array.from': 'arrayFrom',
  'ArrayBuffer.isView': 'isView',
  'Number.isNaN': 'isNotANumber',
  'Number.isFinite': 'isFiniteNumber',
  'Number.isInteger': 'isInteger',
  'BigInt.asIntN': 'asIntN',
  'URL.canParse': 'canParse',
  'Promise.resolve': 'resolve',
  'Promise.reject': 'reject',
  'Promise.all': 'all',
  'Promise.allSettled': 'allSettled',
  'Promise.race': 'race',
};

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await bundleCore();

/** Also called before tests: after a `tsc -b` alone they would run what was built before. */
export default async function bundleCore() {
  const newestInput = Math.max(...inputs().map(changedAt));
  const oldestOutput = Math.min(...[...Object.keys(BUNDLES), LAST].map((file) => changedAt(join(DIST, file))));
  if (newestInput < oldestOutput) return;
  const { rolldown } = await import('rolldown');
  for (const [file, entry] of Object.entries(BUNDLES)) await bundle(rolldown, join(DIST, entry), join(DIST, file));
  writeLicences();
  writeCommonJsTypes();
}

/** The packages in the bundles are there under their own licences. */
function writeLicences() {
  const texts = INCLUDED.map((name) => {
    const folder = join(ROOT, 'node_modules', name);
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    return `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  write(
    join(DIST, 'bundle/LICENCES.txt'),
    `The files beside this one include these packages.\n\n${texts.join('\n\n')}`,
  );
}

/**
 * The types once more, for programs that are CommonJS: TypeScript tells by the nearest package.json whether types are those
 * of an ES module.
 */
function writeCommonJsTypes() {
  for (const file of readdirSync(DIST, { recursive: true })) {
    if (!file.endsWith('.d.ts') || file.startsWith('cjs') || file.startsWith('bundle')) continue;
    const types = readFileSync(join(DIST, file), 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, '');
    write(join(DIST, 'cjs', file), types);
  }
  write(join(DIST, LAST), '{ "type": "commonjs" }\n');
}

/** By what the sources say: where the bundler takes it from. */
async function builtIns() {
  const classes = Object.keys(await import(pathToFileURL(BUILT_INS).href)).filter((name) => name in globalThis);
  const names = [...classes.map((name) => [name, name]), ...Object.entries(STATICS)];
  return Object.fromEntries(names.map(([said, name]) => [said, [BUILT_INS, name]]));
}

async function bundle(rolldown, input, file) {
  const build = await rolldown({
    input,
    platform: 'node',
    // Other packages stay what they are in package.json: dependencies.
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && !INCLUDED.includes(id),
    plugins: [requiredPackage(), takenFromNode()],
    transform: { inject: await builtIns() },
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
  if (output[0].code.includes('createRequire(import.meta.url)')) {
    throw new Error(`${file} would not load where import.meta.url is empty: a module in it calls require().`);
  }
  write(file, output[0].code);
}

/** Whole from the start: a worker may be starting from it. */
function write(file, text) {
  const unfinished = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}

/**
 * Has our modules take what they import from Node when they load. An import by name is looked up at each call, and finds what a handler
 * or a test has put there.
 */
function takenFromNode() {
  let count = 0;
  const take = (_, names, module) => {
    const from = `node_${count++}`;
    const taken = names.split(',').map((name) => {
      const [there, here = there] = name.trim().split(' as ');
      return `${here} = ${from}.${there}`;
    });
    return `import ${from} from '${module}';\nconst ${taken.join(', ')};`;
  };
  return {
    name: 'taken-from-node',
    transform: (code, module) =>
      module.startsWith(DIST) ? code.replaceAll(/^import \{([^}]+)\} from '(node:[\w/]+)';$/gm, take) : null,
  };
}

/** Puts a package into the bundle that is run at the first call, as require() would do it: that takes 4 ms. */
function requiredPackage() {
  const id = '\0required';
  return {
    name: 'required-package',
    resolveId: (asked) =>
      asked === id
        ? id
        : asked === REQUIRED
          ? createRequire(join(ROOT, 'packages/core/package.json')).resolve(REQUIRED)
          : null,
    load: (asked) => (asked === id ? `exports.load = () => require('${REQUIRED}');` : null),
    transform(code, module) {
      if (code.includes(REQUIRED_BY)) return `import { load } from '${id}';\n${code.replace(REQUIRED_BY, 'load()')}`;
      // The bundler would make a require() of these by import.meta.url, which is empty where a program is bundled as CommonJS.
      return module.includes(`/node_modules/${REQUIRED}/`) || module.includes(`\\node_modules\\${REQUIRED}\\`)
        ? code.replaceAll(/\brequire\((?=["']node:)/g, 'process.getBuiltinModule(')
        : null;
    },
  };
}

/** What bundles are made of: what tsc has built, this file, and the bundler's version. */
function inputs() {
  const built = readdirSync(DIST, { recursive: true })
    .filter((file) => /\.(js|d\.ts)$/.test(file) && !/^(bundle|cjs)\b/.test(file))
    .map((file) => join(DIST, file));
  return [...built, fileURLToPath(import.meta.url), join(ROOT, 'package-lock.json')];
}

/** 0: never. */
function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
