import { cutTo, padTo, widthOf } from './width.js';

/** Alignment of a column: text to the left, numbers to the right. */
export type Align = 'left' | 'right';

export interface Column {
  title: string;
  align: Align;
}

const GAP = '  ';
/** A column of text is not cut below this. */
const LEAST_TEXT = 12;

/**
 * Rows of cells as aligned lines, the titles first. Every row has one cell per column. Where they are wider than `maxWidth`, columns of
 * text are cut first. Then the last columns are left out.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  indent = '  ',
  maxWidth = Infinity,
): string[] {
  const natural = columns.map(({ title }, i) =>
    rows.reduce((max, row) => Math.max(max, widthOf(row[i] ?? '')), widthOf(title)),
  );
  const widths = fit(columns, natural, maxWidth - indent.length);
  const line = (cells: readonly string[]) =>
    (
      indent +
      widths.map((width, i) => padTo(cutTo(cells[i] ?? '', width), width, columns[i]?.align ?? 'left')).join(GAP)
    ).trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}

/** Widths of the columns that fit, from the first one on. */
function fit(columns: readonly Column[], natural: readonly number[], maxWidth: number): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
  for (const [i, { align }] of columns.entries()) {
    const over = total() - maxWidth;
    if (align === 'left' && over > 0)
      widths[i] = Math.max(Math.min(natural[i] ?? 0, LEAST_TEXT), (natural[i] ?? 0) - over);
  }
  while (widths.length > 2 && total() > maxWidth) widths.pop();
  return widths;
}

/** Columns from their titles: the first `lefts` are text, the others numbers. */
export function columns(titles: readonly string[], lefts = 1): Column[] {
  return titles.map((title, i) => ({ title, align: i < lefts ? 'left' : 'right' }));
}
