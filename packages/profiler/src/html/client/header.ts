import { shortName } from '../shared/names.js';
import { h } from '../shared/node.js';
import { element, select } from './dom.js';
import { minimap, rangeText } from './minimap.js';
import type { Drawn, Page } from './page.js';
import { nextTheme, THEME_WORDS } from './theme.js';

/** The bar that stays in sight: pools, filters, the range of time, the theme. */
export function header(page: Page, help: () => void): { element: HTMLElement } & Drawn {
  const bar = element(h('header', { class: 'top' }));
  const row = element(
    h('div', { class: 'row' }, h('h1', { dir: 'auto', title: page.data.title }, shortName(page.data.title, 60))),
  );
  const strip = element(h('div', { class: 'minimap canvas' }));
  bar.append(row, strip);
  const map = minimap(strip, page);
  const range = element(h('span', { class: 'range', role: 'status' }));
  const whole = button('whole run', 'Show the whole run (0)', () => page.store.set({ range: null }));
  const theme = button('', '', () => page.store.set({ theme: nextTheme(page.store.state.theme) }));
  const keys = button('?', 'Keys (?)', help);
  const filters = element(h('span', { class: 'filters' }));
  row.append(filters, range, whole, theme, keys);
  let key = '';
  return {
    element: bar,
    draw() {
      const { state } = page.store;
      const now = JSON.stringify([state.pool, state.task, state.worker]);
      if (key !== now) {
        key = now;
        filters.replaceChildren(...lists(page));
      }
      range.textContent = rangeText(page);
      whole.hidden = state.range === null;
      theme.textContent = `colours: ${THEME_WORDS[state.theme]}`;
      theme.title = 'Change the colours (t)';
      strip.hidden = page.pool === undefined;
      map.draw();
    },
  };
}

function lists(page: Page): HTMLElement[] {
  const { pool, store, data } = page;
  const { state } = store;
  const made: HTMLElement[] = [];
  const add = (
    label: string,
    options: (readonly [number, string])[],
    value: number,
    change: (value: number) => void,
  ) => {
    const list = select(label, options, value);
    list.addEventListener('change', () => change(Number(list.value)));
    made.push(list);
  };
  if (data.report.pools.length > 1)
    add(
      'Pool',
      data.report.pools.map(({ name }, i) => [i, `pool ${shortName(name, 40)}`]),
      state.pool,
      (value) => store.set({ pool: value }),
    );
  if (pool === undefined) return made;
  add(
    'Task name',
    [[-1, 'all task names'], ...pool.tasks.map((task, i) => [i, shortName(task, 40)] as const)],
    state.task,
    (task) => store.set({ task }),
  );
  add(
    'Worker',
    [[0, 'all workers'], ...pool.workerIds.map((id) => [id, `worker ${id}`] as const)],
    state.worker,
    (worker) => store.set({ worker }),
  );
  return made;
}

function button(text: string, title: string, act: () => void): HTMLButtonElement {
  const made = element<HTMLButtonElement>(h('button', { type: 'button', title }, text));
  made.addEventListener('click', act);
  return made;
}
