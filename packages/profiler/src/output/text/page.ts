import { formatLine } from '../../format/units.js';
import { cutTo, widthOf, wrap } from '../../format/width.js';
import { checkKeys, refuse, show } from '../../options.js';

export interface TextOptions {
  /** Columns of the terminal: lines are broken, and tables cut, to fit. At least 1; below 48 it counts as 48. @defaultValue 100 */
  width?: number;
  /** Colour by ANSI codes. @defaultValue false */
  color?: boolean;
}

/** How lines are to look. */
export interface Page {
  readonly width: number;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly alarm: (text: string) => string;
  readonly good: (text: string) => string;
}

/** A longer text is cut: names and messages may have megabytes. */
const MOST_COLUMNS = 800;
const plain = (text: string): string => text;
const style = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`;
/** Narrower than this, no line can be read. */
const LEAST_WIDTH = 48;

/** @throws ERR_OPTION when a key or a value is wrong */
export function pageOf(options?: TextOptions): Page {
  const { width = 100, color = false } = checkKeys(options, ['width', 'color']);
  if (typeof width !== 'number' || !(width >= 1))
    refuse('width', `must be a number of columns of at least 1, or Infinity; received ${show(width)}.`);
  if (typeof color !== 'boolean') refuse('color', `must be true or false; received ${show(color)}.`);
  return {
    width: Number.isFinite(width) ? Math.max(LEAST_WIDTH, Math.floor(width)) : 100_000,
    bold: color ? style(1, 22) : plain,
    dim: color ? style(2, 22) : plain,
    alarm: color ? style(33, 39) : plain,
    good: color ? style(32, 39) : plain,
  };
}

/** A text as lines below each other: cleaned, and broken to fit. Further lines begin under the text, not under its label. */
export function paragraph(page: Page, text: string, indent = '', label = ''): string[] {
  const lead = indent + label;
  return wrap(formatLine(text, MOST_COLUMNS), page.width - lead.length).map(
    (line, i) => (i === 0 ? lead : ' '.repeat(lead.length)) + line,
  );
}

/** Facts on one line, separated by dots; as many lines as they need. A fact is broken only if it is longer than a line. */
export function facts(page: Page, all: readonly string[], indent = ''): string[] {
  const lines: string[] = [];
  for (const fact of all.filter((each) => each !== '').map((each) => formatLine(each, MOST_COLUMNS))) {
    const last = lines.at(-1);
    const joined = last === undefined ? fact : `${last} · ${fact}`;
    if (last !== undefined && widthOf(joined) <= page.width - indent.length - 2) lines[lines.length - 1] = joined;
    else lines.push(fact);
  }
  return lines
    .map((line, i) => (i < lines.length - 1 ? `${line} ·` : line))
    .flatMap((line) => wrap(line, page.width - indent.length))
    .map((line) => indent + line);
}

/** A bar of blocks; the smallest part of a share still has one. */
export function bar(share: number, columns: number): string {
  return share > 0 ? '▇'.repeat(Math.max(1, Math.round(Math.min(1, share) * columns))) : '';
}

/** A title with its lines, or nothing if there are none. */
export function titled(page: Page, title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [page.bold(cutTo(title, page.width)), ...lines];
}
