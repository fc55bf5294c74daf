import type { LivePool, LiveState } from './live-state.js';

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number];

interface Metric {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  samples: Sample[];
}

/** The state of pools in the text format of Prometheus, version 0.0.4. Counters count from the begin of each pool. */
export function liveMetrics({ pools, parent }: LiveState): string {
  const each = (valueOf: (pool: LivePool) => number): Sample[] =>
    pools.map((pool) => [{ pool: pool.name }, valueOf(pool)]);
  const byTask = (valueOf: (task: LivePool['byTask'][number]) => number): Sample[] =>
    pools.flatMap((pool) => pool.byTask.map((task): Sample => [{ pool: pool.name, task: task.task }, valueOf(task)]));
  const metrics: Metric[] = [
    gauge(
      'pool_tasks',
      'Tasks by where they are.',
      bySeveral(
        pools,
        ({ tasks }) => ({
          queued: tasks.queued,
          dispatched: tasks.dispatched,
          running: tasks.running,
        }),
        'state',
      ),
    ),
    counter(
      'pool_tasks_total',
      'Tasks that have ended, by outcome.',
      bySeveral(
        pools,
        ({ tasks }) => ({
          completed: tasks.completed,
          failed: tasks.failed,
          cancelled: tasks.cancelled,
        }),
        'outcome',
      ),
    ),
    counter(
      'pool_retries_total',
      'Further tries of tasks.',
      each(({ tasks }) => tasks.retried),
    ),
    gauge(
      'pool_workers',
      'Workers by state.',
      bySeveral(pools, ({ counts }) => ({ ...counts }), 'state'),
    ),
    gauge(
      'pool_concurrency',
      'Tasks at once in one worker.',
      each(({ sizing }) => sizing.concurrency),
    ),
    gauge(
      'pool_utilization',
      'Share of the workers that was in use over 10 s.',
      each((pool) => pool.utilization),
    ),
    gauge('pool_healthy', '1 while health() says ok, 0.5 for degraded, 0 for failing.', each(healthValue)),
    gauge(
      'pool_workers_resident_bytes',
      'Resident memory of all workers.',
      each(({ workers }) => sum(workers, 'rssBytes')),
    ),
    counter(
      'task_completed_total',
      'Completed tasks by name.',
      byTask((task) => task.completed),
    ),
    counter(
      'task_failed_total',
      'Failed tasks by name.',
      byTask((task) => task.failed),
    ),
    gauge('process_resident_bytes', 'Resident memory of the program.', [[{}, parent.rssBytes]]),
    gauge('event_loop_utilization', "Share of time in which the program's event loop was not idle.", [
      [{}, parent.loopShare],
    ]),
  ];
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(textOf)
    .join('');
}

/** Prefix of all names: series of other programs have others. */
function gauge(name: string, help: string, samples: Sample[]): Metric {
  return { name: `millpond_live_${name}`, type: 'gauge', help, samples };
}

function counter(name: string, help: string, samples: Sample[]): Metric {
  return { name: `millpond_live_${name}`, type: 'counter', help, samples };
}

function bySeveral(
  pools: readonly LivePool[],
  valuesOf: (pool: LivePool) => Record<string, number>,
  label: string,
): Sample[] {
  return pools.flatMap((pool) =>
    Object.entries(valuesOf(pool)).map(([key, value]): Sample => [{ pool: pool.name, [label]: key }, value]),
  );
}

function healthValue({ health }: LivePool): number {
  return health === null || health.status === 'ok' ? 1 : health.status === 'degraded' ? 0.5 : 0;
}

function sum<K extends string>(rows: readonly Record<K, number>[], key: K): number {
  return rows.reduce((total, row) => total + row[key], 0);
}

function textOf({ name, type, help, samples }: Metric): string {
  const lines = samples.map(
    ([labels, value]) => `${name}${labelsOf(labels)} ${Number.isFinite(value) ? value : 'NaN'}`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
}

function labelsOf(labels: Labels): string {
  const all = Object.entries(labels).map(([key, value]) => `${key}="${escape(String(value))}"`);
  return all.length === 0 ? '' : `{${all.join(',')}}`;
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
