import type { PoolReport } from '../model/pool-report.js';
import type { Bottleneck } from '../model/report-data.js';
import type { SectionReport } from '../model/section-report.js';
import { share, sum } from './sums.js';

/** Sections of both sides as one list, most self time first. */
export function rankSections(parent: readonly SectionReport[], pools: readonly PoolReport[]): Bottleneck[] {
  const executionMs = sum(
    pools.flatMap((pool) => pool.byTask),
    (task) => task.segments.execution.totalMs,
  );
  const measuredMs = sum(
    pools.flatMap((pool) => pool.sections),
    (section) => section.selfMs,
  );
  const workersWhole = Math.max(executionMs, measuredMs);
  const parentWhole = sum(parent, (section) => section.selfMs);
  return [
    ...parent.map((section) => ({ ...candidate(section, parentWhole), where: 'parent' as const })),
    ...pools.flatMap((pool) =>
      pool.sections.map((section) => ({
        ...candidate(section, workersWhole),
        where: 'worker' as const,
        pool: pool.name,
        task: section.task,
      })),
    ),
  ].sort((a, b) => b.selfMs - a.selfMs);
}

function candidate(section: SectionReport, wholeMs: number): Omit<Bottleneck, 'where'> {
  const { name, path, totalMs, selfMs, count, meanMs, p99Ms, memory } = section;
  return {
    ...{ name, path, totalMs, selfMs, count, meanMs, p99Ms },
    share: share(selfMs, wholeMs),
    totalShare: share(totalMs, wholeMs),
    memoryBytes: memory === null ? null : memory.heapBytes + memory.externalBytes,
  };
}
