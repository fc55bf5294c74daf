import type { CpuReport, FlameGraph, HotFrame } from '../../../model/cpu.js';
import { frameKind, hotOf, mergeFlames, narrowed } from '../../shared/flame-tree.js';
import { type Child, h } from '../../shared/node.js';
import { count, digits, ms, share } from '../../shared/numbers.js';
import { element, fill, select } from '../dom.js';
import type { Page, View } from '../page.js';
import type { State } from '../state.js';
import { name, table } from '../tables.js';
import { TreeCanvas } from '../tree-canvas.js';
import { details } from './parts.js';

export const flame: View = {
  id: 'flame',
  title: 'CPU flame',
  why: [
    'A box is a function; its width is the time in it and in what it called, by samples weighted with the time between them. Below it stands what it called.',
    'share = self time ÷ time of all samples that were not idle. Lines are mapped to their sources where there is a source map.',
    'Time in which threads slept is left out. Samples are joined by call path and by windows of time. Task name, worker and the range of the time axis narrow this view; of a window at an edge of the range, its part counts.',
  ],
  mount(host, page) {
    let isMain = false;
    let label: string | undefined;
    let key = '';
    let canvas: TreeCanvas | undefined;
    const build = () => {
      const { task, worker, range } = page.store.state;
      const now = JSON.stringify([task, worker, range, isMain, label]);
      if (key === now) return;
      key = now;
      const shown = inRange(choose(page, isMain, label), range);
      if (shown === undefined) {
        canvas = undefined;
        return fill(
          host,
          h('p', { class: 'empty' }, 'The report has no CPU profile. The level "cpu" takes one in every worker.'),
          ...controls(),
        );
      }
      const box = element(h('div', { class: 'canvas' }));
      fill(
        host,
        ...controls(),
        box,
        h('p', { class: 'note' }, shown.note),
        element(h('h3', {}, 'Hot lines')),
        ...hotLines(shown.hot),
      );
      if (shown.lost.length > 0) host.append(details('Time without a profile', lostTable(shown.lost)));
      canvas = flameCanvas(box, shown.flame);
    };
    const controls = (): Node[] => {
      const { parent } = page.profiles ?? { parent: null };
      const labels = [...new Set((page.pool?.cpu ?? []).flatMap(({ byLabel }) => byLabel.map((each) => each.label)))];
      if (parent === null && labels.length === 0) return [];
      const threads = select(
        'Thread',
        [
          [0, 'handlers, all workers or the chosen one'],
          ...(parent === null ? [] : ([[1, 'main thread of the program']] as const)),
        ],
        isMain ? 1 : 0,
      );
      threads.addEventListener('change', () => {
        isMain = threads.value === '1';
        draw();
      });
      const names = select(
        'Label',
        [
          [-1, 'all tasks and sections'],
          ...labels.map((each, i) => [i, each === '' ? '(outside of tasks)' : each] as const),
        ],
        label === undefined ? -1 : labels.indexOf(label),
      );
      names.disabled = isMain;
      names.addEventListener('change', () => {
        label = labels[Number(names.value)];
        draw();
      });
      const row = element(h('div', { class: 'controls' }));
      row.append(threads, names);
      return [row];
    };
    const draw = () => {
      build();
      canvas?.draw();
    };
    return { draw };
  },
};

interface Shown {
  flame: FlameGraph;
  hot: HotFrame[];
  note: string;
  lost: CpuReport['lost'];
}

/** The profile that filters and choices ask for; undefined if there is none. */
function choose(page: Page, isMain: boolean, label: string | undefined): Shown | undefined {
  const { task, worker } = page.store.state;
  const all = page.pool?.cpu ?? [];
  const main = page.profiles?.parent ?? undefined;
  const of =
    worker === 0
      ? (all.find(({ workerId }) => workerId === null) ?? all[0])
      : all.find(({ workerId }) => workerId === worker);
  const cpu = isMain || all.length === 0 ? main : of;
  if (cpu === undefined) return undefined;
  const note = `${count(cpu.samples)} samples, one each ${digits(cpu.intervalUs)} µs · computing ${ms(cpu.sampledMs - cpu.idleMs)} · idle ${ms(cpu.idleMs)} · gc ${ms(cpu.gcMs)}.`;
  const name = page.pool?.tasks[task];
  if (isMain || (name === undefined && label === undefined))
    return { flame: cpu.flame, hot: cpu.hot, note, lost: cpu.lost };
  const labels = cpu.byLabel.filter(
    (each) => (label === undefined || each.label === label) && (name === undefined || each.task === name),
  );
  const time = labels.reduce((sum, each) => sum + each.ms, 0);
  return {
    flame: mergeFlames(labels.map((each) => each.flame)),
    hot: labels.flatMap((each) => each.hot).sort((a, b) => b.selfMs - a.selfMs),
    note: `${note} Of it, ${ms(time)} with the chosen label.`,
    lost: cpu.lost,
  };
}

/** The part of a profile in the chosen range of time. */
function inRange(shown: Shown | undefined, range: State['range']): Shown | undefined {
  if (shown === undefined || range === null) return shown;
  const [from, to] = range;
  const part = narrowed(shown.flame, from, to);
  if (part === undefined)
    return { ...shown, note: `${shown.note} This page has no times of samples, so it shows the whole run.` };
  const hot = hotOf(part);
  const computing = hot.reduce((sum, { selfMs }) => sum + selfMs, 0);
  return {
    ...shown,
    flame: part,
    hot,
    note: `${shown.note} In the chosen range, ${ms(computing)} in the lines below.`,
  };
}

/** Time in which a thread slept is no work of a function; the note says how long it was. */
const NOT_WORK = new Set(['(idle)']);

function flameCanvas(box: HTMLElement, { frames, parent, frame, selfMs }: FlameGraph): TreeCanvas {
  const frameOf = (node: number) => frames[frame[node] ?? 0];
  return new TreeCanvas(box, {
    parent,
    self: selfMs.map((time, node) => (NOT_WORK.has(frameOf(node)?.functionName ?? '') ? 0 : time)),
    label: 'Flame of processor time',
    nameOf: (node) => frameOf(node)?.functionName || '(anonymous)',
    detailOf: (node) => {
      const each = frameOf(node);
      return each === undefined || each.file === '' ? 'Node.js or V8' : `${each.file}:${each.line}`;
    },
    colourOf: (node) => `flame-${frameKind(frameOf(node)?.file ?? '')}`,
  });
}

/** Lines that are in sight at once; the others open on demand. */
const FIRST_LINES = 12;

function hotLines(hot: readonly HotFrame[]): HTMLElement[] {
  const rest = hot.slice(FIRST_LINES);
  const first = hotTable(hot.slice(0, FIRST_LINES));
  return rest.length === 0 ? [first] : [first, details(`${count(rest.length)} more`, hotTable(rest))];
}

function hotTable(hot: readonly HotFrame[]): HTMLElement {
  return table<HotFrame>(
    [
      {
        title: 'function',
        cell: ({ functionName }) => name(functionName || '(anonymous)'),
        by: ({ functionName }) => functionName,
      },
      { title: 'at', cell: placeOf },
      { title: 'self', cell: ({ selfMs }) => ms(selfMs), by: ({ selfMs }) => selfMs },
      { title: 'share', cell: (row) => share(row.share), by: (row) => row.share },
      { title: 'total', cell: ({ totalMs }) => ms(totalMs), by: ({ totalMs }) => totalMs },
    ],
    hot,
    'No samples.',
  );
}

function placeOf({ file, line, column }: HotFrame): Child {
  return file === '' ? 'Node.js or V8' : h('code', { title: file }, `${file}:${line}${column > 0 ? `:${column}` : ''}`);
}

function lostTable(lost: CpuReport['lost']): HTMLElement {
  return table(
    [
      { title: 'from', cell: ({ fromMs }) => ms(fromMs), by: ({ fromMs }) => fromMs },
      { title: 'to', cell: ({ toMs }) => ms(toMs), by: ({ toMs }) => toMs },
      { title: 'why', cell: ({ why }) => name(why) },
    ],
    lost,
    '',
  );
}
