// Elements are made of texts alone. No text becomes markup, so a name with markup is shown as it is.

export type Child = Node | string | null;

export function element(
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Sets a text only if it differs: a selection stays, and a screen reader hears nothing twice. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A cell: a text, or a text with a class. */
export type Cell = string | { text: string; class: string };

/** A table whose rows are set anew without being made anew. */
export class LiveTable {
  readonly root: HTMLElement;
  readonly #body = document.createElement('tbody');
  readonly #numbers: readonly boolean[];

  /** @param titles those that begin with "#" are of columns with numbers */
  constructor(caption: string, titles: readonly string[]) {
    this.#numbers = titles.map((title) => title.startsWith('#'));
    const heads = titles.map((title, i) =>
      element('th', { scope: 'col', class: this.#numbers[i] ? 'number' : '' }, title.replace(/^#/, '')),
    );
    const table = element(
      'table',
      {},
      element('caption', {}, caption),
      element('thead', {}, element('tr', {}, ...heads)),
    );
    table.append(this.#body);
    this.root = element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption }, table);
  }

  set(rows: readonly (readonly Cell[])[]): void {
    this.root.hidden = rows.length === 0;
    while (this.#body.rows.length > rows.length) this.#body.deleteRow(-1);
    for (const [at, cells] of rows.entries()) {
      const row = this.#body.rows[at] ?? this.#body.insertRow();
      for (const [column, cell] of cells.entries()) {
        const place = row.cells[column] ?? row.insertCell();
        const { text, class: kind } = typeof cell === 'string' ? { text: cell, class: '' } : cell;
        setText(place, text);
        const classes = `${this.#numbers[column] ? 'number' : ''} ${kind}`.trim();
        if (place.className !== classes) place.className = classes;
      }
    }
  }
}

/** A list of lines that are set anew. */
export function setLines(list: HTMLElement, lines: readonly string[]): void {
  while (list.children.length > lines.length) list.lastElementChild?.remove();
  for (const [at, line] of lines.entries()) {
    const item = list.children[at] ?? list.appendChild(document.createElement('li'));
    setText(item, line);
  }
  list.hidden = lines.length === 0;
}
