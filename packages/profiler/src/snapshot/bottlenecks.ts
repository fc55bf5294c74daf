import type { Bottleneck, PoolReport, SectionReport } from './report-data.js';
import { bySelfTime } from './section-report.js';
import { share, sum } from './sums.js';

/** Sections of both sides as one list, most self time first. {@link Bottleneck} defines `share`. */
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
  return [
    ...parent.map((section) => ({ ...pick(section), where: 'parent' as const, share: section.share })),
    ...pools.flatMap((pool) =>
      pool.sections.map((section) => ({
        ...pick(section),
        where: 'worker' as const,
        pool: pool.name,
        task: section.task,
        share: share(section.selfMs, workersWhole),
      })),
    ),
  ].sort(bySelfTime);
}

function pick({ name, path, totalMs, selfMs, count, meanMs, p99Ms }: SectionReport) {
  return { name, path, totalMs, selfMs, count, meanMs, p99Ms };
}
