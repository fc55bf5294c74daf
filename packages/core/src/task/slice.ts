import { isLate } from '../base/clock.js';
import { BUCKETS, Histogram } from '../base/histogram.js';
import type { Percentiles } from '../contract/window-stats.js';

/** Counts of a histogram's buckets: bucket, count, bucket, count, … with ascending buckets. */
export type BucketCounts = Uint32Array;

export const NO_COUNTS: BucketCounts = new Uint32Array(0);

/** What a pool did in a stretch of time. */
export interface Slice {
  readonly fromMs: number;
  readonly toMs: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Execution time, and the time for which places for tasks existed. */
  readonly busyMs: number;
  readonly placeMs: number;
  /** Longest delay of the event loop. */
  readonly lateMs: number;
  readonly total: BucketCounts;
  readonly run: BucketCounts;
}

/** Whether no task ended in it. */
export function isEmpty({ completed, failed, cancelled }: Slice): boolean {
  return completed + failed + cancelled === 0;
}

/** Whether nothing happened in it: no task ended, and the event loop was never late (base/clock.ts). */
export function isQuiet(slice: Slice): boolean {
  return isEmpty(slice) && !isLate(0, slice.lateMs);
}

/** One slice of two that follow one another. */
export function joined(first: Slice, second: Slice): Slice {
  return {
    fromMs: first.fromMs,
    toMs: second.toMs,
    completed: first.completed + second.completed,
    failed: first.failed + second.failed,
    cancelled: first.cancelled + second.cancelled,
    busyMs: first.busyMs + second.busyMs,
    placeMs: first.placeMs + second.placeMs,
    lateMs: Math.max(first.lateMs, second.lateMs),
    total: addedUp(first.total, second.total),
    run: addedUp(first.run, second.run),
  };
}

/** The part of a slice without tasks from this time on. */
export function laterPart(slice: Slice, fromMs: number): Slice {
  const share = (slice.toMs - fromMs) / (slice.toMs - slice.fromMs);
  return { ...slice, fromMs, busyMs: slice.busyMs * share, placeMs: slice.placeMs * share };
}

/** The counts by which a table has grown since `before`, which becomes equal to it. */
export function takeGrowth(table: Uint32Array, before: Uint32Array): BucketCounts {
  let size = 0;
  for (let bucket = 0; bucket < table.length; bucket++) if (table[bucket] !== before[bucket]) size += 2;
  const counts = new Uint32Array(size);
  let at = 0;
  for (let bucket = 0; bucket < table.length && at < size; bucket++) {
    const now = table[bucket] as number;
    if (now === before[bucket]) continue;
    counts[at++] = bucket;
    counts[at++] = now - (before[bucket] as number);
    before[bucket] = now;
  }
  return counts;
}

/** Percentiles of all these counts together. */
export function percentiles(all: Iterable<BucketCounts>): Percentiles {
  const table = new Uint32Array(BUCKETS);
  let count = 0;
  for (const counts of all) {
    for (let at = 0; at < counts.length; at += 2) {
      const bucket = counts[at] as number;
      table[bucket] = (table[bucket] as number) + (counts[at + 1] as number);
      count += counts[at + 1] as number;
    }
  }
  const pairs: [number, number][] = [];
  for (let bucket = 0; bucket < BUCKETS; bucket++)
    if (table[bucket] !== 0) pairs.push([bucket, table[bucket] as number]);
  const histogram = new Histogram();
  histogram.merge({ count, sum: 0, min: 0, max: Infinity, counts: pairs });
  return { p50: histogram.percentile(0.5), p99: histogram.percentile(0.99) };
}

function addedUp(first: BucketCounts, second: BucketCounts): BucketCounts {
  if (first.length === 0) return second;
  if (second.length === 0) return first;
  const all = new Uint32Array(first.length + second.length);
  let size = 0;
  for (let a = 0, b = 0; a < first.length || b < second.length;) {
    const one = first[a] ?? Infinity;
    const other = second[b] ?? Infinity;
    all[size] = Math.min(one, other);
    if (one <= other) all[size + 1] = (first[a + 1] as number) + (all[size + 1] as number);
    if (other <= one) all[size + 1] = (second[b + 1] as number) + (all[size + 1] as number);
    if (one <= other) a += 2;
    if (other <= one) b += 2;
    size += 2;
  }
  return all.slice(0, size);
}
