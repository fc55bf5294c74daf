import { HANDLER_PARTS } from '../../replay/rows.js';
import { stampOf } from '../../replay/rows-of-spans.js';
import type { RunRecord } from '../../replay/run-record.js';
import { groupedSlope } from '../../statistics/least-squares.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { ofTask, type PoolView, setOption, share } from '../view.js';
import { named } from '../words.js';
import { nativeThreadsOf } from './native-threads.js';

const LEAST_TASKS = 100;
const MOST_TASKS = 5000;

/** R26: the more tasks of a name are at work, the longer each takes. */
export function sharedResource(view: PoolView): Candidate[] {
  const { pool, record, places } = view;
  const queueing = share(view.execution.runQueueMs, view.executionMs);
  // Waiting for a core, or for the thread of the worker, makes tasks slow in company as well.
  if (nativeThreadsOf(view).isFull) return [];
  if (record === null || places < 2 || queueing >= 0.05 || (pool.asked.concurrency.now > 1 && view.loopShare >= 0.5))
    return [];
  return pool.byTask.flatMap((task) => {
    const slope = contentionOf(view, task.task);
    if (slope === undefined || Math.exp(slope.b * (places - 1)) < 1.3 || slope.low <= 0) return [];
    const limit = Math.max(1, Math.min(places, Math.round(1 / slope.b)));
    const name = record.names.indexOf(task.task);
    const isComputing = share(task.execution.cpuMs, task.segments.execution.totalMs) >= 0.5;
    const withTerms = (run: RunRecord, most: number): RunRecord => ({
      ...run,
      byName: run.byName.map((terms, i) =>
        i === name ? { ...terms, contention: slope.b, limit: Math.min(terms.limit, most) } : terms,
      ),
      rows: relieved(run, name, slope),
    });
    return [
      cause({
        id: 'R26',
        title: 'TASKS SLOW EACH OTHER DOWN',
        text: `Each further task of ${named(task.task)} at work makes all of them ${((Math.exp(slope.b) - 1) * 100).toFixed(0)} % slower: they share ${isComputing ? 'memory or a core' : 'a lock, a disk or a server'}.`,
        scope: { task: task.task },
        evidence: [
          evidence(
            'growth',
            Math.exp(slope.b * (places - 1)),
            'ratio',
            1.3,
            'e^(b · (places − 1)); log execution = a(name) + b · tasks of it at work',
          ),
          evidence('b', slope.b, 'ratio', null, `95 % interval ${slope.low.toFixed(3)} to ${slope.high.toFixed(3)}`),
        ],
        advice: [
          setOption(
            view,
            ofTask(task.task, 'concurrency'),
            limit,
            `Run at most ${limit} of ${named(task.task)} at a time: ${ofTask(task.task, 'concurrency')} = ${limit}. Or divide what they share.`,
            task.asked.concurrency ?? places,
          ),
        ],
        step: STEP.resource,
        confidence: 'medium',
        explains: ['R16', 'R27', 'R01'],
        suppresses: ['R01', 'R15'],
        without: (run) => (limit < places ? withTerms(run, limit) : null),
      }),
    ];
  });
}

/** Executions as they would be alone: each without the crowd that it had. Where rows are a selection, the mean crowd counts. */
function relieved(run: RunRecord, name: number, slope: Slope): RunRecord['rows'] {
  const rows = {
    ...run.rows,
    cpu: run.rows.cpu.slice(),
    gc: run.rows.gc.slice(),
    block: run.rows.block.slice(),
    native: run.rows.native.slice(),
    wait: run.rows.wait.slice(),
  };
  let own = 0;
  for (let row = 0; row < rows.count; row++) if (rows.name[row] === name) own++;
  const isWhole = own === slope.crowds.length;
  let place = 0;
  for (let row = 0; row < rows.count; row++) {
    if (rows.name[row] !== name) continue;
    const crowd = isWhole ? (slope.crowds[place++] ?? 0) : slope.meanCrowd;
    for (const part of HANDLER_PARTS) rows[part][row]! *= Math.exp(-slope.b * crowd);
  }
  return rows;
}

interface Slope {
  b: number;
  low: number;
  high: number;
  /** Others of the name at work: on average, and at the begin of each task, in the order of submits. */
  meanCrowd: number;
  crowds: number[];
}

/** Slope of the log of the execution against the tasks of the name that were at work at its begin. Found by one pass over begins and ends. */
function contentionOf({ pool: { spans } }: PoolView, task: string): Slope | undefined {
  if (spans === undefined || spans.kept < spans.of) return undefined;
  const name = spans.tasks.indexOf(task);
  const own = Array.from({ length: spans.kept }, (_, i) => i).filter(
    (i) => spans.task[i] === name && spans.outcome[i] === 'ok',
  );
  if (own.length < LEAST_TASKS) return undefined;
  const begins = own.map((i) => stampOf(spans, i, 5)).sort((a, b) => a - b);
  const ends = own.map((i) => stampOf(spans, i, 6)).sort((a, b) => a - b);
  const [group, x, y]: [number[], number[], number[]] = [[], [], []];
  const every = Math.max(1, Math.ceil(own.length / MOST_TASKS));
  for (let k = 0; k < own.length; k += every) {
    const i = own[k] ?? 0;
    const at = stampOf(spans, i, 5);
    const ms = stampOf(spans, i, 6) - at;
    if (!(ms > 0)) continue;
    group.push(0);
    x.push(Math.max(0, countUpTo(begins, at) - countUpTo(ends, at) - 1));
    y.push(Math.log(ms));
  }
  const line = groupedSlope(group, x, y);
  // Without variety there is nothing to learn.
  if (line === null || x.length < LEAST_TASKS) return undefined;
  const inOrder = own.toSorted((a, b) => stampOf(spans, a, 0) - stampOf(spans, b, 0));
  const crowds = inOrder.map((i) =>
    Math.max(0, countUpTo(begins, stampOf(spans, i, 5)) - countUpTo(ends, stampOf(spans, i, 5)) - 1),
  );
  return {
    crowds,
    b: line.b,
    low: line.low,
    high: line.high,
    meanCrowd: x.reduce((sum, each) => sum + each, 0) / x.length,
  };
}

/** Number of values up to this one, in a rising list. */
function countUpTo(values: readonly number[], most: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? Infinity) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}
