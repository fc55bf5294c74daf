import { limitWords } from '../../../format/limit-words.js';
import type { TaskReport } from '../../../model/task-report.js';
import { swatch } from '../../shared/capacity-view.js';
import { mediansOf } from '../../shared/heat-bins.js';
import { type Child, h } from '../../shared/node.js';
import { bytes, count, digits, ms, share } from '../../shared/numbers.js';
import { TASK_COLOURS } from '../colours.js';
import { fill } from '../dom.js';
import type { PoolData, View } from '../page.js';
import { name, table } from '../tables.js';
import { details, EMPTY_POOL } from './parts.js';

export const tasks: View = {
  id: 'tasks',
  title: 'Task names',
  why: [
    'share of busy = execution of the name ÷ execution of all names. slowdown = mean latency ÷ mean execution.',
    'cpu, gc and idle are parts of the execution: processor time, pauses of the collector, time in which the handler waited and the loop slept.',
    'The small curve is the median of latency over the run.',
  ],
  mount(host, page) {
    return {
      draw() {
        const pool = page.pool;
        if (pool === undefined) return fill(host, EMPTY_POOL);
        const chosen = pool.tasks[page.store.state.task];
        const rows = pool.report.byTask.filter(({ task }) => chosen === undefined || task === chosen);
        const errors = rows.flatMap(({ task, errors }) => errors.map((error) => ({ task, ...error })));
        fill(host, main(pool, rows), details('Errors, limits, codec', errorTable(errors), askedTable(rows)));
      },
    };
  },
};

function main(pool: PoolData, rows: readonly TaskReport[]): HTMLElement {
  const busy = pool.report.byTask.reduce((sum, { segments }) => sum + segments.execution.totalMs, 0);
  const ofExecution = (part: number, task: TaskReport) =>
    task.segments.execution.totalMs > 0 ? part / task.segments.execution.totalMs : 0;
  const failed = ({ outcomes }: TaskReport) => outcomes.error + outcomes.timeout + outcomes.crash + outcomes.cancelled;
  return table<TaskReport>(
    [
      {
        title: 'task',
        cell: ({ task }) =>
          h(
            'span',
            {},
            swatch(`task-${Math.min(TASK_COLOURS - 1, Math.max(0, pool.tasks.indexOf(task)))}`),
            name(task),
          ),
        by: ({ task }) => task,
      },
      { title: 'tries', cell: ({ tries }) => count(tries), by: ({ tries }) => tries },
      {
        title: 'of busy',
        note: 'share of the execution of all names',
        cell: ({ segments }) => share(busy > 0 ? segments.execution.totalMs / busy : 0),
        by: ({ segments }) => segments.execution.totalMs,
      },
      {
        title: 'execution',
        note: 'mean',
        cell: ({ segments }) => ms(segments.execution.meanMs),
        by: ({ segments }) => segments.execution.meanMs,
      },
      {
        title: 'latency',
        note: 'mean',
        cell: ({ latency }) => ms(latency.meanMs),
        by: ({ latency }) => latency.meanMs,
      },
      { title: 'p50', cell: ({ latency }) => ms(latency.p50Ms), by: ({ latency }) => latency.p50Ms },
      { title: 'p99', cell: ({ latency }) => ms(latency.p99Ms), by: ({ latency }) => latency.p99Ms },
      { title: 'median over time', cell: ({ task }) => sparkline(pool, task) },
      {
        title: 'slowdown',
        note: 'mean latency ÷ mean execution',
        cell: ({ slowdown }) => digits(slowdown),
        by: ({ slowdown }) => slowdown,
      },
      {
        title: 'in',
        note: 'mean bytes of an input',
        cell: ({ bytesIn }) => bytes(bytesIn.mean),
        by: ({ bytesIn }) => bytesIn.mean,
      },
      {
        title: 'out',
        note: 'mean bytes of a result',
        cell: ({ bytesOut }) => bytes(bytesOut.mean),
        by: ({ bytesOut }) => bytesOut.mean,
      },
      {
        title: 'cpu',
        note: 'share of the execution',
        cell: (task) => share(ofExecution(task.execution.cpuMs, task)),
        by: (task) => ofExecution(task.execution.cpuMs, task),
      },
      {
        title: 'gc',
        note: 'share of the execution',
        cell: (task) => share(ofExecution(task.execution.gcMs, task)),
        by: (task) => ofExecution(task.execution.gcMs, task),
      },
      {
        title: 'idle',
        note: 'share of the execution in which the loop slept',
        cell: (task) => share(ofExecution(task.execution.loopIdleMs, task)),
        by: (task) => ofExecution(task.execution.loopIdleMs, task),
      },
      {
        title: 'failed',
        cell: (task) => h('span', { class: failed(task) > 0 ? 'bad' : undefined }, count(failed(task))),
        by: failed,
      },
    ],
    rows,
    'No try came back.',
  );
}

const PLACES = 40;

function sparkline(pool: PoolData, task: string): Child {
  const grid = pool.grid(pool.tasks.indexOf(task));
  if (grid === undefined) return '–';
  const medians = mediansOf(grid, PLACES);
  const known = medians.filter((each) => !Number.isNaN(each));
  if (known.length === 0) return '–';
  const most = Math.max(...known);
  const points: string[] = [];
  medians.forEach((median, i) => {
    if (!Number.isNaN(median)) points.push(`${(i / (PLACES - 1)) * 100},${19 - (median / most) * 17}`);
  });
  const title = h('title', {}, `median latency between ${ms(Math.min(...known))} and ${ms(most)}`);
  return h(
    'svg',
    { viewBox: '0 0 100 20', class: 'spark', preserveAspectRatio: 'none' },
    title,
    h('polyline', {
      points: points.join(' '),
      fill: 'none',
      stroke: 'var(--c-cpu)',
      'stroke-width': 1.4,
      'vector-effect': 'non-scaling-stroke',
    }),
  );
}

function errorTable(rows: ({ task: string } & TaskReport['errors'][number])[]): HTMLElement {
  return table(
    [
      { title: 'task', cell: ({ task }) => name(task), by: ({ task }) => task },
      { title: 'error', cell: (row) => name(row.code === '' ? row.name : `${row.name} ${row.code}`) },
      { title: 'count', cell: (row) => count(row.count), by: (row) => row.count },
      { title: 'tried again', cell: (row) => count(row.retried), by: (row) => row.retried },
      { title: 'then ok', cell: (row) => count(row.succeededAfterRetry), by: (row) => row.succeededAfterRetry },
    ],
    rows,
    'No errors.',
  );
}

function askedTable(rows: readonly TaskReport[]): HTMLElement {
  return table(
    [
      { title: 'task', cell: ({ task }) => name(task), by: ({ task }) => task },
      { title: 'time limit', cell: ({ asked }) => (asked.timeoutMs === null ? 'none' : ms(asked.timeoutMs)) },
      {
        title: 'p99 of execution',
        cell: ({ segments }) => ms(segments.execution.p99Ms),
        by: ({ segments }) => segments.execution.p99Ms,
      },
      { title: 'retries', cell: ({ asked, retries }) => `${count(retries)} of at most ${count(asked.retries)} a task` },
      { title: 'limits', cell: ({ asked }) => asked.limits.map(limitWords).join(', ') || 'none' },
      {
        title: 'circuit breaker',
        note: 'calls that it refused, and time for which it was open',
        cell: ({ breaker }) => (breaker === null ? 'none' : `${count(breaker.refused)} · ${ms(breaker.openMs)}`),
        by: ({ breaker }) => breaker?.refused ?? 0,
      },
      { title: 'batch size', cell: ({ asked }) => (asked.batchSize === null ? 'none' : count(asked.batchSize)) },
      {
        title: 'encode in',
        note: 'ms in sum',
        cell: ({ codec }) => `${ms(codec.inputEncodeMs)}${codec.estimated ? ' est.' : ''}`,
        by: ({ codec }) => codec.inputEncodeMs,
      },
      { title: 'decode in', cell: ({ codec }) => ms(codec.inputDecodeMs), by: ({ codec }) => codec.inputDecodeMs },
      { title: 'encode out', cell: ({ codec }) => ms(codec.outputEncodeMs), by: ({ codec }) => codec.outputEncodeMs },
      { title: 'decode out', cell: ({ codec }) => ms(codec.outputDecodeMs), by: ({ codec }) => codec.outputDecodeMs },
      {
        title: 'not come back',
        note: 'tries without an end; in no other number',
        cell: ({ incomplete }) => count(incomplete.count),
        by: ({ incomplete }) => incomplete.count,
      },
    ],
    rows,
    '',
  );
}
