import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));

test.each(readdirSync(packages))('the README of package %s links to nothing that is not published with it', (name) => {
  const text = readFileSync(join(packages, name, 'README.md'), 'utf8');
  expect(text).toMatch(/^#/m);
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target);
  expect(links.filter((target) => !/^(https?:|#)/.test(target))).toEqual([]);
});
