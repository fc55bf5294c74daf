import { h } from '../shared/node.js';
import { element } from './dom.js';
import { header } from './header.js';
import { helpBox, listenToKeys } from './keys.js';
import { loadData, loadProfiles, loadSpans } from './load.js';
import { Page, type View } from './page.js';
import { Shelf } from './shelf.js';
import { fromHash, Store, toHash } from './state.js';
import { applyTheme, nextTheme, watchMedia } from './theme.js';
import { bytes } from './views/bytes.js';
import { capacity } from './views/capacity.js';
import { charts } from './views/charts.js';
import { compare } from './views/compare.js';
import { findings } from './views/findings.js';
import { flame } from './views/flame.js';
import { heatmap } from './views/heatmap.js';
import { io } from './views/io.js';
import { memory } from './views/memory.js';
import { policies } from './views/policies.js';
import { quality } from './views/quality.js';
import { scaling } from './views/scaling.js';
import { sections } from './views/sections.js';
import { slowest } from './views/slowest.js';
import { stream } from './views/stream.js';
import { tail } from './views/tail.js';
import { tasks } from './views/tasks.js';
import { verdict } from './views/verdict.js';
import { waterfall } from './views/waterfall.js';
import { workers } from './views/workers.js';

/** In the order of the questions that a reader asks. */
const VIEWS: readonly View[] = [
  ...[verdict, capacity, stream, findings, waterfall, charts, heatmap, tasks, workers, sections],
  ...[flame, io, memory, bytes, scaling, tail, slowest, policies, compare, quality],
];

void open();

async function open(): Promise<void> {
  const root = document.getElementById('app');
  if (root === null) return;
  try {
    const data = loadData();
    const [tables, profiles] = await Promise.all([loadSpans(data), loadProfiles(data)]);
    start(root, new Page(data, tables, profiles, new Store(fromHash(location.hash, data.report.pools.length))));
    document.documentElement.dataset['state'] = 'ready';
  } catch (error) {
    // The file was cut, or the browser is too old. The reader sees which, instead of an empty page.
    root.replaceChildren(element(h('p', { class: 'broken' }, `This report cannot be shown: ${String(error)}`)));
    document.documentElement.dataset['state'] = 'broken';
  }
}

function start(root: HTMLElement, page: Page): void {
  const { store } = page;
  const help = helpBox();
  const shelf = new Shelf(VIEWS, page);
  const top = header(page, () => help.showModal());
  root.replaceChildren(top.element, shelf.element, help);
  let isPrint = false;
  const redraw = () => {
    top.draw();
    shelf.redraw();
  };
  applyTheme(store.state.theme, isPrint);
  store.subscribe((state, before) => {
    if (state.theme !== before.theme) applyTheme(state.theme, isPrint);
    if (state.pool !== before.pool) shelf.mountAll();
    history.replaceState(null, '', `#${toHash(state)}`);
    redraw();
  });
  addEventListener('hashchange', () => {
    const state = fromHash(location.hash, page.data.report.pools.length);
    if (toHash(state) !== toHash(store.state)) store.set(state);
  });
  watchMedia((print) => {
    isPrint = print;
    applyTheme(store.state.theme, isPrint);
    shelf.setPrint(isPrint);
    redraw();
  });
  new ResizeObserver(redraw).observe(root);
  listenToKeys(page, {
    nextView: (step) => shelf.go(step),
    nextTheme: () => store.set({ theme: nextTheme(store.state.theme) }),
    help: () => help.showModal(),
    closeHelp: () => help.close(),
  });
  redraw();
}
