// Which pages of docs/ go into a package: those that its README, its errors and its docstrings name, with their pictures, and the
// pages that these lead to. Links lead from page to page within the package; where one would lead out of it, its text stays.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Of the project rather than of the package: how it is built, measured and decided. A name in code is answered all the same. */
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
  // A Set goes on with what is added while it is looked through.
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

/** The page with those links alone that lead to what is there. */
function within(text, page, texts) {
  return text.replaceAll(LINK, (whole, mark, words, link) => {
    const target = targetOf(link, page);
    if (target === undefined || texts.has(target)) return whole;
    return mark === '!' ? '' : words;
  });
}
