import { placeOf } from '../format/finding-words.js';
import { plainName } from '../format/plain.js';
import type { FlameGraph } from '../model/cpu.js';
import type { ReportData } from '../model/report-data.js';
import { mergedCpuOf, ownerName } from './cpu-reports.js';
import { walkFlame } from './flame.js';

/**
 * Folded stacks for flame graph tools: `frame;frame;frame microseconds`, one line a stack. Threads stand outermost, then task and section
 * where they are known. Without CPU profiles, the lines are the sections with their self time.
 */
export function toFolded(report: ReportData): string {
  const cpus = mergedCpuOf(report);
  const lines = cpus.length > 0 ? cpus.flatMap((each) => cpuLines(each, report.pools.length)) : sectionLines(report);
  return lines.map((line) => `${line}\n`).join('');
}

function cpuLines(owned: Parameters<typeof ownerName>[0], poolCount: number): string[] {
  const { flame, byLabel } = owned.cpu;
  const owner = frameName(ownerName(owned, poolCount));
  // Labels divide the samples; without any, the graph of the thread has them.
  const parts = byLabel.length === 0 ? [{ task: '', section: '', flame }] : byLabel;
  return parts.flatMap((part) => {
    const outer = [owner, ...[part.task, part.section].filter((each) => each !== '').map(frameName)];
    return flameLines(part.flame, outer);
  });
}

function flameLines(flame: FlameGraph, outer: readonly string[]): string[] {
  const names = flame.frames.map(({ functionName, file, line }) => {
    const name = functionName === '' ? '(anonymous)' : functionName;
    return frameName(file === '' ? name : `${name} ${placeOf(file, line)}`);
  });
  const lines: string[] = [];
  for (const { selfMs, stack } of walkFlame(flame)) {
    const us = Math.round(selfMs * 1000);
    if (us > 0) lines.push(`${[...outer, ...stack.map((frame) => names[frame] ?? '')].join(';')} ${us}`);
  }
  return lines;
}

function sectionLines({ pools, parent }: ReportData): string[] {
  const line = (outer: readonly string[], path: readonly string[], selfMs: number) => {
    const us = Math.round(selfMs * 1000);
    return us > 0 ? [`${[...outer, ...path].map(frameName).join(';')} ${us}`] : [];
  };
  return [
    ...parent.sections.flatMap(({ path, selfMs }) => line(['main thread'], path, selfMs)),
    ...pools.flatMap((pool) =>
      pool.sections.flatMap(({ task, path, selfMs }) => line([pool.name, task], path, selfMs)),
    ),
  ];
}

/** A frame: the format parts frames by semicolons, and stacks by lines. */
function frameName(name: string): string {
  return plainName(name)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replaceAll(';', ',');
}
