// Puts each file that a program or a worker of @millpond/core starts with into one file, with all its imports. Loading dozens of
// small modules takes longer than the rest of a worker's start (docs/decisions/0009-worker-start.md).
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { asBody, callLater, LATER_FILE, SECOND, splitProgram, takeFromFirst } from './bundle-later.mjs';
import {
  asciiOnly,
  inMainThread,
  inputsOf,
  OUTPUT,
  refuseWarnings,
  withoutNamespaces,
  withoutNodeImports,
} from './bundle-output.mjs';

/** Bundles, and the files in dist that they are made of. A worker's start is CommonJS, which Node loads synchronously. */
const BUNDLES = {
  'dist/bundle/worker.js': 'worker.js',
  'dist/bundle/worker.cjs': 'worker.js',
  'dist/bundle/internal.js': 'internal.js',
  'dist/bundle/inline-host.cjs': 'child/inline-host.js',
  'dist/bundle/process-entry.cjs': 'child/process-entry.js',
  'dist/bundle/thread-entry.cjs': 'child/thread-entry.js',
  'dist/bundle/guard-thread.cjs': 'child/guard-thread.js',
  'dist/bundle/blocked-watch.cjs': 'child/profile/blocked-watch.js',
  'dist/bundle/worker-profiler.cjs': 'child/profile/worker-profiler.js',
};
/** Files of the program, which has a second file. */
const PROGRAM = ['dist/bundle/index.js', 'dist/bundle/index.cjs'];
/** Runs in the main thread of a process of ours, and nowhere else. */
const OWN_PROCESS = 'dist/bundle/process-entry.cjs';
/** In the bundles, because a program that is bundled in turn would have to find them. These are imported, */
const IMPORTED = 'eventemitter3';
/** and these are required by the call below, which runs them only then. */
const REQUIRED = 'lru-cache';
const REQUIRED_BY = `requireInstalled((require) => require('${REQUIRED}'))`;
const INCLUDED = [IMPORTED, REQUIRED];
/** Copies of JavaScript's globals: a handler or a test that replaces a global later does not affect our code. */
const BUILT_INS = 'base/built-ins.js';
/** Functions of classes that are also called as constructors, by their names there. */
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

/** @returns the files by their names in the package, each with the modules that it is made of */
export async function bundleCore({ root, dist }) {
  const files = { 'dist/bundle/LICENCES.txt': licences(root) };
  const inputs = {};
  const add = (file, chunk, code) => {
    files[file] = asciiOnly(code);
    inputs[file] = inputsOf(chunk, root);
  };
  for (const [file, entry] of Object.entries(BUNDLES)) {
    const chunk = await bundle(dist, join(dist, entry), file);
    const code = ofFormat(file, chunk);
    add(file, chunk, file === OWN_PROCESS ? inMainThread(code) : code);
  }
  const split = splitProgram(dist, 'index.js');
  const later = await bundle(dist, SECOND, LATER_FILE, takeFromFirst(split));
  const { code, shared } = asBody(later.code);
  add(`dist/bundle/${LATER_FILE}`, later, code);
  for (const file of PROGRAM) {
    const chunk = await bundle(dist, join(dist, 'index.js'), file, callLater(split, shared));
    add(file, chunk, ofFormat(file, chunk));
  }
  return { files, inputs };
}

function ofFormat(file, { code }) {
  return file.endsWith('.cjs') ? withoutNamespaces(code) : withoutNodeImports(code);
}

/** Packages in the bundles keep their own licences. */
function licences(root) {
  const texts = INCLUDED.map((name) => {
    const folder = join(root, 'node_modules', name);
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    return `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return `The files beside this one include these packages.\n\n${texts.join('\n\n')}`;
}

/** Maps globals, by their names in the sources, to the copies that the bundler puts in their place. */
async function builtIns(dist) {
  const file = join(dist, BUILT_INS);
  const classes = Object.keys(await import(pathToFileURL(file).href)).filter((name) => name in globalThis);
  const names = [...classes.map((name) => [name, name]), ...Object.entries(STATICS)];
  return Object.fromEntries(names.map(([said, name]) => [said, [file, name]]));
}

async function bundle(dist, input, file, ...plugins) {
  const build = await rolldown({
    input,
    platform: 'node',
    // Other packages stay dependencies, as in package.json.
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && !INCLUDED.includes(id),
    plugins: [...plugins, requiredPackage(dist), takenFromNode(dist)],
    transform: { inject: await builtIns(dist) },
    onLog: refuseWarnings,
  });
  const { output } = await build.generate(
    file.endsWith('.cjs') ? { ...OUTPUT, format: 'cjs', banner: "'use strict';" } : { ...OUTPUT, format: 'esm' },
  );
  await build.close();
  if (output.length !== 1) throw new Error(`${file} became ${output.length} files.`);
  if (output[0].code.includes('createRequire(import.meta.url)')) {
    throw new Error(`${file} would not load where import.meta.url is empty: a module in it calls require().`);
  }
  return output[0];
}

/**
 * Makes our modules take Node's functions when they load. An import by name is looked up at each call, and would find
 * replacements by handlers or tests.
 */
function takenFromNode(dist) {
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
      module.startsWith(dist) ? code.replaceAll(/^import \{([^}]+)\} from '(node:[\w/]+)';$/gm, take) : null,
  };
}

/** Puts a package into the bundle. It runs at the first call, as with require(), because running it takes 4 ms. */
function requiredPackage(dist) {
  const id = '\0required';
  return {
    name: 'required-package',
    resolveId: (asked) =>
      asked === id ? id : asked === REQUIRED ? createRequire(join(dist, 'index.js')).resolve(REQUIRED) : null,
    load: (asked) => (asked === id ? `exports.load = () => require('${REQUIRED}');` : null),
    transform(code, module) {
      if (code.includes(REQUIRED_BY)) return `import { load } from '${id}';\n${code.replace(REQUIRED_BY, 'load()')}`;
      // The bundler would resolve a require() of these by import.meta.url, which is empty in a program bundled as CommonJS.
      return module.includes(`/node_modules/${REQUIRED}/`) || module.includes(`\\node_modules\\${REQUIRED}\\`)
        ? code.replaceAll(/\brequire\((?=["']node:)/g, 'process.getBuiltinModule(')
        : null;
    },
  };
}
