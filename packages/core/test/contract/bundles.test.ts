import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { Linter } from 'eslint';
import { describe, expect, it } from 'vitest';

/** What JavaScript itself has, without Node. */
const GLOBALS = runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[];
/** Cannot be replaced, or not without the whole realm. */
const FIXED = ['globalThis', 'undefined', 'NaN', 'Infinity'];
/** Named by what the bundler and the packages in the bundles bring along, or where the linter of the sources allows it. */
const OTHERS = ['Object', 'Symbol', 'Date', 'JSON', 'Boolean', 'isFinite', 'console', 'Uint16Array'];
/** Classes that are called as constructors, too, whose own functions are taken one by one. */
const CLASSES = ['Array', 'ArrayBuffer', 'BigInt', 'Number', 'Promise', 'String', 'URL', 'Error', 'RegExp', 'Map'];

/** The names in a bundle that nothing in it declares. */
function freeNames(file: string): string[] {
  const code = readFileSync(new URL(`../../dist/bundle/${file}`, import.meta.url), 'utf8');
  const sourceType = file.endsWith('.cjs') ? 'commonjs' : 'module';
  const globals = Object.fromEntries([...GLOBALS, 'URL'].map((name) => [name, 'off'] as const));
  const config = { languageOptions: { sourceType, globals }, rules: { 'no-undef': 'error' } } as const;
  const found = new Linter().verify(code, config).map(({ message }) => /'(.*?)'/.exec(message)?.[1] ?? message);
  return [...new Set(found)];
}

/** Functions of classes that a bundle calls on the class, but for where they are taken. */
function lateStatics(file: string): string[] {
  const code = readFileSync(new URL(`../../dist/bundle/${file}`, import.meta.url), 'utf8');
  const called = new RegExp(`(?<![.\\w])(${CLASSES.join('|')})(\\$\\d+)?\\.(?!prototype)\\w+\\(`, 'g');
  return code.match(called) ?? [];
}

describe.each([
  'index.js',
  'index.cjs',
  'worker.js',
  'worker.cjs',
  'internal.js',
  'process-entry.cjs',
  'thread-entry.cjs',
  'inline-host.cjs',
  'policies.cjs',
  'guard-thread.cjs',
  'worker-profiler.cjs',
  'blocked-watch.cjs',
])('the bundle %s', (file) => {
  it('names no global of JavaScript that is not taken when it loads', () => {
    expect(freeNames(file).filter((name) => GLOBALS.includes(name) && ![...FIXED, ...OTHERS].includes(name))).toEqual(
      [],
    );
  });

  it('looks nothing up in a module of Node where it is called', () => {
    const code = readFileSync(new URL(`../../dist/bundle/${file}`, import.meta.url), 'utf8');
    expect(code.match(/\(0, node_\w+\.\w+\)|^import \{.*\} from "node:.*$/gm) ?? []).toEqual([]);
  });

  it('makes no namespace of a module of Node, with a getter for each export', () => {
    const code = readFileSync(new URL(`../../dist/bundle/${file}`, import.meta.url), 'utf8');
    expect(code.match(/__toESM\(node_\w+/g) ?? []).toEqual([]);
  });

  it('calls no function of a class that is not taken when it loads', () => {
    expect(lateStatics(file)).toEqual([]);
  });
});

describe.each(['process-entry.cjs', 'thread-entry.cjs'])('what a worker starts with, %s,', (file) => {
  it('loads no module of Node that only its parent needs', () => {
    const code = readFileSync(new URL(`../../dist/bundle/${file}`, import.meta.url), 'utf8');
    expect(code.match(/require\("node:(child_process|os|crypto|inspector)"\)/g) ?? []).toEqual([]);
  });
});
