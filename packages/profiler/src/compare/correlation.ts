import type { PoolReport } from '../model/pool-report.js';

/** Values are averaged in groups down to this number before their correlation is looked for. */
const MOST_VALUES = 4_096;

/**
 * Number of values after which a series no longer depends on its own past. It is 1 + 2 × the sum of its autocorrelations, up to a
 * lag of six times the result. 1 for independent values; the length of the series if it only drifts.
 */
export function correlationOf(values: Float64Array): number {
  const group = Math.max(1, Math.ceil(values.length / MOST_VALUES));
  const series = clipped(averaged(values, group));
  const count = series.length;
  if (count < 8) return values.length;
  const mean = series.reduce((sum, value) => sum + value, 0) / count;
  const variance = covariance(series, mean, 0);
  if (variance === 0) return 1;
  let sum = 1;
  for (let lag = 1; lag < count / 2; lag++) {
    sum += (2 * covariance(series, mean, lag)) / variance;
    if (lag >= 6 * Math.max(1, sum)) break;
  }
  // A mean taken from the same values hides a part of what they share. The less there is, the more.
  const seen = Math.max(1, sum);
  return Math.min(values.length, group * seen * (1 + (6 * seen) / count));
}

/**
 * The same from the load ρ of a queue, where single tries are not known. It is (1 + ρ) ÷ (1 − ρ)² for one worker with random arrivals
 * and lengths. With Q waiting tries on average it is (1 + 2 Q)(1 + Q). The larger one counts.
 */
export function queueCorrelation({ byTask, activeMs, utilization }: PoolReport): number {
  const waitedMs = byTask.reduce((sum, { segments }) => sum + segments.queueWait.totalMs, 0);
  const waiting = activeMs > 0 ? waitedMs / activeMs : 0;
  const load = Math.min(0.999, utilization);
  return Math.max((1 + 2 * waiting) * (1 + waiting), (1 + load) / (1 - load) ** 2);
}

function averaged(values: Float64Array, group: number): Float64Array {
  if (group === 1) return Float64Array.from(values);
  const means = new Float64Array(Math.floor(values.length / group));
  for (let i = 0; i < means.length; i++) {
    let sum = 0;
    for (let k = 0; k < group; k++) sum += values[i * group + k] ?? 0;
    means[i] = sum / group;
  }
  return means;
}

/** Without its extremes: one outlier would hide what the others have in common. */
function clipped(series: Float64Array): Float64Array {
  const sorted = Float64Array.from(series).sort();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(0.02), at(0.98)];
  return series.map((value) => Math.min(high, Math.max(low, value)));
}

function covariance(series: Float64Array, mean: number, lag: number): number {
  let sum = 0;
  for (let i = lag; i < series.length; i++) sum += ((series[i] ?? 0) - mean) * ((series[i - lag] ?? 0) - mean);
  return sum / series.length;
}
