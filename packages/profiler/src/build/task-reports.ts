import type { TraceOutcome } from '@millpond/core';
import type { TaskAsked } from '@millpond/core';
import { Histogram } from '@millpond/core/internal';
import type { Curves } from '../model/curves.js';
import { SEGMENT_IDS, type SegmentId, WAIT_IDS } from '../model/segments.js';
import type { TaskReport } from '../model/task-report.js';
import type { ByteSums, OutcomeCounts, TaskLedger } from '../record/task-ledger.js';
import { durationShare, durationStats } from './durations.js';
import type { ExecutionParts } from './execution-parts.js';
import { share, sum } from './sums.js';

/** What a report of a task name needs besides its ledger. */
export interface TaskContext {
  parts: ExecutionParts;
  codec: TaskReport['codec'];
  asked: TaskAsked;
  /** Waits of calls for equal ones; undefined without a cache. */
  cacheWaits: Histogram | undefined;
  breaker: TaskReport['breaker'];
  curves: Pick<Curves, 'windowMs' | 'arrived'>;
  /** Part of all tries of the pool that are of this name, 0 to 1. */
  shareOfTries: number;
}

const NO_WAITS = new Histogram();

/** Measurements of one task name as plain data. */
export function taskReport(task: string, ledger: TaskLedger, context: TaskContext): TaskReport {
  const whole = ledger.latency.sum;
  const withShare = (histogram: Histogram) => durationShare(histogram, whole);
  const { incomplete } = ledger;
  const waits = { ...ledger.waits, cache: context.cacheWaits ?? NO_WAITS };
  const execution = ledger.segments[SEGMENT_IDS.indexOf('execution')] as Histogram;
  const line = ledger.messages.line();
  return {
    task,
    tries: total(ledger.outcomes),
    retries: ledger.retries,
    outcomes: { ...ledger.outcomes },
    latency: durationStats(ledger.latency),
    latencyBuckets: ledger.latency.toCounts(),
    executionBuckets: execution.toCounts(),
    segments: bySegment((i) => withShare(ledger.segments[i] as Histogram)),
    bands: {
      median: fromList(ledger.bands.between(0.4, 0.6)),
      p99: fromList(ledger.bands.between(0.99, 1)),
    },
    waits: Object.fromEntries(WAIT_IDS.map((id) => [id, withShare(waits[id])])) as TaskReport['waits'],
    wayIn: withShare(ledger.wayIn),
    wayOut: withShare(ledger.wayOut),
    codec: context.codec,
    bytesIn: bytes(ledger.bytesIn, total(ledger.outcomes)),
    bytesOut: bytes(ledger.bytesOut, execution.count),
    messageFit: line === undefined ? null : { fixedMs: line.a, nsPerByte: line.b * 1e6, r2: line.r2 },
    execution: context.parts,
    executionSquares: ledger.executionSquares,
    slowdown: execution.sum > 0 ? whole / execution.sum : 1,
    asked: context.asked,
    errors: Array.from(ledger.errors.entries(), ([name, counts]) => {
      const [first = name, ...code] = name.split(' ');
      return { name: first, code: code.join(' '), ...counts };
    }).sort((a, b) => b.count - a.count),
    breaker: context.breaker,
    arrivals: arrivals(context.curves, total(ledger.outcomes) - ledger.retries, context.shareOfTries),
    incomplete: {
      count: total(incomplete.outcomes),
      outcomes: { ...incomplete.outcomes },
      totalMs: incomplete.totalMs,
      segments: bySegment((i) => ({ count: incomplete.segmentCounts[i] ?? 0, totalMs: incomplete.segmentMs[i] ?? 0 })),
    },
  };
}

/** An object with one value per segment, in order of time. */
export function bySegment<T>(valueOf: (index: number) => T): Record<SegmentId, T> {
  return Object.fromEntries(SEGMENT_IDS.map((id, i) => [id, valueOf(i)])) as Record<SegmentId, T>;
}

/** Outcomes of several task names together. */
export function addOutcomes(all: readonly OutcomeCounts[]): OutcomeCounts {
  const together: OutcomeCounts = { ok: 0, error: 0, cancelled: 0, timeout: 0, crash: 0 };
  for (const outcome of Object.keys(together) as TraceOutcome[])
    together[outcome] = sum(all, (counts) => counts[outcome]);
  return together;
}

/** Time that tries of this name were in flight, including the known part of those that did not come back. */
export function inFlightMs(task: TaskReport): number {
  return task.latency.totalMs + task.incomplete.totalMs;
}

/**
 * Mean time between submits, and its squared coefficient of variation. The latter is taken from
 * counts in windows. Their variance ÷ their mean, the index of dispersion, has the same limit (Cox and Lewis 1966).
 */
function arrivals({ windowMs, arrived }: TaskContext['curves'], submits: number, part: number): TaskReport['arrivals'] {
  const active = arrived.slice(
    arrived.findIndex((count) => count > 0),
    arrived.findLastIndex((count) => count > 0) + 1,
  );
  if (submits === 0 || active.length === 0) return { meanMs: 0, cv2: 0 };
  const mean = sum(active, (count) => count) / active.length;
  const variance = sum(active, (count) => (count - mean) ** 2) / active.length;
  return { meanMs: (windowMs * active.length) / submits, cv2: share(variance, mean) * part };
}

function bytes({ total: all, max }: ByteSums, count: number): { total: number; mean: number; max: number } {
  return { total: all, mean: share(all, count), max };
}

function fromList(means: readonly number[]): Record<SegmentId, number> {
  return bySegment((i) => means[i] ?? 0);
}

function total(outcomes: OutcomeCounts): number {
  return sum(Object.values(outcomes), (count) => count);
}
