import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { extract } from '../../snippets/extract.mjs';
import { installPacked, userFolder } from '../../snippets/user-folder.mjs';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const markdownOf = (folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
const PAGES = [
  'README.md',
  'docs/errors.md',
  'docs/policies.md',
  'docs/profiler.md',
  'docs/profiler-outputs.md',
  'docs/profiler-sections.md',
  'docs/profiler-compare.md',
  'docs/profiler-live.md',
  ...markdownOf('docs/guides'),
  ...readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/README.md`),
];

let installed;
beforeAll(() => {
  installed = installPacked();
});
afterAll(() => rmSync(installed, { recursive: true, force: true }));

describe.each(PAGES)('%s', (page) => {
  const { sections, problems } = extract(readFileSync(join(ROOT, page), 'utf8'));
  let folder;
  beforeAll(() => {
    folder = userFolder(installed);
  });
  afterAll(() => folder.remove());

  test('names every snippet, or says why it is not run', () => {
    expect(problems).toEqual([]);
  });

  // In order: a section may use files of those above it.
  for (const { heading, files, programs } of sections) {
    test(`works as it says under "${heading}"`, async () => {
      for (const { name, text } of files) folder.write(name, text);
      const types = files.map(({ name }) => name).filter((name) => /\.[mc]?ts$/.test(name));
      if (types.length > 0) await folder.check(types);
      for (const { name, prints } of programs) {
        const printed = await folder.run(name);
        if (prints !== undefined) expect(printed).toBe(prints);
      }
    });
  }
});
