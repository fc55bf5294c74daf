import { formatLine } from './units.js';

// Text from outside, in Markdown as forges read it. It makes no link, no heading and no row, and mentions no user.

const MARKUP = /[\\`*_[\]{}~|$^]/g;
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Prose, on one line, cut to a number of columns. */
export function mdText(text: string, columns = Infinity): string {
  return (
    formatLine(text, columns)
      .replace(MARKUP, '\\$&')
      .replace(/[&<>]/g, (char) => ENTITIES[char] ?? char)
      // An empty comment keeps a forge from making a mention, a reference or a link of it.
      .replace(/[@#](?=\w)|:(?=\/\/)|\bwww(?=\.)/g, '$&<!-- -->')
      // At the begin of a line it would be a heading, a list or a quotation.
      .replace(/^(\s*)([#+-]|\d+[.)])(?=\s|$)/, '$1\\$2')
  );
}

/** A name or code. In the element, forges make neither mentions nor references. */
export function mdCode(text: string, columns = 100): string {
  const safe = formatLine(text, columns)
    .replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char)
    .replace(/[\\`*_[\]{}~|$^:@#!()]/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<code>${safe}</code>`;
}

/** A table; its cells are Markdown already. The first `lefts` columns are text, the others numbers. */
export function mdTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  lefts = titles.length,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map((_, i) => (i < lefts ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
