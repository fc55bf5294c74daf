import { bucketMiddleMs } from '@millpond/core/internal';
import { plainName } from '../../format/plain.js';
import type { Buckets } from '../../model/durations.js';
import type { ReportData } from '../../model/report-data.js';
import { SEGMENT_IDS } from '../../model/segments.js';
import type { TaskReport } from '../../model/task-report.js';
import { bounded } from './bounded.js';
import type { Distribution, Family, Series } from './family.js';

/** Bounds of the buckets, s. The report's own buckets are finer: 1.6 % of their value. */
const BOUNDS_SECONDS = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05],
  ...[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
];

/** Sums of one task name, or of many folded into one. */
interface TaskSums {
  outcomes: Record<string, number>;
  retries: number;
  latency: Distribution;
  execution: Distribution;
  segments: Record<string, number>;
  bytes: Record<'in' | 'out', number>;
}

export function taskFamilies({ pools }: ReportData): Family[] {
  const named = pools.flatMap((pool) => {
    const all = pool.byTask.map((task) => ({ name: task.task, sums: sumsOf(task) }));
    const kept = bounded(
      all,
      ({ sums }) => sums.latency.sumSeconds,
      ({ name }) => name,
      (sum, each) => ({ ...sum, sums: add(sum.sums, each.sums) }),
    );
    return kept.map(([task, { sums }]) => ({ labels: { pool: plainName(pool.name), task }, sums }));
  });
  const each = (valueOf: (sums: TaskSums) => number | Distribution): Series[] =>
    named.map(({ labels, sums }) => ({ labels, value: valueOf(sums) }));
  const by = (key: string, valuesOf: (sums: TaskSums) => Record<string, number>): Series[] =>
    named.flatMap(({ labels, sums }) =>
      Object.entries(valuesOf(sums)).map(([part, value]) => ({ labels: { ...labels, [key]: part }, value })),
    );
  return [
    {
      name: 'task.tries',
      help: 'Tries that came back, by outcome.',
      unit: '{task}',
      type: 'counter',
      series: by('outcome', ({ outcomes }) => outcomes),
    },
    {
      name: 'task.retries',
      help: 'Tries after the first one.',
      unit: '{task}',
      type: 'counter',
      series: each(({ retries }) => retries),
    },
    {
      name: 'task.latency',
      help: 'From submit to settled, of each try.',
      unit: 's',
      type: 'histogram',
      series: each(({ latency }) => latency),
    },
    {
      name: 'task.execution',
      help: 'From the call of the handler until it settled.',
      unit: 's',
      type: 'histogram',
      series: each(({ execution }) => execution),
    },
    {
      name: 'task.segment.time',
      help: 'Latency in sum, by its part.',
      unit: 's',
      type: 'counter',
      series: by('segment', ({ segments }) => segments),
    },
    {
      name: 'task.io',
      help: 'Bytes of inputs and of results.',
      unit: 'By',
      type: 'counter',
      series: by('direction', ({ bytes }) => bytes),
    },
  ];
}

function sumsOf({
  outcomes,
  retries,
  latency,
  latencyBuckets,
  segments,
  executionBuckets,
  bytesIn,
  bytesOut,
}: TaskReport): TaskSums {
  return {
    outcomes: { ...outcomes },
    retries,
    latency: distributionOf(latencyBuckets, latency.totalMs),
    execution: distributionOf(executionBuckets, segments.execution.totalMs),
    segments: Object.fromEntries(SEGMENT_IDS.map((id) => [id, segments[id].totalMs / 1000])),
    bytes: { in: bytesIn.total, out: bytesOut.total },
  };
}

function add(a: TaskSums, b: TaskSums): TaskSums {
  return {
    outcomes: addEach(a.outcomes, b.outcomes),
    retries: a.retries + b.retries,
    latency: addDistributions(a.latency, b.latency),
    execution: addDistributions(a.execution, b.execution),
    segments: addEach(a.segments, b.segments),
    bytes: { in: a.bytes.in + b.bytes.in, out: a.bytes.out + b.bytes.out },
  };
}

function addEach(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(a).map(([key, value]) => [key, value + (b[key] ?? 0)]));
}

function addDistributions(a: Distribution, b: Distribution): Distribution {
  return {
    boundsSeconds: a.boundsSeconds,
    counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)),
    count: a.count + b.count,
    sumSeconds: a.sumSeconds + b.sumSeconds,
  };
}

function distributionOf(buckets: Buckets, totalMs: number): Distribution {
  const counts = new Array<number>(BOUNDS_SECONDS.length + 1).fill(0);
  let count = 0;
  for (const [bucket, n] of buckets) {
    const seconds = bucketMiddleMs(bucket) / 1000;
    const place = BOUNDS_SECONDS.findIndex((bound) => seconds <= bound);
    const index = place < 0 ? BOUNDS_SECONDS.length : place;
    counts[index] = (counts[index] ?? 0) + n;
    count += n;
  }
  return { boundsSeconds: BOUNDS_SECONDS, counts, count, sumSeconds: totalMs / 1000 };
}
