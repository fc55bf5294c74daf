// Reads the options of the command line.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const HELP = `Usage: node main.mjs [options]

Compresses every .js, .mjs, .cjs and .d.ts file under a folder with brotli and hashes it, in worker processes.

  --root <folder>   where the files are (default: node_modules of this repository)
  --out <folder>    where results go (default: out/compress-sources beside this program)
  --quality <n>     brotli quality, 0 to 11 (default: 9)
  --workers <n>     worker processes (default: as many as there are cores)
  --limit <n>       only the first n files, by path (default: all)
  -h, --help        this text`;

const FLAGS = {
  root: { type: 'string', default: here('../../node_modules') },
  out: { type: 'string', default: here('out/compress-sources') },
  quality: { type: 'string', default: '9' },
  workers: { type: 'string' },
  limit: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
};

/** @throws Error that says which flag is wrong, and what it must be */
export function readOptions(args) {
  const { values } = parseArgs({ args, options: FLAGS });
  return {
    help: values.help,
    root: resolve(values.root),
    out: resolve(values.out),
    quality: wholeNumber('quality', values.quality, 0, 11),
    workers: values.workers === undefined ? 'auto' : wholeNumber('workers', values.workers, 1, 1024),
    limit: values.limit === undefined ? Infinity : wholeNumber('limit', values.limit, 0, Number.MAX_SAFE_INTEGER),
  };
}

function wholeNumber(flag, text, min, max) {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new Error(`--${flag} must be a whole number ${range}; received "${text}"`);
}

function here(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
