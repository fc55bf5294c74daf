import { formatCount } from '@millpond/core/internal';
import { columns, table } from '../../format/table.js';
import { formatBytes, formatMs, formatName, formatShare } from '../../format/units.js';
import type { CpuReport } from '../../model/cpu.js';
import type { SectionReport } from '../../model/section-report.js';
import { type SectionNode, sectionTree } from '../section-tree.js';
import type { Page } from './page.js';
import { frameCells, MAX_ROWS, withMore } from './task-tables.js';

const MAX_FRAMES = 10;
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
  if (cpu === undefined || cpu.hot.length === 0) return [];
  const rows = cpu.hot
    .slice(0, MAX_FRAMES)
    .map(({ functionName, file, line, selfMs, share, totalMs }) => [
      ...frameCells(functionName, file, line),
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
