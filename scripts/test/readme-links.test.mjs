import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { linksOf, packageDocs } from '../package-docs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const shippedWith = (name) => {
  const folder = join(root, 'packages', name);
  return packageDocs({ root, folder, dist: join(folder, 'dist') });
};

describe.each(readdirSync(join(root, 'packages')))('what is published with package %s', (name) => {
  const readme = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8');

  test('has a README', () => {
    expect(readme).toMatch(/^#/m);
  });

  test('has every page and picture that it links to', () => {
    const files = { 'README.md': readme, ...shippedWith(name) };
    const broken = Object.entries(files)
      .filter(([page]) => page.endsWith('.md'))
      .flatMap(([page, text]) => linksOf(text, page).filter((target) => !(target in files)))
      .filter((target) => target !== 'LICENSE');
    expect(broken).toEqual([]);
  });
});

test('the pages that errors and docstrings of core name are published with it', () => {
  const pages = Object.keys(shippedWith('core'));
  for (const page of ['docs/errors.md', 'docs/sizing.md', 'docs/decisions/0015-tree-codec.md', 'docs/reliability.md']) {
    expect(pages).toContain(page);
  }
});

test('a link that would lead out of the package is its text', () => {
  const page = 'docs/sizing.md';
  const [, words, target] = /\[([^\]]+)\]\((\.\.\/packages\/core\/src\/[^)]+)\)/.exec(
    readFileSync(join(root, page), 'utf8'),
  );
  const shipped = shippedWith('core')[page];
  expect(shipped).toMatch(words);
  expect(shipped).not.toMatch(target);
});
