import { Histogram } from '@millpond/core/internal';
import type { Curves } from '../model/curves.js';
import type { PoolReport } from '../model/pool-report.js';
import type { SpanColumns } from '../model/spans.js';
import type { TaskReport } from '../model/task-report.js';
import { correlationOf, queueCorrelation } from './correlation.js';
import { bare, blocksFor, byBlocks, type Estimate } from './estimate.js';

/** Tries of one name among the kept ones, in order of their submits. */
interface Series {
  values: Float64Array;
  weights: Float64Array;
}

/** The figures of a latency, in the order of `latencyEstimates`. */
export const LATENCIES = ['mean', 'p50', 'p90', 'p99'] as const;
const SHARES = [0.5, 0.9, 0.99];
const FEW = 'too few independent tries for a spread';
/** A percentile with fewer independent tries beyond it is that of a single bad moment. */
const LEAST_BEYOND = 5;
/** Half a bucket of a histogram. */
const BUCKET_ERROR = 0.016;

/** Mean and percentiles of the latency of a task name. Values are those of the report; errors come from tries, or from counts. */
export function latencyEstimates(pool: PoolReport, task: TaskReport): Estimate[] {
  const { meanMs, p50Ms, p90Ms, p99Ms } = task.latency;
  const exact = [meanMs, p50Ms, p90Ms, p99Ms];
  const series = pool.spans === undefined ? undefined : latenciesOf(pool.spans, task.task);
  const estimates = series === undefined ? fromCounts(pool, task) : fromSeries(series);
  return estimates.map((estimate, i) => ({ ...estimate, value: exact[i] ?? 0 }));
}

function withTail(estimate: Estimate, share: number, independent: number): Estimate {
  return (1 - share) * independent < LEAST_BEYOND ? bare(estimate.value, FEW) : estimate;
}

function latenciesOf({ tasks, task, stamps, weight }: SpanColumns, name: string): Series | undefined {
  const index = tasks.indexOf(name);
  const values: number[] = [];
  const weights: number[] = [];
  for (const [i, at] of task.entries()) {
    const [from, to] = [stamps[i]?.[0], stamps[i]?.[9]];
    if (at !== index || typeof from !== 'number' || typeof to !== 'number') continue;
    values.push(to - from);
    weights.push(weight[i] ?? 1);
  }
  return values.length < 2 ? undefined : { values: Float64Array.from(values), weights: Float64Array.from(weights) };
}

function fromSeries({ values, weights }: Series): Estimate[] {
  const count = values.length;
  const correlation = correlationOf(values);
  const blocks = blocksFor(count, 2 * correlation);
  const order = Uint32Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const blockOf = (i: number) => Math.min(Math.max(1, blocks) - 1, Math.floor((i * Math.max(1, blocks)) / count));
  const figures = (draw: Uint16Array): number[] => {
    let total = 0;
    let weighted = 0;
    for (let i = 0; i < count; i++) {
      const weight = (weights[i] ?? 0) * (draw[blockOf(i)] ?? 0);
      total += weight;
      weighted += weight * (values[i] ?? 0);
    }
    const percentiles: number[] = [];
    let seen = 0;
    for (const i of order) {
      seen += (weights[i] ?? 0) * (draw[blockOf(i)] ?? 0);
      while (percentiles.length < SHARES.length && seen >= (SHARES[percentiles.length] ?? 1) * total)
        percentiles.push(values[i] ?? 0);
    }
    return [total > 0 ? weighted / total : 0, ...percentiles];
  };
  const [mean, ...percentiles] = byBlocks(blocks, figures, 'blocks of tries drawn anew');
  return [mean ?? bare(0, FEW), ...percentiles.map((each, i) => withTail(each, SHARES[i] ?? 1, count / correlation))];
}

/** Without single tries: the count of each bucket, as if as few tries had been seen as are independent. */
function fromCounts(pool: PoolReport, { latency, latencyBuckets }: TaskReport): Estimate[] {
  const independent = latency.count / queueCorrelation(pool);
  const { meanMs, p50Ms, p90Ms, p99Ms } = latency;
  if (independent < 20) return [meanMs, p50Ms, p90Ms, p99Ms].map((value) => bare(value, FEW));
  const histogram = new Histogram();
  const { count, totalMs, minMs, maxMs } = latency;
  histogram.merge({ count, sum: totalMs, min: minMs, max: maxMs, counts: latencyBuckets });
  const how = 'counts by length, for as many tries as are independent';
  const degrees = Math.floor(independent) - 1;
  const mean: Estimate = {
    value: meanMs,
    error: Math.sqrt(squaredSpread(latency, latencyBuckets) / independent),
    degrees,
    how,
  };
  return [
    mean,
    ...SHARES.map((share): Estimate => {
      // The number of tries below a percentile varies by a root. So the percentiles that far away are its bounds.
      const off = Math.sqrt((share * (1 - share)) / independent);
      if (share + off >= 1 || share - off <= 0) return bare(histogram.percentile(share), FEW);
      const [low, high] = [histogram.percentile(share - off), histogram.percentile(share + off)];
      const error = Math.log(high / low) / 2 || BUCKET_ERROR;
      return withTail({ value: histogram.percentile(share), error, degrees, how }, share, independent);
    }),
  ];
}

/** Variance of the lengths ÷ square of their mean. */
function squaredSpread({ count, meanMs }: TaskReport['latency'], buckets: TaskReport['latencyBuckets']): number {
  let squares = 0;
  for (const [bucket, tries] of buckets) {
    const one = new Histogram();
    one.merge({ count: 1, sum: 0, min: 0, max: Infinity, counts: [[bucket, 1]] });
    squares += tries * (one.percentile(0.5) - meanMs) ** 2;
  }
  return meanMs > 0 ? squares / Math.max(1, count - 1) / meanMs ** 2 : 0;
}

/** From the first submit to the last result: the times between results, in blocks. */
export function wallEstimate({ activeMs, spans, curves, peakWorkers, asked }: PoolReport): Estimate {
  const places = Math.max(1, peakWorkers * asked.concurrency.now);
  if (spans !== undefined && spans.kept === spans.of) {
    const ends = spans.stamps.map((each) => each[9]).filter((at) => typeof at === 'number');
    ends.sort((a, b) => a - b);
    return { ...blocksOfTime(ends, blocksFor(ends.length, places)), value: activeMs };
  }
  // Windows with as many results: the same from the curve of results.
  const ends = curves.settled.flatMap((count, i) => {
    const at = curves.atMs[i] ?? 0;
    return Array.from(
      { length: Math.min(count, 1_000) },
      (_, k) => at + ((k + 1) / Math.min(count, 1_000)) * curves.windowMs,
    );
  });
  return { ...blocksOfTime(ends, blocksFor(curves.settled.filter((count) => count > 0).length, 2)), value: activeMs };
}

function blocksOfTime(ends: readonly number[], blocks: number): Estimate {
  const at = (k: number) => ends[Math.min(ends.length - 1, Math.floor((k * ends.length) / blocks))] ?? 0;
  const lengths = Array.from({ length: blocks }, (_, k) => at(k + 1) - at(k));
  const figures = (draw: Uint16Array) => [lengths.reduce((sum, ms, k) => sum + ms * (draw[k] ?? 0), 0)];
  return byBlocks(blocks, figures, 'times between results')[0] ?? bare(0, 'nothing was measured');
}

/** A quotient of two curves over blocks of windows. */
export function curveEstimate(
  value: number,
  { over, under }: { over: Curves[keyof Curves] & (number | null)[]; under: readonly number[] },
): Estimate {
  const count = Math.min(over.length, under.length);
  const blocks = blocksFor(count, 2);
  const figures = (draw: Uint16Array) => {
    let [above, below] = [0, 0];
    for (let i = 0; i < count; i++) {
      const times = draw[Math.floor((i * Math.max(1, blocks)) / count)] ?? 0;
      above += times * (over[i] ?? 0);
      below += times * (under[i] ?? 0);
    }
    return [below > 0 ? above / below : 0];
  };
  const [estimate = bare(value, '')] = byBlocks(blocks, figures, 'windows of time');
  return { ...estimate, value };
}
