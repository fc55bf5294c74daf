import type { TaskTrace, TraceOutcome } from '@millpond/core';
import { BoundedNames, Histogram } from '@millpond/core/internal';
import { SEGMENT_IDS, type WaitId } from '../model/segments.js';
import { LatencyBands } from './latency-bands.js';
import { LineFit } from './line-fit.js';
import { Repeats } from './repeats.js';
import type { TraceSplitter } from './segments.js';

/** Numbers of tries by their end. */
export type OutcomeCounts = Record<TraceOutcome, number>;

const QUEUE_WAIT = SEGMENT_IDS.indexOf('queueWait');
const FIRST_WAY_IN = SEGMENT_IDS.indexOf('encode');
const DECODE = SEGMENT_IDS.indexOf('decode');
const EXECUTION = SEGMENT_IDS.indexOf('execution');
const SETTLE = SEGMENT_IDS.indexOf('settle');
/** Results from this size on settle at a time of their own. */
const LARGE_BYTES = 4096;
/** Distinct errors of one task name. */
const MOST_ERRORS = 20;
/** Failed tasks whose next try is awaited. */
const MOST_FAILED = 1000;

/** One class of errors of a task name. */
export interface ErrorCounts {
  count: number;
  retried: number;
  succeededAfterRetry: number;
}

/** Sums and the largest of a number of bytes. */
export interface ByteSums {
  total: number;
  max: number;
}

/**
 * Where the time of one task name went. Only tries that came back fill the histograms. So the means and sums of the nine segments
 * add up to the latency's. Other tries (crashed, cancelled, timed out) are counted apart, with the time in the segments
 * that they went through.
 *
 * Memory: sixteen histograms of 5.6 KB and 9 KB of bands, whatever the number of tasks.
 */
export class TaskLedger {
  readonly segments: readonly Histogram[] = SEGMENT_IDS.map(() => new Histogram());
  /** The cache has a ledger of its own. */
  readonly waits: Record<Exclude<WaitId, 'cache'>, Histogram> = {
    inputEncode: new Histogram(),
    limit: new Histogram(),
    batch: new Histogram(),
    backoff: new Histogram(),
  };
  /** From assigned to the handler's start (t5 − t1). Percentiles do not add, so it has a histogram of its own. */
  readonly wayIn = new Histogram();
  /** From the handler's end to the settled promise (t9 − t6). */
  readonly wayOut = new Histogram();
  /** From submit to settled (t9 − t0). */
  readonly latency = new Histogram();
  readonly bands = new LatencyBands();
  readonly outcomes: OutcomeCounts = noOutcomes();
  readonly bytesIn: ByteSums = { total: 0, max: 0 };
  readonly bytesOut: ByteSums = { total: 0, max: 0 };
  /** Encoding and decoding of a try, ms, against its bytes. */
  readonly messages = new LineFit();
  readonly repeats = new Repeats();
  executionSquares = 0;
  /** Tries that were not the first of their task. */
  retries = 0;
  /** Longest number of tries of one task. */
  attempts = 0;
  readonly errors = new BoundedNames<ErrorCounts>(MOST_ERRORS, () => ({
    count: 0,
    retried: 0,
    succeededAfterRetry: 0,
  }));
  readonly incomplete = {
    outcomes: noOutcomes(),
    /** From submit to settled. */
    totalMs: 0,
    /** Milliseconds spent, and tries that went through, per segment. */
    segmentMs: new Float64Array(SEGMENT_IDS.length),
    segmentCounts: new Float64Array(SEGMENT_IDS.length),
  };
  /** Error of the latest failed try, by task. */
  readonly #failed = new Map<number, ErrorCounts>();

  /** Adds one try. `split` has just split this very trace. */
  add(trace: TaskTrace, split: TraceSplitter): void {
    this.outcomes[trace.outcome]++;
    this.#addAttempt(trace);
    if (trace.errorName !== '') this.#addError(trace);
    addBytes(this.bytesIn, trace.inputBytes);
    if (split.isComplete) this.#addComplete(split, trace);
    else this.#addIncomplete(trace, split);
  }

  #addAttempt({ attempt, outcome, taskId, backoffMs }: TaskTrace): void {
    if (attempt > this.attempts) this.attempts = attempt;
    if (attempt === 1) return;
    this.retries++;
    this.waits.backoff.record(backoffMs);
    const before = this.#failed.get(taskId);
    if (before === undefined) return;
    this.#failed.delete(taskId);
    before.retried++;
    if (outcome === 'ok') before.succeededAfterRetry++;
  }

  #addError({ errorName, taskId }: TaskTrace): void {
    const counts = this.errors.get(errorName);
    counts.count++;
    this.#failed.set(taskId, counts);
    if (this.#failed.size <= MOST_FAILED) return;
    // The oldest one is most likely a last try.
    for (const oldest of this.#failed.keys()) {
      this.#failed.delete(oldest);
      return;
    }
  }

  #addComplete({ segments, latencyMs }: TraceSplitter, trace: TaskTrace): void {
    const queueWaitMs = segments[QUEUE_WAIT] ?? 0;
    // Both are read from the same clock, at moments that differ a little.
    this.waits.limit.record(Math.min(trace.limitWaitMs, queueWaitMs));
    this.waits.batch.record(Math.min(trace.batchWaitMs, queueWaitMs));
    addBytes(this.bytesOut, trace.outputBytes);
    const executionMs = segments[EXECUTION] ?? 0;
    this.executionSquares += executionMs * executionMs;
    if (trace.attempt === 1) this.repeats.add(trace.inputHash, executionMs);
    if (!Number.isNaN(trace.encodeMs)) {
      this.waits.inputEncode.record(Math.min(trace.encodeMs, queueWaitMs));
      // A small result has no time of its own there, but that of all results that came with it.
      const readMs = trace.outputBytes >= LARGE_BYTES ? (segments[SETTLE] ?? 0) : 0;
      const codecMs = trace.encodeMs + (segments[DECODE] ?? 0) + readMs;
      this.messages.add(trace.inputBytes + trace.outputBytes, codecMs);
    }
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
    this.bands.add(latencyMs, segments);
  }

  #addIncomplete({ outcome, submittedAt, settledAt }: TaskTrace, { segments, reached }: TraceSplitter): void {
    const { outcomes, segmentMs, segmentCounts } = this.incomplete;
    outcomes[outcome]++;
    if (settledAt > submittedAt) this.incomplete.totalMs += settledAt - submittedAt;
    for (let i = 0; i < reached; i++) {
      segmentMs[i] = (segmentMs[i] ?? 0) + (segments[i] ?? 0);
      segmentCounts[i] = (segmentCounts[i] ?? 0) + 1;
    }
  }
}

function addBytes(sums: ByteSums, bytes: number): void {
  sums.total += bytes;
  if (bytes > sums.max) sums.max = bytes;
}

function noOutcomes(): OutcomeCounts {
  return { ok: 0, error: 0, cancelled: 0, timeout: 0, crash: 0 };
}
