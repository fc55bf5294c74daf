// Sources compressed, as a build tool does.
import { brotliCompressSync, constants } from 'node:zlib';
import { textsOf } from './corpus.mjs';

const OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
/** Large enough in all for 2,000 different files. */
const FOLDERS = [
  'webpack',
  'zod',
  'highlight.js',
  '@babel',
  'ajv',
  'caniuse-lite',
  'eslint',
  '@typescript-eslint',
  'vitest',
  '@vitest',
  'typedoc',
];

export function inputs(count) {
  return textsOf({ folders: FOLDERS, isMeant: (name) => /\.[cm]?js$/.test(name), bytes: [1_000, 40_000], count });
}

export function work(source) {
  return brotliCompressSync(source, OPTIONS);
}
