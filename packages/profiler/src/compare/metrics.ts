import type { PoolReport } from '../model/pool-report.js';
import type { ReportData } from '../model/report-data.js';
import type { TaskReport } from '../model/task-report.js';
import { bare, type Estimate } from './estimate.js';
import { curveEstimate, LATENCIES, latencyEstimates, wallEstimate } from './series.js';

export type MetricUnit = 'ms' | 'per second' | 'share' | 'bytes';

/** Names of all figures: of a pool, then of a task name. */
export const METRIC_NAMES = [
  ...(['wall', 'throughput', 'utilization', 'gc', 'memory'] as const),
  ...LATENCIES.map((figure) => `latency ${figure}` as const),
  ...(['execution mean', 'cpu', 'bytes in', 'bytes out'] as const),
];
type MetricName = (typeof METRIC_NAMES)[number];

/** A figure of one run that can be compared with that of another. */
export interface Metric {
  name: MetricName;
  pool: string;
  /** '' for a figure of a pool. */
  task: string;
  unit: MetricUnit;
  /** Whether more is better; null if neither is. */
  more: boolean | null;
  estimate: Estimate;
}

const ONE_VALUE = 'one value a run: repeat the run for a spread';

/** All figures of a report, by pools and task names. Earlier reports may have pools of one name: they are numbered in their order. */
export function metricsOf({ pools }: ReportData): Metric[] {
  return pools.flatMap((pool, i) => {
    const twins = pools.slice(0, i).filter(({ name }) => name === pool.name).length;
    const name = twins === 0 ? pool.name : `${pool.name} (${twins + 1})`;
    return [...poolMetrics(pool, name), ...pool.byTask.flatMap((task) => taskMetrics(pool, task, name))];
  });
}

function poolMetrics(pool: PoolReport, name: string): Metric[] {
  if (pool.tries === 0) return [];
  const wall = wallEstimate(pool);
  const perSecond = pool.activeMs > 0 ? pool.tries / (pool.activeMs / 1000) : 0;
  const gcMs = pool.workers.reduce((sum, worker) => sum + worker.gcMs, 0);
  const { curves } = pool;
  const busy = curveEstimate(pool.utilization, { over: curves.workersBusy, under: curves.workersUp });
  const gc = curveEstimate(gcMs / pool.tries, { over: curves.workerGcMs, under: curves.settled });
  const of = (metric: MetricName, unit: MetricUnit, more: boolean | null, estimate: Estimate): Metric => ({
    ...{ name: metric, pool: name, task: '', unit, more, estimate },
  });
  const { peakBytes } = pool.asked.memory;
  return [
    of('wall', 'ms', false, wall),
    // As many tasks in that time: the same error.
    of('throughput', 'per second', true, { ...wall, value: perSecond }),
    of('utilization', 'share', null, busy),
    of('gc', 'ms', false, gc),
    ...(peakBytes === null ? [] : [of('memory', 'bytes', false, bare(peakBytes, ONE_VALUE))]),
  ];
}

function taskMetrics(pool: PoolReport, task: TaskReport, name: string): Metric[] {
  if (task.latency.count === 0) return [];
  const { count } = task.latency;
  const latencies = latencyEstimates(pool, task);
  const of = (metric: MetricName, unit: MetricUnit, estimate: Estimate): Metric => ({
    ...{ name: metric, pool: name, task: task.task, unit, more: false, estimate },
  });
  return [
    ...LATENCIES.map((figure, i) => of(`latency ${figure}`, 'ms', latencies[i] ?? bare(0, ONE_VALUE))),
    of('execution mean', 'ms', bare(task.segments.execution.meanMs, ONE_VALUE)),
    of('cpu', 'ms', bare(task.execution.cpuMs / count, ONE_VALUE)),
    of('bytes in', 'bytes', bare(task.bytesIn.mean, ONE_VALUE)),
    of('bytes out', 'bytes', bare(task.bytesOut.mean, ONE_VALUE)),
  ];
}
