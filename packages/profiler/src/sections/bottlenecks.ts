import type { PoolReport } from '../model/pool-report.js';
import type { Bottleneck } from '../model/report-data.js';
import type { SectionReport } from '../model/section-report.js';
import type { BottleneckOptions, BottleneckOrder } from '../options.js';

/** The sections of one pool, and the execution time of all its tasks, ms. */
export interface PoolSections {
  readonly name: string;
  readonly executionMs: number;
  readonly sections: PoolReport['sections'];
}

/**
 * Sections of both sides as one list, most self time first.
 *
 * Shares are those of a side. In the parent the whole is the self time of all its sections. In workers it is the execution time of all
 * tasks of all pools. If sections of one handler overlap, their self times may add up to more, and that is the whole then.
 */
export function bottlenecksOf(parent: readonly SectionReport[], pools: readonly PoolSections[]): Bottleneck[] {
  const parentMs = parent.reduce((sum, { selfMs }) => sum + selfMs, 0);
  const executionMs = pools.reduce((sum, pool) => sum + pool.executionMs, 0);
  const measuredMs = pools.reduce(
    (sum, { sections }) => sum + sections.reduce((own, { selfMs }) => own + selfMs, 0),
    0,
  );
  const workersMs = Math.max(executionMs, measuredMs);
  const ownBytes = [parent, ...pools.map(({ sections }) => sections)].map((sections) => selfGrowth(sections));
  const parentBytes = sumOfGrowth([ownBytes[0] ?? new Map()]);
  const workerBytes = sumOfGrowth(ownBytes.slice(1));
  return [
    ...parent.map((section) => ({
      ...facts(section, parentMs, ownBytes[0]?.get(section) ?? null, parentBytes),
      where: 'parent' as const,
    })),
    ...pools.flatMap(({ name, sections }, index) =>
      sections.map((section) => ({
        ...facts(section, workersMs, ownBytes[index + 1]?.get(section) ?? null, workerBytes),
        where: 'worker' as const,
        pool: name,
        task: section.task,
      })),
    ),
  ]
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.selfMs - a.selfMs);
}

/** The ones that a caller asked for, in the order asked for. */
export function chooseBottlenecks(all: readonly Bottleneck[], choice: Required<BottleneckOptions>): Bottleneck[] {
  const { minMs, minMeanMs, by, limit } = choice;
  const valueOf = VALUES[by];
  return all
    .filter((each) => (by === 'total' ? each.totalMs : each.selfMs) >= minMs && each.meanMs >= minMeanMs)
    .filter((each) => by !== 'memory' || each.memoryBytes !== null)
    .sort((a, b) => valueOf(b) - valueOf(a))
    .slice(0, limit);
}

const VALUES: Record<BottleneckOrder, (each: Bottleneck) => number> = {
  self: ({ selfMs }) => selfMs,
  total: ({ totalMs }) => totalMs,
  mean: ({ meanMs }) => meanMs,
  memory: ({ memoryBytes }) => memoryBytes ?? 0,
};

function facts(section: SectionReport, wholeMs: number, memoryBytes: number | null, wholeBytes: number) {
  const { name, path, totalMs, selfMs, count, meanMs, p99Ms } = section;
  return {
    ...{ name, path, totalMs, selfMs, count, meanMs, p99Ms, memoryBytes },
    share: shareOf(selfMs, wholeMs),
    totalShare: Math.min(1, shareOf(totalMs, wholeMs)),
    memoryShare: memoryBytes === null ? null : shareOf(Math.max(0, memoryBytes), wholeBytes),
  };
}

function shareOf(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

/**
 * Growth of memory of each section without that of the sections inside it. Where sections overlap, that of one counts for the other,
 * too: `SectionReport.memory` says how often.
 */
function selfGrowth(sections: readonly (SectionReport & { task?: string })[]): Map<SectionReport, number> {
  const byKey = new Map(sections.map((section) => [keyOf(section.task, section.path), section]));
  const own = new Map<SectionReport, number>();
  for (const section of sections) {
    if (section.memory !== null) own.set(section, section.memory.heapBytes + section.memory.externalBytes);
  }
  for (const section of sections) {
    const above = byKey.get(keyOf(section.task, section.path.slice(0, -1)));
    const before = above === undefined ? undefined : own.get(above);
    if (above === undefined || before === undefined || section.memory === null) continue;
    own.set(above, before - section.memory.heapBytes - section.memory.externalBytes);
  }
  return own;
}

function keyOf(task: string | undefined, path: readonly string[]): string {
  return JSON.stringify([task ?? '', ...path]);
}

/** Growth only: what sections freed is no part of a whole. */
function sumOfGrowth(growths: readonly ReadonlyMap<SectionReport, number>[]): number {
  let sum = 0;
  for (const growth of growths) for (const bytes of growth.values()) sum += Math.max(0, bytes);
  return sum;
}
