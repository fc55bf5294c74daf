/** Distribution of durations, ms. Count, total, mean, min and max are exact; percentiles are within 1.6 %. */
export interface DurationStats {
  count: number;
  totalMs: number;
  meanMs: number;
  minMs: number;
  maxMs: number;
  p50Ms: number;
  p75Ms: number;
  p90Ms: number;
  p95Ms: number;
  p99Ms: number;
  p999Ms: number;
}

/** A histogram as data: the buckets of `Histogram` in @millpond/core that are not empty. */
export type Buckets = readonly (readonly [bucket: number, count: number])[];
