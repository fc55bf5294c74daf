// Chooses the pages of docs/ that go into a package. Its README, errors and docstrings name them, and these pages link to more.
// Pictures go with them. Links lead from page to page within the package; a link that would lead out of it becomes plain text.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Pages about the project: how it is built, measured and decided. They go into a package only if its code or README names them. */
const INSIDE = /^docs\/(architecture|performance|sizing-simulated|faults|decisions\/.*)\.md$/;
const PAGE = /docs\/[\w/-]+\.md/g;
const LINK = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g;

/** @returns texts by their names in the package */
export function packageDocs({ root, folder, dist }) {
  const shipped = join(dist, 'bundle');
  const named = readdirSync(shipped).flatMap((file) => readFileSync(join(shipped, file), 'utf8').match(PAGE) ?? []);
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const wanted = new Set([...named, ...linksOf(readme, 'README.md')].filter((name) => existsSync(join(root, name))));
  const texts = new Map();
  // Iterating over a Set includes what is added meanwhile.
  for (const name of wanted) {
    const text = readFileSync(join(root, name), 'utf8');
    texts.set(name, text);
    if (!name.endsWith('.md')) continue;
    for (const target of linksOf(text, name)) {
      if (target.startsWith('docs/') && !INSIDE.test(target) && existsSync(join(root, target))) wanted.add(target);
    }
  }
  const files = [...texts].map(([name, text]) => [name, name.endsWith('.md') ? within(text, name, texts) : text]);
  return Object.fromEntries(files);
}

/** The files that a page links to, by their names in the checkout. */
export function linksOf(text, page) {
  return [...text.matchAll(LINK)].map(([, , , link]) => targetOf(link, page)).filter((target) => target !== undefined);
}

/** Undefined for a link to elsewhere, or within the page. */
function targetOf(link, page) {
  if (/^(\w+:|#)/.test(link)) return undefined;
  return posix.join(posix.dirname(page), link.replace(/#.*/, ''));
}

/** The page without links to files that are not in the package. */
function within(text, page, texts) {
  return text.replaceAll(LINK, (whole, mark, words, link) => {
    const target = targetOf(link, page);
    if (target === undefined || texts.has(target)) return whole;
    return mark === '!' ? '' : words;
  });
}
