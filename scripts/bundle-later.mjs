// Splits the code of a program in two files. The second has what most pools do not use, and is loaded by the first call into it
// (docs/decisions/0009-worker-start.md). Sources know nothing of it: modules import each other as if all were one file.
import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

export const LATER_FILE = 'policies.cjs';

/** Modules that the first file calls into. They, and all that only they import, are in the second file. */
const GATES = [
  'base/lru.js',
  'cache/drop-of-task.js',
  'cache/result-cache.js',
  'contract/resolve-batch.js',
  'contract/resolve-breaker.js',
  'contract/resolve-hedge.js',
  'contract/resolve-limits.js',
  'contract/resolve-shaping.js',
  'dispatch/gated-line.js',
  'dispatch/gathering.js',
  'dispatch/hedging.js',
  'limits/breakers.js',
  'limits/hedge-policy.js',
  'limits/task-limits.js',
  'limits/try-budget.js',
  'pool/open-call.js',
  'pool/open-stream.js',
  'shaping/coalesce.js',
  'shaping/shaped-task.js',
  'shaping/shapers.js',
  'task/batch-call.js',
  'task/task-flows.js',
  'task/type-batches.js',
  'wire/pump.js',
  'worker/flow-desk.js',
  'wrap/wrap.js',
];
const IMPORT = /^(?:import|export) (?:\{([^}]*)\} from )?(?:\* (?:as \w+ )?from )?'(\.[^']+)';$/gm;
/** Names of the bundler's own for what the two files have at their border. */
const STUBS = '\0later';
export const SECOND = '\0second';
const SHARED = 'shared:';

/** Which modules of a program are in which file, and what the first file calls in the second. */
export function splitProgram(dist, entry) {
  const gates = new Set(GATES.map((name) => join(dist, name)));
  const sources = new Map();
  const imports = (file) => {
    if (!sources.has(file)) sources.set(file, readFileSync(file, 'utf8'));
    return [...sources.get(file).matchAll(IMPORT)].map(([, names = '', path]) => ({
      names: names.split(',').flatMap((name) => name.trim().split(' as ')[0] || []),
      module: join(dirname(file), path),
    }));
  };
  const reach = (from, isIn) => {
    const reached = new Set(from);
    for (const file of reached) for (const { module } of imports(file)) if (isIn(module)) reached.add(module);
    return reached;
  };
  const first = reach([join(dist, entry)], (module) => !gates.has(module));
  const called = new Map();
  for (const file of first) {
    for (const { names, module } of imports(file)) {
      if (!gates.has(module)) continue;
      for (const name of names) called.set(name, stubOf(name, module, sources, file, called.get(name)));
    }
  }
  const unused = GATES.filter((name) => ![...called.values()].some(({ module }) => module === join(dist, name)));
  if (unused.length > 0) throw new Error(`The first file calls nothing in ${unused.join(', ')}.`);
  const second = reach(gates, (module) => !first.has(module));
  return { dist, first, second, called };
}

/** How the first file calls a function or a class of the second. */
function stubOf(name, module, sources, file, known) {
  if (known !== undefined && known.module !== module) throw new Error(`${name} is in ${known.module} and ${module}.`);
  const [, what] =
    new RegExp(`^export (?:async )?(function|class)\\*? ${name}\\b`, 'm').exec(readFileSync(module, 'utf8')) ?? [];
  if (what === undefined) throw new Error(`${file} imports ${name} from the second file: no function and no class.`);
  const asValue = new RegExp(`\\b(?:instanceof|extends) ${name}\\b|\\b${name}\\.(?!js')`).exec(
    withoutComments(sources.get(file)),
  );
  if (asValue !== null) throw new Error(`${file} uses "${asValue[0]}" of the second file: it may only be called.`);
  return { module, isClass: what === 'class' };
}

function withoutComments(code) {
  return code.replaceAll(/\/\*.*?\*\/|^\s*\/\/.*$/gms, '');
}

/** For the second file: takes modules of the first one from there. */
export function takeFromFirst({ dist, first, second, called }) {
  return {
    name: 'take-from-first',
    resolveId(id, importer) {
      if (id === SECOND) return id;
      const module = id.startsWith('.') && importer?.startsWith(dist) ? join(dirname(importer), id) : id;
      if (second.has(module)) return module;
      if (!first.has(module)) return null;
      return { id: SHARED + relative(dist, module).replaceAll(sep, '/'), external: true };
    },
    load(id) {
      if (id !== SECOND) return null;
      return [...called].map(([name, { module }]) => `export { ${name} } from ${JSON.stringify(module)};`).join('\n');
    },
  };
}

/**
 * The second file as the body of a function of `shared`, what it takes from the first one, and `exports`. V8 compiles such a body at
 * once. A function in it would be scanned first, and compiled when it is called.
 * @returns also the names that it takes, by module
 */
export function asBody(code) {
  const shared = {};
  const taken = code.replaceAll(/^let (\w+) = require\("shared:([^"]+)"\);$/gm, (_, variable, module) => {
    const names = [...code.matchAll(new RegExp(`\\b${variable}\\.(\\w+)`, 'g'))].map(([, name]) => name);
    shared[module] = [...new Set(names)].sort();
    return `const ${variable} = shared[${JSON.stringify(module)}];`;
  });
  const own = taken.replaceAll(/^require\("shared:[^"]+"\);\n/gm, '');
  // Node's functions have to be taken when the program loads: it may replace them before the second file comes.
  const other = /\brequire\(.*?\)/.exec(own);
  if (other !== null) throw new Error(`${LATER_FILE} calls ${other[0]}.`);
  return { code: `'use strict';\n${own}`, shared };
}

/** For the first file: calls of the second one load it. */
export function callLater({ dist, first, called }, shared) {
  const names = Object.entries(shared).map(([module, names], at) => ({ module, names, as: (name) => `${name}$${at}` }));
  const stub = (name, isClass) =>
    `export function ${name}(...given) { return ${isClass ? 'new ' : ''}(later().${name})(...given); }`;
  return {
    name: 'call-later',
    resolveId(id, importer) {
      if (id === STUBS) return id;
      if (!id.startsWith('.') || !first.has(importer)) return null;
      const module = join(dirname(importer), id);
      return [...called.values()].some((each) => each.module === module) ? STUBS : null;
    },
    load(id) {
      if (id !== STUBS) return null;
      return [
        ...names.map(
          ({ module, names, as }) =>
            `import { ${names.map((name) => `${name} as ${as(name)}`).join(', ')} } from ${JSON.stringify(join(dist, module))};`,
        ),
        `import { loadLater } from ${JSON.stringify(join(dist, 'transport/load-later.js'))};`,
        'let loaded;',
        `function later() { return (loaded ??= loadLater('${LATER_FILE}', {`,
        ...names.map(
          ({ module, names, as }) =>
            `${JSON.stringify(module)}: { ${names.map((name) => `${name}: ${as(name)}`).join(', ')} },`,
        ),
        '})); }',
        ...[...called].map(([name, { isClass }]) => stub(name, isClass)),
      ].join('\n');
    },
  };
}
