// Columns of a terminal that a text takes. East Asian and emoji characters take two, marks on the one before take none.

const MARKS = /^[\p{Mn}\p{Me}\p{Cf}\ufe0e\ufe0f]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;
/** First and last code points of scripts whose characters are wide, by the property East_Asian_Width of Unicode. */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

/** Columns of a text without control characters. */
export function widthOf(text: string): number {
  // Most texts of a report, and each of their characters takes one column.
  if (/^[\u0020-\u007e·›…×µ–▇]*$/.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += widthOfChar(char);
  return width;
}

/** The text, cut to a number of columns; a cut one ends in "…". */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const char of text) {
    width += widthOfChar(char);
    if (width > columns - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

/** The end of the text, for paths: a line number without its file is worth nothing. One that is cut begins with "…". */
export function endTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const chars = [...text];
  let width = 1;
  let from = chars.length;
  while (from > 0 && (width += widthOfChar(chars[from - 1] ?? '')) <= columns) from--;
  return `…${chars.slice(from).join('')}`;
}

export function padTo(text: string, columns: number, align: 'left' | 'right'): string {
  const gap = ' '.repeat(Math.max(0, columns - widthOf(text)));
  return align === 'left' ? text + gap : gap + text;
}

/** Lines of at most `columns` columns, broken at spaces. A word that is longer has a line of its own, and is broken. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (widthOf(joined) <= columns) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    while (widthOf(word) > columns) {
      const head = headOf(word, columns);
      lines.push(head);
      word = word.slice(head.length);
    }
    line = word;
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

/** As much of the text as fits, at least one character. */
function headOf(text: string, columns: number): string {
  let head = '';
  let width = 0;
  for (const char of text) {
    width += widthOfChar(char);
    if (width > columns && head !== '') break;
    head += char;
  }
  return head;
}

function widthOfChar(char: string): 0 | 1 | 2 {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (MARKS.test(char)) return 0;
  return EMOJI.test(char) || WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}
