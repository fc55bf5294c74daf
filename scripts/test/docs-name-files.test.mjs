import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Pages that name files of the code. */
const PAGES = [
  'docs/architecture.md',
  'docs/walks.md',
  'docs/sizing.md',
  'docs/reliability.md',
  'docs/memory.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(repository, 'docs/decisions'), 'utf8').map((page) => `docs/decisions/${page}`),
];
/** Folders in which a name may begin. */
const ROOTS = ['', 'packages', 'packages/core', 'packages/core/src', 'packages/core/dist/bundle'];
/** A path of code in backticks, or in a drawing. A name without a folder is too vague to look for. */
const FILE = /(?<![\w./*-])(?:[\w-]+\/)+[\w-]+\.(?:ts|mjs)(?![\w])/g;

/** Files that the page names and that do not exist. */
function missing(page) {
  const names = readFileSync(join(repository, page), 'utf8').match(FILE) ?? [];
  return names.filter((name) => !ROOTS.some((root) => existsSync(join(repository, root, name))));
}

describe('the files that a page names', () => {
  test.each(PAGES)('exist: %s', (page) => {
    expect(missing(page)).toEqual([]);
  });

  test('are found at all', () => {
    expect(readFileSync(join(repository, 'docs/walks.md'), 'utf8').match(FILE)?.length).toBeGreaterThan(50);
  });
});
