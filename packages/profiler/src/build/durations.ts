import type { Histogram } from '@millpond/core/internal';
import type { DurationStats } from '../model/durations.js';
import { share } from './sums.js';

/** A histogram as plain data. */
export function durationStats(histogram: Histogram): DurationStats {
  return {
    count: histogram.count,
    totalMs: histogram.sum,
    meanMs: histogram.mean,
    minMs: histogram.min,
    maxMs: histogram.max,
    p50Ms: histogram.percentile(0.5),
    p75Ms: histogram.percentile(0.75),
    p90Ms: histogram.percentile(0.9),
    p95Ms: histogram.percentile(0.95),
    p99Ms: histogram.percentile(0.99),
    p999Ms: histogram.percentile(0.999),
  };
}

/** The same, with its share of a whole. @param wholeMs of the total */
export function durationShare(histogram: Histogram, wholeMs: number): DurationStats & { share: number } {
  return { ...durationStats(histogram), share: share(histogram.sum, wholeMs) };
}
