import { count } from '../findings/words.js';
import type { PoolReport } from '../model/pool-report.js';
import type { DataQuality } from '../model/report-data.js';
import type { PoolRecorder } from '../record/pool-recorder.js';
import { share, sum } from './sums.js';

/** Tries from which on Little's law means something. */
const ENOUGH_TRIES = 30;

/** What must be known to judge the numbers. */
export function dataQuality(
  recorders: readonly PoolRecorder[],
  pools: readonly PoolReport[],
  parentMs: number,
  remarks: readonly string[],
): DataQuality {
  const upMs = sum(pools, (pool) => pool.capacity.upMs);
  return {
    dropped: pools.flatMap(({ name, spans }) =>
      spans === undefined || spans.kept === spans.of
        ? []
        : [{ what: `single tries of "${name}"`, count: spans.of - spans.kept, why: 'the sample is full' }],
    ),
    clockAnomalies: {
      tries: sum(recorders, ({ disorder }) => disorder.tries),
      maxMs: Math.max(0, ...recorders.map(({ disorder }) => disorder.maxMs)),
    },
    unattributedShare: share(
      sum(pools, (pool) => pool.capacity.totals.unattributed),
      upMs,
    ),
    littleError: littleError(pools),
    profilerMs: { parent: parentMs, workers: sum(pools, (pool) => pool.capacity.totals.profiler) },
    missing: missing(recorders),
    remarks: [...remarks, ...recorders.flatMap(remarksOf)],
  };
}

/**
 * Little's law: the mean number in the system is the rate times the mean latency. Both sides are measured apart: the number from the
 * curves, the rest from counts and histograms. A difference means lost messages.
 */
function littleError(pools: readonly PoolReport[]): number | null {
  const tries = sum(pools, (pool) => pool.tries);
  if (tries < ENOUGH_TRIES) return null;
  const inCurves = sum(pools, ({ curves }) => sum(curves.unsettled, (level) => level) * curves.windowMs);
  const inLedgers = sum(pools, (pool) => pool.meanInFlight * pool.wallMs);
  return share(Math.abs(inCurves - inLedgers), inCurves);
}

function missing(recorders: readonly PoolRecorder[]): string[] {
  const all = recorders.flatMap(({ workers }) => [...workers.workers]);
  if (all.length === 0) return [];
  const lines: string[] = [];
  const silent = all.filter(({ usage }) => usage === undefined).length;
  if (silent > 0)
    lines.push(`${silent} of ${count(all.length, 'worker')} reported nothing of their event loop and memory`);
  if (all.some(({ usage }) => usage?.cpuMs === null))
    lines.push('this system does not measure the processor time of threads');
  if (all.some(({ usage }) => usage?.runQueueMs === null)) lines.push('this system does not count the wait for a core');
  return lines;
}

function remarksOf({ pool, io, clock, untold, sectionMistakes }: PoolRecorder): string[] {
  const lines: string[] = [];
  for (const [channel, unknown] of io.unknown)
    lines.push(
      `${count(unknown, 'message')} of the channel "${channel}" ${unknown === 1 ? 'was' : 'were'} not understood`,
    );
  if (io.folded > 0)
    lines.push(
      `${count(io.folded, 'operation')} of "${pool.name}" ${io.folded === 1 ? 'has' : 'share'} the name "(other)"`,
    );
  if (clock.isCoarse) lines.push(`idle times of "${pool.name}" longer ago are interpolated`);
  if (untold > 0)
    lines.push(
      `${untold} ${untold === 1 ? 'mark, death or change' : 'marks, deaths or changes'} of "${pool.name}" had no place`,
    );
  return [...lines, ...sectionMistakes.remarks(pool.name)];
}
