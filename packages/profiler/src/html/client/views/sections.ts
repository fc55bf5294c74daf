import { h } from '../../shared/node.js';
import { bytes, count, digits, ms, share } from '../../shared/numbers.js';
import { inTreeOrder, type SectionTree, sectionTree } from '../../shared/section-tree.js';
import { layoutTree } from '../../shared/tree-layout.js';
import { element, fill } from '../dom.js';
import type { Page, View } from '../page.js';
import { name, table } from '../tables.js';
import { TreeCanvas } from '../tree-canvas.js';

export const sections: View = {
  id: 'sections',
  title: 'Sections',
  why: [
    'self = time of a section less the time of the sections inside of it. total = self + everything inside.',
    'share = self ÷ execution of the task name; for sections of the program, ÷ self time of all its sections.',
    'Sections of overlapping async work may add up to more than the time that passed. A click on a box makes it as wide as the picture.',
  ],
  mount(host, page) {
    let key = '';
    let canvases: TreeCanvas[] = [];
    return {
      draw() {
        const now = `${page.store.state.task}`;
        if (key !== now) {
          key = now;
          canvases = build(host, page);
        }
        canvases.forEach((canvas) => canvas.draw());
      },
    };
  },
};

function build(host: HTMLElement, page: Page): TreeCanvas[] {
  const chosen = page.pool?.tasks[page.store.state.task];
  const inHandlers = (page.pool?.report.sections ?? []).filter(({ task }) => chosen === undefined || task === chosen);
  const trees = [
    { title: 'In handlers', tree: sectionTree(inHandlers, 'handlers') },
    { title: 'In the program', tree: sectionTree(page.data.report.parent.sections, 'program') },
  ].filter(({ tree }) => tree.label.length > 1);
  const open = page.data.report.parent.open;
  const rest =
    open.length === 0
      ? []
      : [
          h(
            'p',
            { class: 'note' },
            `Still open, and in no number: ${open.map((path) => path.join(' › ')).join(', ')}.`,
          ),
        ];
  if (trees.length === 0) {
    fill(
      host,
      h(
        'p',
        { class: 'empty' },
        'No section was timed. section(name, fn) times a part of a handler or of the program.',
      ),
      ...rest,
    );
    return [];
  }
  fill(host);
  const canvases = trees.map(({ title, tree }) => {
    host.append(element(h('h3', {}, title)));
    const box = element(h('div', { class: 'canvas' }));
    host.append(box);
    host.append(treeTable(tree));
    return icicle(box, title, tree);
  });
  host.append(...rest.map((each) => element(each)));
  return canvases;
}

function icicle(box: HTMLElement, title: string, tree: SectionTree): TreeCanvas {
  return new TreeCanvas(box, {
    parent: tree.parent,
    self: tree.self,
    label: `Sections: ${title}`,
    nameOf: (node) => tree.label[node] ?? '',
    detailOf: (node) => {
      const section = tree.section[node];
      return section === undefined
        ? ''
        : `${count(section.count)} times · mean ${ms(section.meanMs)} · p99 ${ms(section.p99Ms)}`;
    },
    colourOf: (node) => (tree.section[node] === undefined ? 'flame-node' : 'flame-own'),
  });
}

function treeTable(tree: SectionTree): HTMLElement {
  const { total } = layoutTree(tree);
  const rows = inTreeOrder(tree, total)
    .slice(1)
    .map(({ node, depth }) => ({
      label: tree.label[node] ?? '',
      depth,
      total: total[node] ?? 0,
      section: tree.section[node],
    }));
  return table(
    [
      {
        title: 'section',
        cell: ({ label, depth }) => h('span', { style: `padding-left:${(depth - 1) * 14}px` }, name(label)),
      },
      {
        title: 'self',
        cell: ({ section }) => ms(section?.selfMs ?? null),
        by: ({ section }) => section?.selfMs ?? null,
      },
      {
        title: 'share',
        cell: ({ section }) => share(section?.share ?? null),
        by: ({ section }) => section?.share ?? null,
      },
      {
        title: 'total',
        cell: ({ section, total }) => ms(section?.totalMs ?? total),
        by: ({ section, total }) => section?.totalMs ?? total,
      },
      {
        title: 'count',
        cell: ({ section }) => (section === undefined ? '–' : count(section.count)),
        by: ({ section }) => section?.count ?? null,
      },
      {
        title: 'mean',
        cell: ({ section }) => ms(section?.meanMs ?? null),
        by: ({ section }) => section?.meanMs ?? null,
      },
      {
        title: '± σ',
        note: 'standard deviation',
        cell: ({ section }) => ms(section?.stddevMs ?? null),
        by: ({ section }) => section?.stddevMs ?? null,
      },
      { title: 'p99', cell: ({ section }) => ms(section?.p99Ms ?? null), by: ({ section }) => section?.p99Ms ?? null },
      { title: 'max', cell: ({ section }) => ms(section?.maxMs ?? null), by: ({ section }) => section?.maxMs ?? null },
      {
        title: 'at once',
        note: 'open at one time: mean, and most',
        cell: ({ section }) =>
          section === undefined ? '–' : `${digits(section.meanConcurrency)}, ${count(section.peak)}`,
        by: ({ section }) => section?.meanConcurrency ?? null,
      },
      {
        title: 'memory',
        note: 'growth of heap and external memory',
        cell: ({ section }) => memoryOf(section),
        by: ({ section }) => section?.memory?.heapBytes ?? null,
      },
      {
        title: 'errors',
        cell: ({ section }) => (section === undefined ? '–' : count(section.errors)),
        by: ({ section }) => section?.errors ?? null,
      },
      {
        title: 'counters',
        cell: ({ section }) =>
          Object.entries(section?.counters ?? {})
            .map(([key, value]) => `${key} ${count(value)}`)
            .join(', '),
      },
    ],
    rows,
    '',
  );
}

function memoryOf(section: SectionTree['section'][number]): string {
  if (section?.memory == null) return '–';
  const { heapBytes, externalBytes, shared } = section.memory;
  return `${bytes(heapBytes + externalBytes)}${shared > 0 ? ' shared' : ''}`;
}
