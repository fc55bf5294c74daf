// Only rules that find mistakes: prettier owns the layout, tsc the unused locals.
import js from '@eslint/js';
import { defineConfig, globalIgnores, includeIgnoreFile } from 'eslint/config';
import sortImports from 'eslint-plugin-simple-import-sort';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// A leading underscore says that a name only holds its place; tsc reads it the same way.
const UNUSED = ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }];

/** What tests of users fake and handlers replace: our own code has it from natives.ts of its package. */
const FAKED = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'queueMicrotask',
  'process',
  'performance',
  'Date',
  'Buffer',
  'console',
  'Atomics',
  'SharedArrayBuffer',
  'AbortController',
  'structuredClone',
];
const FROM_NATIVES = 'Import it from natives.js: users replace the global, and what is found at each call is theirs.';
const FILE_CALLS = [
  ...['readSync', 'writeSync', 'openSync', 'closeSync', 'ftruncateSync', 'unlinkSync'],
  ...['readFileSync', 'readlinkSync', 'accessSync', 'existsSync', 'statSync'],
];
const TAKEN_FROM_PROCESS = [
  'nextTick',
  'exit',
  'kill',
  'hrtime',
  'cpuUsage',
  'threadCpuUsage',
  'memoryUsage',
  'getBuiltinModule',
];
/** Modules whose functions natives.ts has. */
const IMPORTS = [
  ...['timers', 'timers/promises', 'process', 'perf_hooks', 'console'].map((name) => ({
    name: `node:${name}`,
    message: FROM_NATIVES,
    allowTypeImports: true,
  })),
  { name: 'node:buffer', importNames: ['Buffer'], message: FROM_NATIVES },
  { name: 'node:fs', importNames: FILE_CALLS, message: FROM_NATIVES, allowTypeImports: true },
];

/** Names that had several meanings each; CONTRIBUTING.md has the terms that took their place. */
const RETIRED =
  '/^(hand|handOut|inHand|outbox|vitals|taskBook|book|upkeep|holder|holding|held|heldMs|letGo|neverStarted|sendsAhead|aheadMs|takeBack|takenBack|loadShape|loadMeter|hasAhead)$/i';

export default defineConfig(
  includeIgnoreFile(`${import.meta.dirname}/.gitignore`),
  globalIgnores(['**/test/fixtures/**/syntax-error*']),
  {
    extends: [js.configs.recommended],
    // Text for a terminal is freed of control characters, and for that they must be named.
    rules: { 'no-control-regex': 'off' },
  },
  {
    plugins: { sort: sortImports },
    // One list without gaps: side effects, modules of Node, packages, files.
    rules: { 'sort/imports': ['error', { groups: [['^\\u0000', '^node:', '^@?\\w', '^', '^\\.']] }] },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: globals.nodeBuiltin },
    rules: { 'no-unused-vars': UNUSED },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    rules: {
      // `typeof import('./worker.js')` is how users type a pool.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': UNUSED,
    },
  },
  {
    // What tests read as JSON, or pass wrongly on purpose, has type any, and may go anywhere.
    files: ['packages/*/test/**/*.ts', 'examples/test/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // As in the sources, below.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // On purpose: handlers that reject with texts, turns of the event loop that are waited for, timers that a test owns.
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/await-thenable': 'off',
      '@typescript-eslint/no-implied-eval': 'off',
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // A longer file answers more than one question.
      'max-lines': ['error', 300],
      // A `default` says that the rest was thought of.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // `async` without `await` turns a throw into a rejection, which is what the caller of a promise relies on.
      '@typescript-eslint/require-await': 'off',
      // What a part is given at construction is typed with methods and made of closures: taking it apart is safe.
      '@typescript-eslint/unbound-method': 'off',
      // Handlers and abort signals may throw anything, and the pool passes it on as it came.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      'no-restricted-globals': [
        'error',
        { globals: FAKED.map((name) => ({ name, message: FROM_NATIVES })), checkGlobalObject: true },
      ],
      'no-restricted-properties': [
        'error',
        ...TAKEN_FROM_PROCESS.map((property) => ({ object: 'process', property, message: FROM_NATIVES })),
      ],
      '@typescript-eslint/no-restricted-imports': ['error', ...IMPORTS],
    },
  },
  {
    // A handler that replaces them must not stop the pool; the other packages run none in their own workers.
    files: ['packages/core/src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...['Identifier', 'PrivateIdentifier'].map((kind) => ({
          selector: `${kind}[name=${RETIRED}]`,
          message: 'This word is retired: CONTRIBUTING.md lists the terms of this code.',
        })),
      ],
      'no-restricted-globals': [
        'error',
        { globals: [...FAKED, 'JSON'].map((name) => ({ name, message: FROM_NATIVES })), checkGlobalObject: true },
      ],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        ...IMPORTS,
        ...['v8', 'util'].map((name) => ({ name: `node:${name}`, message: FROM_NATIVES, allowTypeImports: true })),
      ],
    },
  },
  {
    // Pages run in a browser, where no test fakes anything.
    files: ['packages/*/src/natives.ts', 'packages/core/src/base/*natives.ts', 'packages/*/src/*/client/**/*.ts'],
    rules: {
      'no-restricted-globals': 'off',
      '@typescript-eslint/no-restricted-imports': 'off',
    },
  },
);
