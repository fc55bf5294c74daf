import { formatCount } from '@millpond/core/internal';
import { placeOf } from '../../format/finding-words.js';
import { columns, table } from '../../format/table.js';
import { formatBytes, formatLine, formatMs, formatName, formatShare } from '../../format/units.js';
import { cutTo, endTo } from '../../format/width.js';
import type { CpuReport } from '../../model/cpu.js';
import type { SectionReport } from '../../model/section-report.js';
import { type SectionNode, sectionTree } from '../section-tree.js';
import type { Page } from './page.js';
import { MAX_ROWS, withMore } from './task-tables.js';

const MAX_FRAMES = 10;
const LEAST_SHARE = 0.005;
/** Columns of the name of a function, of its place, and of the numbers beside them. */
const MOST_NAME = 28;
const LEAST_PLACE = 16;
const BESIDE_PLACES = MOST_NAME + 34;
const WORKER_SECTIONS = columns(
  ['section', 'task', 'count', 'self', 'share', 'total', 'mean', 'p99', 'memory', 'errors'],
  2,
);
const PARENT_SECTIONS = columns(['section', 'count', 'self', 'share', 'total', 'mean', 'p99', 'memory', 'errors']);
const HOT = columns(['function', 'at', 'self', 'share', 'with calls'], 2);

/** Sections of handlers as a tree of each task name, most total time first. */
export function sectionLines(sections: readonly (SectionReport & { task: string })[], page: Page): string[] {
  const tasks = [...new Set(sections.map(({ task }) => task))];
  const nodes = tasks.flatMap((task) => sectionTree(sections.filter((each) => each.task === task)));
  const rows = nodes
    .slice(0, MAX_ROWS)
    .map((node) => [nameOf(node), formatName(node.section.task), ...cells(node.section)]);
  return withMore(WORKER_SECTIONS, rows, nodes.length, page);
}

export function parentSectionLines(sections: readonly SectionReport[], page: Page): string[] {
  const nodes = sectionTree(sections);
  const rows = nodes.slice(0, MAX_ROWS).map((node) => [nameOf(node), ...cells(node.section)]);
  return withMore(PARENT_SECTIONS, rows, nodes.length, page);
}

/** Functions with most time of their own. */
export function hotLines(cpu: CpuReport | undefined, page: Page): string[] {
  const shown = (cpu?.hot ?? []).filter(({ share }) => share >= LEAST_SHARE).slice(0, MAX_FRAMES);
  if (shown.length === 0) return [];
  const room = Math.max(LEAST_PLACE, page.width - BESIDE_PLACES);
  const rows = shown.map(({ functionName, file, line, selfMs, share, totalMs }) => [
    cutTo(formatName(functionName === '' ? '(anonymous)' : functionName), MOST_NAME),
    file === '' ? '' : endTo(formatLine(placeOf(file, line)), room),
    formatMs(selfMs),
    formatShare(share),
    formatMs(totalMs),
  ]);
  return table(HOT, rows, '  ', page.width);
}

function nameOf({ section, depth }: SectionNode<SectionReport>): string {
  return '  '.repeat(Math.min(depth, 8)) + formatName(section.name);
}

function cells({ count, selfMs, share, totalMs, meanMs, p99Ms, memory, errors }: SectionReport): string[] {
  return [
    formatCount(count),
    formatMs(selfMs),
    formatShare(share),
    formatMs(totalMs),
    formatMs(meanMs),
    formatMs(p99Ms),
    memory === null ? '–' : formatBytes(memory.heapBytes + memory.externalBytes),
    formatCount(errors),
  ];
}
