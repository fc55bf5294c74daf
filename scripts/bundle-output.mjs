// What all bundles have in common.
import { relative, sep } from 'node:path';

/**
 * Neither renamed nor minified, so that a stack trace leads to readable code; hence no source map. Comments are left out, because
 * the types have them. Licences stay.
 */
export const OUTPUT = { comments: { jsdoc: false, annotation: true, legal: true } };

/** A warning is an error: an oddity in a bundle would fail where the bundle runs. */
export function refuseWarnings(level, { message }) {
  if (level === 'warn') throw new Error(message);
}

/** The modules that a file is made of: paths from the checkout, or the bundler's own names. */
export function inputsOf({ modules }, root) {
  return Object.entries(modules)
    .filter(([, { renderedLength }]) => renderedLength > 0)
    .map(([id]) => (id.startsWith(root) ? relative(root, id).replaceAll(sep, '/') : id))
    .sort();
}

/**
 * The same code, in ASCII alone. With one character beyond Latin-1, V8 keeps two bytes for each character of the source. That is
 * 190 KB more in every worker. Such characters stand only in texts and regular expressions, where they can be escaped.
 */
export function asciiOnly(code) {
  return code.replaceAll(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const NODE_IMPORT = /^import ([\w$]+) from "(node:[\w/]+)";$/gm;

/**
 * An ES module that gets Node's modules by a call instead of an import. For an import, Node reads all exports of the module and so
 * runs its getters. `node:process` then makes streams of its standard output, a third of the time that the package loads.
 */
export function withoutNodeImports(code) {
  const asked = code.replaceAll(NODE_IMPORT, 'const $1 = globalThis.process.getBuiltinModule("$2");');
  if (/^import .*"node:/m.test(asked)) throw new Error('A module of Node is imported in another way than as a whole.');
  return asked;
}

const NODE_NAMESPACE = /^let (\w+) = require\("(node:[\w/]+)"\);\n\1 = __toESM\(\1, 1\);$/gm;

/**
 * A CommonJS module that takes Node's modules as they are. The bundler would make a namespace of each, with a getter for every
 * export. That takes 1 ms of a worker's start, and our code uses only the default export.
 */
export function withoutNamespaces(code) {
  const names = [...code.matchAll(NODE_NAMESPACE)].map(([, name]) => name);
  const taken = code.replaceAll(NODE_NAMESPACE, 'const $1 = { default: require("$2") };');
  const otherwise = new RegExp(`\\b(?:${names.join('|')})\\b(?!\\.default\\b| = \\{ default:)`).exec(taken);
  if (otherwise !== null) throw new Error(`More than the default export of ${otherwise[0]} is used.`);
  return taken;
}

const THREADS = 'const node_worker_threads = { default: require("node:worker_threads") };';

/**
 * A CommonJS module for the main thread of a process, with what `node:worker_threads` exports there. Node takes 0.45 ms to load that
 * module, and a worker process needs it only for a guard thread.
 */
export function inMainThread(code) {
  if (!code.includes(THREADS)) throw new Error('node:worker_threads is taken in another way, or not at all.');
  const exports = '{ isMainThread: true, resourceLimits: {} }';
  const taken = code.replace(THREADS, `const node_worker_threads = { default: ${exports} };`);
  const other = /\bnode_worker_threads\.default\.(?!(?:isMainThread|resourceLimits)\b)\w+/.exec(taken);
  if (other !== null) throw new Error(`${other[0]} is used in the main thread of a process: it would be undefined.`);
  return taken;
}
