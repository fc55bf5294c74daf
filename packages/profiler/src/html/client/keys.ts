import { KEYS } from '../shared/key-list.js';
import { h } from '../shared/node.js';
import { element } from './dom.js';
import type { Page } from './page.js';

export interface KeyActions {
  nextView(step: 1 | -1): void;
  nextTheme(): void;
  help(): void;
  closeHelp(): void;
}

/** Acts on keys, except where text is typed or a list is chosen from. */
export function listenToKeys(page: Page, actions: KeyActions): void {
  document.addEventListener('keydown', (event) => {
    const target = event.target as HTMLElement | null;
    if (event.ctrlKey || event.metaKey || event.altKey || target?.closest('input, select, textarea') != null) return;
    if (!act(event.key, page, actions)) return;
    event.preventDefault();
  });
}

/** @returns whether the key means something */
function act(key: string, page: Page, actions: KeyActions): boolean {
  const { task, worker } = page.store.state;
  const names = page.pool?.tasks.length ?? 0;
  const ids = page.pool?.workerIds ?? [];
  switch (key) {
    case '?':
      actions.help();
      return true;
    case 'j':
      actions.nextView(1);
      return true;
    case 'k':
      actions.nextView(-1);
      return true;
    case '+':
    case '=':
      page.zoom(0.5);
      return true;
    case '-':
      page.zoom(2);
      return true;
    case 'ArrowLeft':
      page.pan(-0.25);
      return true;
    case 'ArrowRight':
      page.pan(0.25);
      return true;
    case '0':
      page.store.set({ range: null });
      return true;
    case 'n':
      page.store.set({ task: task + 1 < names ? task + 1 : -1 });
      return true;
    case 'w':
      page.store.set({ worker: ids[worker === 0 ? 0 : ids.indexOf(worker) + 1] ?? 0 });
      return true;
    case 'a':
      page.store.set({ task: -1, worker: 0 });
      return true;
    case 't':
      actions.nextTheme();
      return true;
    case 'Escape':
      actions.closeHelp();
      return true;
    default:
      return false;
  }
}

export function helpBox(): HTMLDialogElement {
  const names: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc' };
  return element<HTMLDialogElement>(
    h(
      'dialog',
      { class: 'help', 'aria-label': 'Keys' },
      h('h2', {}, 'Keys and pointer'),
      h(
        'table',
        {},
        KEYS.map(([key, what]) => h('tr', {}, h('td', {}, h('kbd', {}, names[key] ?? key)), h('td', {}, what))),
      ),
      h(
        'p',
        {},
        'Drag along a time axis to choose a range; a double click shows the whole run. A click on a title of a table sorts it.',
      ),
      h('form', { method: 'dialog' }, h('button', { type: 'submit' }, 'Close')),
    ),
  );
}
