import type { TraceOutcome } from '@millpond/core';
import type { Histogram } from '@millpond/core/internal';
import { SEGMENT_IDS, type SegmentId } from '../record/segments.js';
import type { OutcomeCounts, TaskLedger } from '../record/task-ledger.js';
import { durationStats } from './durations.js';
import type { TaskReport } from './report-data.js';
import { share, sum } from './sums.js';

/** One task name's ledger as plain data. */
export function taskReport(task: string, ledger: TaskLedger): TaskReport {
  const whole = ledger.latency.sum;
  const withShare = (histogram: Histogram) => ({ ...durationStats(histogram), share: share(histogram.sum, whole) });
  const { incomplete } = ledger;
  return {
    task,
    tries: total(ledger.outcomes),
    retries: ledger.retries,
    outcomes: { ...ledger.outcomes },
    latency: durationStats(ledger.latency),
    segments: bySegment((i) => withShare(ledger.segments[i] as Histogram)),
    limitWait: withShare(ledger.limitWait),
    wayIn: withShare(ledger.wayIn),
    wayOut: withShare(ledger.wayOut),
    incomplete: {
      count: total(incomplete.outcomes),
      outcomes: { ...incomplete.outcomes },
      segments: bySegment((i) => ({ count: incomplete.segmentCounts[i] ?? 0, totalMs: incomplete.segmentMs[i] ?? 0 })),
    },
  };
}

/** An object with one value per segment, in order of time. */
export function bySegment<T>(valueOf: (index: number) => T): Record<SegmentId, T> {
  return Object.fromEntries(SEGMENT_IDS.map((id, i) => [id, valueOf(i)])) as Record<SegmentId, T>;
}

function total(outcomes: OutcomeCounts): number {
  return sum(Object.values(outcomes), (count) => count);
}

/** Outcomes of several task names together. */
export function addOutcomes(all: readonly OutcomeCounts[]): OutcomeCounts {
  const together: OutcomeCounts = { ok: 0, error: 0, cancelled: 0, timeout: 0, crash: 0 };
  for (const outcome of Object.keys(together) as TraceOutcome[])
    together[outcome] = sum(all, (counts) => counts[outcome]);
  return together;
}
