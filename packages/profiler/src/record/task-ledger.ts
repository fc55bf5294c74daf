import type { TaskTrace, TraceOutcome } from '@millpond/core';
import { Histogram } from '@millpond/core/internal';
import { SEGMENT_IDS, type TraceSplitter } from './segments.js';

/** Numbers of tries by their end. */
export type OutcomeCounts = Record<TraceOutcome, number>;

const QUEUE_WAIT = SEGMENT_IDS.indexOf('queueWait');
const FIRST_WAY_IN = SEGMENT_IDS.indexOf('encode');
const EXECUTION = SEGMENT_IDS.indexOf('execution');

/**
 * Where the time of one task name went. Only tries that came back fill the histograms. So the means and sums of the nine segments
 * add up to the latency's. Other tries (crashed, cancelled, timed out) are counted apart, with the time in the segments
 * that they went through.
 *
 * Memory: thirteen histograms of 5.6 KB, whatever the number of tasks.
 */
export class TaskLedger {
  readonly segments: readonly Histogram[] = SEGMENT_IDS.map(() => new Histogram());
  /** Part of the queue wait for which the limits of the name held tries back. */
  readonly limitWait = new Histogram();
  /** From assigned to the handler's start (t5 − t1). Percentiles do not add, so it has a histogram of its own. */
  readonly wayIn = new Histogram();
  /** From the handler's end to the settled promise (t9 − t6). */
  readonly wayOut = new Histogram();
  /** From submit to settled (t9 − t0). */
  readonly latency = new Histogram();
  readonly outcomes: OutcomeCounts = noOutcomes();
  /** Tries that were not the first of their task. */
  retries = 0;
  readonly incomplete = {
    outcomes: noOutcomes(),
    /** Milliseconds spent, and tries that went through, per segment. */
    segmentMs: new Float64Array(SEGMENT_IDS.length),
    segmentCounts: new Float64Array(SEGMENT_IDS.length),
  };

  /** Adds one try. `split` has just split this very trace. */
  add(trace: TaskTrace, split: TraceSplitter): void {
    this.outcomes[trace.outcome]++;
    if (trace.attempt > 1) this.retries++;
    if (split.isComplete) this.#addComplete(split, trace.limitWaitMs);
    else this.#addIncomplete(trace.outcome, split);
  }

  #addComplete({ segments, latencyMs }: TraceSplitter, limitWaitMs: number): void {
    // Both are read from the same clock, at moments that differ a little.
    this.limitWait.record(Math.min(limitWaitMs, segments[QUEUE_WAIT] ?? 0));
    let wayInMs = 0;
    let wayOutMs = 0;
    for (let i = 0; i < segments.length; i++) {
      const ms = segments[i] ?? 0;
      this.segments[i]?.record(ms);
      if (i > EXECUTION) wayOutMs += ms;
      else if (i >= FIRST_WAY_IN && i < EXECUTION) wayInMs += ms;
    }
    this.wayIn.record(wayInMs);
    this.wayOut.record(wayOutMs);
    this.latency.record(latencyMs);
  }

  #addIncomplete(outcome: TraceOutcome, { segments, reached }: TraceSplitter): void {
    const { outcomes, segmentMs, segmentCounts } = this.incomplete;
    outcomes[outcome]++;
    for (let i = 0; i < reached; i++) {
      segmentMs[i] = (segmentMs[i] ?? 0) + (segments[i] ?? 0);
      segmentCounts[i] = (segmentCounts[i] ?? 0) + 1;
    }
  }
}

function noOutcomes(): OutcomeCounts {
  return { ok: 0, error: 0, cancelled: 0, timeout: 0, crash: 0 };
}
