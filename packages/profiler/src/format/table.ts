/** Alignment of a column: text to the left, numbers to the right. */
export type Align = 'left' | 'right';

export interface Column {
  title: string;
  align: Align;
}

const GAP = '  ';

/** Rows of cells as aligned lines, the titles first. Every row has one cell per column. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], indent = '  '): string[] {
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    (indent + cells.map((cell, i) => pad(cell, widths[i] ?? 0, columns[i]?.align ?? 'left')).join(GAP)).trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}

function pad(cell: string, width: number, align: Align): string {
  return align === 'left' ? cell.padEnd(width) : cell.padStart(width);
}

/** Columns from their titles: the first `lefts` are text, the others numbers. */
export function columns(titles: readonly string[], lefts = 1): Column[] {
  return titles.map((title, i) => ({ title, align: i < lefts ? 'left' : 'right' }));
}
