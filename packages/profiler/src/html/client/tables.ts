import { type Child, type El, h } from '../shared/node.js';
import { count } from '../shared/numbers.js';
import { element } from './dom.js';

export interface Column<T> {
  title: string;
  /** What the number is. */
  note?: string;
  cell(row: T): Child;
  /** What rows are sorted by; without it the column is text, and not sorted. */
  by?(row: T): number | string | null;
}

const MOST_ROWS = 200;

/** A table that sorts by the columns whose titles are buttons. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], empty: string): HTMLElement {
  if (rows.length === 0) return element(h('p', { class: 'empty' }, empty));
  const host = document.createElement('div');
  host.className = 'scroll';
  const show = (sorted: readonly T[], by: number, isDown: boolean) => {
    const made = element(markup(columns, sorted, by, isDown));
    made.querySelectorAll<HTMLButtonElement>('th button').forEach((button) => {
      const index = Number(button.dataset['column']);
      button.addEventListener('click', () => {
        const down = index === by ? !isDown : true;
        show(sortedBy(columns[index]?.by, rows, down), index, down);
        host.querySelector<HTMLButtonElement>(`th button[data-column="${index}"]`)?.focus();
      });
    });
    host.replaceChildren(made);
  };
  show(rows, -1, true);
  return host;
}

function sortedBy<T>(by: Column<T>['by'], rows: readonly T[], isDown: boolean): T[] {
  const value = (row: T) => by?.(row) ?? null;
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    const order = typeof x === 'string' ? x.localeCompare(String(y)) : x - Number(y);
    return isDown ? -order : order;
  });
}

function markup<T>(columns: readonly Column<T>[], rows: readonly T[], by: number, isDown: boolean): El {
  const isNumber = ({ by }: Column<T>) => by !== undefined && rows[0] !== undefined && typeof by(rows[0]) !== 'string';
  return h(
    'table',
    {},
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        columns.map((column, i) => {
          const order = i === by ? (isDown ? 'descending' : 'ascending') : undefined;
          const title =
            column.by === undefined ? column.title : h('button', { type: 'button', 'data-column': i }, column.title);
          return h(
            'th',
            { scope: 'col', class: isNumber(column) ? 'n' : undefined, title: column.note, 'aria-sort': order },
            title,
          );
        }),
      ),
    ),
    h(
      'tbody',
      {},
      rows.slice(0, MOST_ROWS).map((row) =>
        h(
          'tr',
          {},
          columns.map((column) => h('td', { class: isNumber(column) ? 'n' : undefined }, column.cell(row))),
        ),
      ),
    ),
    rows.length > MOST_ROWS && h('caption', {}, `${count(MOST_ROWS)} of ${count(rows.length)} rows`),
  );
}

/** A name of the program, cut to its column; the whole in its title. */
export function name(text: string): El {
  return h('span', { class: 'name', title: text, dir: 'auto' }, text === '' ? '(no name)' : text);
}
