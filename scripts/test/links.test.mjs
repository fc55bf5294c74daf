import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['', 'docs', 'docs/guides', 'docs/decisions', 'bench', 'examples'];
const examples = readdirSync(join(repository, 'examples')).map((name) => `examples/${name}`);
const PAGES = [...FOLDERS, ...examples.filter((path) => statSync(join(repository, path)).isDirectory())].flatMap(
  (folder) =>
    readdirSync(join(repository, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
);

/** GitHub's anchor for a heading. */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

/** A page without its code, in which `](` is no link. */
const textOf = (page) => readFileSync(join(repository, page), 'utf8').replace(/^```[^]*?^```$/gm, '');

function anchorsOf(page) {
  const text = textOf(page);
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id)];
}

/** Links of a page to files that are not there, or to headings that a page does not have. */
function brokenLinks(page) {
  const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path, anchor] = link.split('#');
    const target = path === '' ? page : relative(repository, join(repository, dirname(page), path));
    if (!existsSync(join(repository, target))) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
  });
}

test.each(PAGES)('the links of %s lead somewhere', (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test('a link to a heading that is not there is found', () => {
  expect(anchorsOf('docs/errors.md')).toContain('err_worker_crashed');
  expect(anchorsOf('docs/performance.md')).toContain('mixed-lengths');
  expect(anchorsOf('docs/errors.md')).not.toContain('err_none');
});
