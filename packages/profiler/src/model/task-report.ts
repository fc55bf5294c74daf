import type { TaskAsked, TraceOutcome } from '@millpond/core';
import type { Buckets, DurationStats } from './durations.js';
import type { SegmentId, WaitId } from './segments.js';

/** Where the time of one task name went, over the tries that came back. */
export interface TaskReport {
  task: string;
  tries: number;
  retries: number;
  outcomes: Record<TraceOutcome, number>;
  /** From submit to settled. The nine segments add up to its total and to its mean; percentiles do not add. */
  latency: DurationStats;
  latencyBuckets: Buckets;
  executionBuckets: Buckets;
  /** `share`: of the total latency. In order of time. */
  segments: Record<SegmentId, DurationStats & { share: number }>;
  /** Means of the segments over tries around the median, and at and above the 99th percentile of latency, ms. */
  bands: { median: Record<SegmentId, number>; p99: Record<SegmentId, number> };
  /** Waits that policies cause, and the encoding of inputs. */
  waits: Record<WaitId, DurationStats & { share: number }>;
  /** encode + transportIn + decode + workerWait of the same try. */
  wayIn: DurationStats & { share: number };
  /** reply + transportOut + settle of the same try. */
  wayOut: DurationStats & { share: number };
  /** Encoding of results and decoding of inputs in the worker, and of results in the parent, ms in sum. `estimated`: from samples. */
  codec: {
    inputEncodeMs: number;
    inputDecodeMs: number;
    outputEncodeMs: number;
    outputDecodeMs: number;
    estimated: boolean;
  };
  bytesIn: { total: number; mean: number; max: number };
  bytesOut: { total: number; mean: number; max: number };
  /** Cost of a message as a + b · bytes, by least squares; null with too little spread. */
  messageFit: { fixedMs: number; nsPerByte: number; r2: number } | null;
  /** Parts of the execution, ms. Their sum is the execution. */
  execution: {
    cpuMs: number;
    gcMs: number;
    runQueueMs: number;
    loopIdleMs: number;
    offCpuMs: number;
    onLoopMs: number;
    unattributedMs: number;
  };
  /** Sum of squares of execution times, ms²: for the spread. */
  executionSquares: number;
  /** Mean latency ÷ mean execution. */
  slowdown: number;
  /** Limits as asked, against what was used. */
  asked: TaskAsked;
  /** Errors by class and message class, most first; at most 20. */
  errors: { name: string; code: string; count: number; retried: number; succeededAfterRetry: number }[];
  /**
   * Its circuit breakers, those of all keys together; null without one that refuses calls. `refused` calls are no tries. `openMs` is
   * the time with at least one open, ms.
   */
  breaker: { opened: number; openMs: number; refused: number; reason: string } | null;
  /** Interarrival of submits: mean and squared coefficient of variation. */
  arrivals: { meanMs: number; cv2: number };
  /** Tries that did not come back, and what they spent in the segments they went through; in no other number. */
  incomplete: {
    count: number;
    outcomes: Record<TraceOutcome, number>;
    /** From submit to settled: it includes the time after the last step that is known. */
    totalMs: number;
    segments: Record<SegmentId, { count: number; totalMs: number }>;
  };
}
