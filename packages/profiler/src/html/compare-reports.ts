import { Histogram } from '@millpond/core/internal';
import type { Buckets } from '../model/durations.js';
import type { PoolReport } from '../model/pool-report.js';
import type { ReportData } from '../model/report-data.js';
import type { TaskReport } from '../model/task-report.js';
import type { ComparedMetric, Comparison } from './shared/page-data.js';

/** Two-sided 95 % of the normal distribution. */
const Z = 1.96;

/** Metrics of two runs side by side, pools and task names matched by name. */
export function compareReports(a: ReportData, b: ReportData): Comparison {
  const groups = [{ name: 'run', metrics: [plain('wall time', 'ms', a.run.wallMs, b.run.wallMs, false)] }];
  for (const pool of a.pools) {
    const other = b.pools.find(({ name }) => name === pool.name);
    if (other === undefined) continue;
    groups.push({ name: `pool ${pool.name}`, metrics: poolMetrics(pool, other) });
    for (const task of pool.byTask) {
      const same = other.byTask.find((each) => each.task === task.task);
      if (same !== undefined) groups.push({ name: `${pool.name} › ${task.task}`, metrics: taskMetrics(task, same) });
    }
  }
  const { startedAt, wallMs, node } = b.run;
  return { other: { startedAt, wallMs, node }, groups };
}

function poolMetrics(a: PoolReport, b: PoolReport): ComparedMetric[] {
  const failed = (pool: PoolReport) => (pool.tries === 0 ? 0 : 1 - pool.outcomes.ok / pool.tries);
  return [
    withSpread(
      'throughput',
      'per second',
      throughput(a),
      throughput(b),
      true,
      'tasks that settled per second; spread over windows',
    ),
    plain('utilization', 'share', a.utilization, b.utilization, null),
    plain('failed tries', 'share', failed(a), failed(b), false),
    plain('most workers', 'count', a.peakWorkers, b.peakWorkers, null),
    plain('largest memory', 'bytes', a.asked.memory.peakBytes ?? 0, b.asked.memory.peakBytes ?? 0, false),
  ];
}

function taskMetrics(a: TaskReport, b: TaskReport): ComparedMetric[] {
  const latency = 'from submit to settled; spread over tries';
  return [
    withSpread(
      'mean latency',
      'ms',
      momentsOf(a.latencyBuckets, a.latency.meanMs),
      momentsOf(b.latencyBuckets, b.latency.meanMs),
      false,
      latency,
    ),
    quantile('median latency', 0.5, a, b),
    quantile('99th percentile of latency', 0.99, a, b),
    withSpread('mean execution', 'ms', executionOf(a), executionOf(b), false, 'the handler alone; spread over tries'),
    plain('mean bytes in', 'bytes', a.bytesIn.mean, b.bytesIn.mean, null),
    plain('mean bytes out', 'bytes', a.bytesOut.mean, b.bytesOut.mean, null),
  ];
}

interface Moments {
  mean: number;
  /** Standard error of the mean. */
  error: number;
}

function executionOf({ segments: { execution }, executionSquares }: TaskReport): Moments {
  const { count, meanMs } = execution;
  if (count < 2) return { mean: meanMs, error: NaN };
  const variance = Math.max(0, (executionSquares - count * meanMs ** 2) / (count - 1));
  return { mean: meanMs, error: Math.sqrt(variance / count) };
}

/** The mean is exact; the spread comes from buckets, whose middles are within 1.6 %. */
function momentsOf(buckets: Buckets, mean: number): Moments {
  let total = 0;
  let squares = 0;
  for (const [bucket, count] of buckets) {
    total += count;
    squares += count * (middleOf(bucket) - mean) ** 2;
  }
  return { mean, error: total < 2 ? NaN : Math.sqrt(squares / (total - 1) / total) };
}

function middleOf(bucket: number): number {
  return histogramOf([[bucket, 1]]).percentile(0.5);
}

function histogramOf(counts: Buckets): Histogram {
  const histogram = new Histogram();
  const count = counts.reduce((sum, [, each]) => sum + each, 0);
  histogram.merge({ count, sum: 0, min: 0, max: Infinity, counts });
  return histogram;
}

/** Tasks a second by windows, of which neighbours resemble each other: the error counts one in two of them. */
function throughput(pool: PoolReport): Moments {
  const { settled, windowMs } = pool.curves;
  const full = settled.slice(0, -1).map((count) => (count * 1000) / windowMs);
  const mean = pool.tasksPerSecond;
  if (full.length < 4) return { mean, error: NaN };
  const middle = full.reduce((sum, each) => sum + each, 0) / full.length;
  const variance = full.reduce((sum, each) => sum + (each - middle) ** 2, 0) / (full.length - 1);
  return { mean, error: Math.sqrt(variance / (full.length / 2)) };
}

function plain(name: string, unit: ComparedMetric['unit'], a: number, b: number, more: boolean | null): ComparedMetric {
  const ratio = a > 0 && b > 0 ? b / a : null;
  return { name, unit, a, b, ratio, low: null, high: null, more, how: 'one number a run: no interval' };
}

/** Ratio of two means. Its interval comes from the errors of their logarithms, which add up. */
function withSpread(
  name: string,
  unit: ComparedMetric['unit'],
  a: Moments,
  b: Moments,
  more: boolean,
  how: string,
): ComparedMetric {
  const metric = { ...plain(name, unit, a.mean, b.mean, more), how };
  const error = Math.hypot(a.error / a.mean, b.error / b.mean);
  if (metric.ratio === null || !Number.isFinite(error)) return metric;
  return { ...metric, low: metric.ratio * Math.exp(-Z * error), high: metric.ratio * Math.exp(Z * error) };
}

/** A percentile's interval: the percentiles at its binomial bounds. */
function quantile(name: string, share: number, a: TaskReport, b: TaskReport): ComparedMetric {
  const ends = [a, b].map(({ latency, latencyBuckets }) => {
    const histogram = histogramOf(latencyBuckets);
    const n = Math.max(1, histogram.count);
    const around = Z * Math.sqrt((share * (1 - share)) / n);
    const at = (each: number) =>
      Math.max(latency.minMs, Math.min(latency.maxMs, histogram.percentile(Math.min(1, Math.max(0, each)))));
    return {
      value: share === 0.5 ? latency.p50Ms : latency.p99Ms,
      low: at(share - around),
      high: at(share + around),
      n,
    };
  });
  const [first, second] = ends as [(typeof ends)[0], (typeof ends)[0]];
  const metric = {
    ...plain(name, 'ms', first.value, second.value, false),
    how: 'interval by order statistics of the histogram',
  };
  // Fewer tries than the percentile needs have no interval.
  if (metric.ratio === null || Math.min(first.n, second.n) * (1 - share) < 1 || first.low <= 0 || second.low <= 0)
    return metric;
  return {
    ...metric,
    low: metric.ratio * Math.exp(-Math.hypot(Math.log(second.low / second.value), Math.log(first.high / first.value))),
    high: metric.ratio * Math.exp(Math.hypot(Math.log(second.high / second.value), Math.log(first.low / first.value))),
  };
}
