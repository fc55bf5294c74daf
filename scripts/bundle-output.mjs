// What all bundles have in common.
import { relative, sep } from 'node:path';

/**
 * Neither renamed nor minified, so that a stack trace leads to readable code; hence no source map. What comments say stands in
 * the types. Licences stay.
 */
export const OUTPUT = { comments: { jsdoc: false, annotation: true, legal: true } };

/** What is odd enough to warn of would fail where the bundle runs. */
export function refuseWarnings(level, { message }) {
  if (level === 'warn') throw new Error(message);
}

/** The modules that a file is made of: paths from the checkout, or names of the bundler's own. */
export function inputsOf({ modules }, root) {
  return Object.entries(modules)
    .filter(([, { renderedLength }]) => renderedLength > 0)
    .map(([id]) => (id.startsWith(root) ? relative(root, id).replaceAll(sep, '/') : id))
    .sort();
}

/**
 * The same code, in ASCII alone. One character beyond Latin-1 has V8 keep the whole source with two bytes for each: 190 KB more in
 * every worker. Such characters stand in texts and regular expressions only, which know the escape.
 */
export function asciiOnly(code) {
  return code.replaceAll(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const NODE_IMPORT = /^import ([\w$]+) from "(node:[\w/]+)";$/gm;

/**
 * An ES module that asks for modules of Node instead of importing them. An import of one has Node read all that the module exports,
 * and so run its getters: `node:process` makes streams of its standard output then. It took a third of the time that the package loads.
 */
export function withoutNodeImports(code) {
  const asked = code.replaceAll(NODE_IMPORT, 'const $1 = globalThis.process.getBuiltinModule("$2");');
  if (/^import .*"node:/m.test(asked)) throw new Error('A module of Node is imported in another way than as a whole.');
  return asked;
}
