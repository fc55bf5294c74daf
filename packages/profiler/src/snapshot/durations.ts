import type { Histogram } from '@millpond/core/internal';
import type { DurationStats } from './report-data.js';

/** A histogram as plain data. */
export function durationStats(histogram: Histogram): DurationStats {
  return {
    count: histogram.count,
    totalMs: histogram.sum,
    meanMs: histogram.mean,
    minMs: histogram.min,
    maxMs: histogram.max,
    p50Ms: histogram.percentile(0.5),
    p90Ms: histogram.percentile(0.9),
    p99Ms: histogram.percentile(0.99),
  };
}
