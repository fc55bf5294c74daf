import { printable, SectionSums, shortName } from '@millpond/core/internal';
import { durationStats } from '../build/durations.js';
import type { DurationStats } from '../model/durations.js';
import type { SectionReport } from '../model/section-report.js';
import type { PoolRecorder } from '../record/pool-recorder.js';
import { addTo, type MeasuredSections } from '../record/section-ledger.js';
import { standardDeviation } from './standard-deviation.js';

/** One side's sections: those of the parent, or of one task name. */
export interface SectionSide {
  readonly where: 'parent' | 'worker';
  /** Workers only. */
  readonly pool?: string;
  readonly task?: string;
  readonly ledger: MeasuredSections;
}

/** A section by its name, wherever it was timed. */
export interface SectionStats extends DurationStats {
  name: string;
  /** Time with no section open inside. */
  selfMs: number;
  /** Parts of selfMs up to the return of its function, and after that. Both are 0 for sections that are ended by hand. */
  calledMs: number;
  awaitedMs: number;
  stddevMs: number;
  /** Calls that threw or rejected. */
  errors: number;
  counters: Record<string, number>;
  /** Growth of memory in sum; null if not measured. */
  memory: SectionReport['memory'];
  /** Total time ÷ time with at least one open. */
  meanConcurrency: number;
  /** Most open at one time, in one worker or the parent. */
  peak: number;
  /** Where it was timed, most self time first; at most 100. */
  places: { where: 'parent' | 'worker'; pool?: string; task?: string; path: string[]; count: number; selfMs: number }[];
}

/** The sides as far as they have been measured. */
export function sectionSides(
  parent: MeasuredSections,
  attachments: Iterable<{ readonly recorder: PoolRecorder }>,
): SectionSide[] {
  const sides: SectionSide[] = [{ where: 'parent', ledger: parent }];
  for (const { recorder } of attachments) {
    for (const [task, ledger] of recorder.sections.entries()) {
      sides.push({ where: 'worker', pool: recorder.pool.name, task, ledger });
    }
  }
  return sides;
}

const MOST_PLACES = 100;

/**
 * The numbers of a name over all paths, sides and workers; undefined if nothing of this name has ended. A section inside one of its own
 * name counts twice in the total time, and once in the self time.
 */
export function sectionStats(name: string, sides: readonly SectionSide[]): SectionStats | undefined {
  const wanted = printable(shortName(name));
  const sums = new SectionSums();
  const counters = new Map<string, number>();
  const places: SectionStats['places'] = [];
  for (const { ledger, ...where } of sides) {
    for (const node of ledger.nodes()) {
      if (node.path.at(-1) !== wanted) continue;
      addTo(sums, node.sums);
      for (const [counter, sum] of Object.entries(node.counters())) {
        counters.set(counter, (counters.get(counter) ?? 0) + sum);
      }
      const { selfMs, durations } = node.sums;
      places.push({ ...where, path: [...node.path], count: durations.count, selfMs });
    }
  }
  if (places.length === 0) return undefined;
  places.sort((a, b) => b.selfMs - a.selfMs);
  const { durations, selfMs, calledMs, awaitedMs, squares, errors, memory, openMs, peak } = sums;
  return {
    name: wanted,
    ...{ selfMs, calledMs, awaitedMs },
    stddevMs: standardDeviation(durations.count, durations.sum, squares),
    errors,
    counters: Object.fromEntries(counters),
    memory: memory ?? null,
    meanConcurrency: openMs > 0 ? durations.sum / openMs : 0,
    peak,
    places: places.slice(0, MOST_PLACES),
    ...durationStats(durations),
  };
}
