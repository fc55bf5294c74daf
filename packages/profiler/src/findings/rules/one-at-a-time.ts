import { stampOf } from '../../replay/rows-of-spans.js';
import { median, quantile } from '../../statistics/quantile.js';
import { type Candidate, evidence, note, STEP } from '../candidate.js';
import { largestOf, type PoolView, share } from '../view.js';
import { duration, named, percent } from '../words.js';
import { nativeThreadsOf } from './native-threads.js';

const LEAST_TASKS = 50;
/** Part of the gaps between ends that must be near their median. Tasks without turns end in bunches, or at random. */
const REGULAR = 0.6;
const NEAR = 0.3;
/** Spread of tasks ÷ that of a sum of independent gaps. It is 0.7 and more in turns, and below 0.05 for fixed waits of their own. */
const INDEPENDENT = 0.4;
/** From this part of execution on, a core may be what tasks take turns at. */
const QUEUEING = 0.25;

/** R26 again: tasks end one after another, however many are at work. More at once would only wait longer. */
export function oneAtATime(view: PoolView): Candidate[] {
  const { pool, places, execution, executionMs } = view;
  if (places < 2 || share(execution.runQueueMs, executionMs) >= QUEUEING) return [];
  // The thread of a worker makes tasks take turns as well.
  if (pool.asked.concurrency.now > 1 && view.loopShare >= 0.5) return [];
  // Native threads are R15's.
  if (share(view.queueMs, view.latencyMs) < 0.2 || nativeThreadsOf(view).isFull) return [];
  const task = largestOf(pool.byTask, ({ segments }) => segments.execution.totalMs);
  const turns = task && turnsOf(view, task.task);
  if (task === undefined || turns === undefined) return [];
  const io = largestOf(
    pool.io.filter((each) => each.task === task.task),
    ({ totalMs }) => totalMs,
  );
  const what = io === undefined ? 'something' : `${io.peer} ${io.operation}, or something there,`;
  return [
    note({
      id: 'R26',
      title: 'ONE TASK AT A TIME',
      text:
        `Tasks of ${named(task.task)} end one after another, ${duration(turns.gapMs)} apart, however many are at work. Beside others ` +
        `one takes ${duration(turns.usualMs)}: ${what} serves one at a time.`,
      scope: { task: task.task, ...(io === undefined ? {} : { peer: io.peer }) },
      evidence: [
        evidence(
          'regular ends',
          turns.regular,
          'share',
          REGULAR,
          `gaps between ends within ${percent(NEAR)} of their median`,
        ),
        evidence(
          'independent gaps',
          turns.independent,
          'ratio',
          INDEPENDENT,
          '(quartile distance of executions ÷ that of gaps)² ÷ gaps in an execution',
        ),
      ],
      advice: [
        {
          text: 'No option of the pool helps: shorten what a task does with the lock, file or server that they share, or divide it.',
        },
      ],
      step: STEP.resource,
      suppresses: ['R01', 'R15', 'R16', 'R27'],
    }),
  ];
}

/** What tasks of a name show of something that serves one of them at a time. */
interface Turns {
  gapMs: number;
  usualMs: number;
  regular: number;
  independent: number;
}

/**
 * In turns, gaps between ends vary independently of each other. Each task takes the sum of some gaps, and varies as that sum does.
 * Tasks that do not wait for each other drift apart instead: their gaps vary far more than they do.
 */
function turnsOf({ pool: { spans }, places }: PoolView, task: string): Turns | undefined {
  if (spans === undefined || spans.kept < spans.of) return undefined;
  const name = spans.tasks.indexOf(task);
  const tries = Array.from({ length: spans.kept }, (_, i) => i)
    .filter((i) => spans.task[i] === name && spans.outcome[i] === 'ok')
    .map((i) => ({ startMs: stampOf(spans, i, 5), endMs: stampOf(spans, i, 6) }))
    .filter(({ startMs, endMs }) => endMs > startMs)
    .sort((a, b) => a.startMs - b.startMs);
  // The first ones find less in use, and the last ones leave places empty.
  const crowded = tries.slice(places, -places);
  const [from, to] = [crowded[0]?.startMs, crowded.at(-1)?.startMs];
  if (crowded.length < LEAST_TASKS || from === undefined || to === undefined) return undefined;
  const ends = tries.map(({ endMs }) => endMs).filter((endMs) => endMs >= from && endMs <= to);
  ends.sort((a, b) => a - b);
  const gaps = ends.slice(1).map((endMs, i) => endMs - (ends[i] ?? 0));
  const gapMs = median(gaps);
  const lengths = crowded.map(({ startMs, endMs }) => endMs - startMs);
  const usualMs = median(lengths);
  const regular = share(gaps.filter((gap) => Math.abs(gap - gapMs) <= NEAR * gapMs).length, gaps.length);
  const inTask = Math.max(1, Math.round(usualMs / gapMs));
  const independent = share(spreadOf(lengths), inTask * spreadOf(gaps));
  return inTask >= 2 && regular >= REGULAR && independent >= INDEPENDENT
    ? { gapMs, usualMs, regular, independent }
    : undefined;
}

/** Square of the distance between the quartiles, which single late tasks do not change. */
function spreadOf(values: readonly number[]): number {
  return (quantile(values, 0.75) - quantile(values, 0.25)) ** 2;
}
