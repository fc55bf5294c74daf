import type { Finding } from '../../model/finding.js';
import { stampOf } from '../../replay/rows-of-spans.js';
import { median, quantile } from '../../statistics/quantile.js';
import { type Candidate, evidence, note, STEP } from '../candidate.js';
import { largestOf, type PoolView, share } from '../view.js';
import { duration, named, percent } from '../words.js';
import { nativeThreadsOf } from './native-threads.js';

const LEAST_TASKS = 50;
/**
 * Part of the gaps between ends that must be near their median. Or part of the pairs of tasks at a time that must end in the order of
 * their begins. Tasks that do not wait for each other end in bunches or at random, and overtake each other.
 */
const REGULAR = 0.6;
/** With several at a time a gap is the sum of several, which differ less at random as well. 0.66 is the most seen without turns. */
const REGULAR_OF_SEVERAL = 0.8;
/** Enough where tasks end in the order of their begins. The smallest number with such gaps is that of tasks at a time. */
const REGULAR_IN_ORDER = 0.5;
/** Regular gaps ÷ those with one less at a time, then. Sums of random gaps become regular little by little. */
const STEEP = 1.4;
const NEAR = 0.3;
const IN_ORDER = 0.95;
/** Where services vary, gaps are not regular. Then the order alone must show it. */
const ALL_IN_ORDER = 0.98;
/** Spread of tasks ÷ that of a sum of independent gaps. It is 0.7 and more in turns, and below 0.05 for fixed waits of their own. */
const INDEPENDENT = 0.4;
const PAIRS_IN_ORDER = 'in order';
/** Most that are looked for at a time. */
const MOST_AT_A_TIME = 4;
/** Tasks that are looked at, and those beside each. More would say the same, and a pool may have 1,000 places. */
const MOST_TASKS = 10_000;
const MOST_BESIDE = 16;
/** From this part of execution on, a core may be what tasks take turns at. */
const QUEUEING = 0.25;

/** R26 again: something serves one task at a time, or few, however many are at work. More at once would only wait longer. */
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
  const isSingle = turns.atATime === 1;
  const what = io === undefined ? 'something' : `${io.peer} ${io.operation}, or something there,`;
  return [
    note({
      id: 'R26',
      title: isSingle ? 'ONE TASK AT A TIME' : `${turns.atATime} TASKS AT A TIME`,
      text:
        `Tasks of ${named(task.task)} end ${isSingle ? 'one after another' : `${turns.atATime} at a time`}, ${duration(turns.gapMs)} apart, ` +
        `however many are at work. Beside others one takes ${duration(turns.usualMs)}: ${what} serves ${isSingle ? 'one' : turns.atATime} at a time.`,
      scope: { task: task.task, ...(io === undefined ? {} : { peer: io.peer }) },
      evidence: [
        evidence(
          'regular ends',
          turns.regular,
          'share',
          turns.needs.regular,
          `gaps between ends within ${percent(NEAR)} of their median`,
        ),
        evidence(
          PAIRS_IN_ORDER,
          turns.inOrder,
          'share',
          turns.needs.inOrder,
          'pairs of tasks at a time that end in the order of their begins',
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

/** Whether a finding says that something outside serves few tasks at a time. */
export function isOfTurns({ id, evidence: of }: Finding): boolean {
  return id === 'R26' && of.some(({ metric }) => metric === PAIRS_IN_ORDER);
}

/** What tasks of a name show of something that serves few of them at a time. */
interface Turns {
  atATime: number;
  /** From one end to the next; with two at a time from the end before the last one. */
  gapMs: number;
  usualMs: number;
  regular: number;
  inOrder: number;
  independent: number;
  /** What was asked of the first two; null where the other one was enough. */
  needs: { regular: number | null; inOrder: number | null };
}

function turnsOf({ pool: { spans }, places }: PoolView, task: string): Turns | undefined {
  if (spans === undefined || spans.kept < spans.of) return undefined;
  const name = spans.tasks.indexOf(task);
  const tries = Array.from({ length: spans.kept }, (_, i) => i)
    .filter((i) => spans.task[i] === name && spans.outcome[i] === 'ok')
    .map((i) => ({ startMs: stampOf(spans, i, 5), endMs: stampOf(spans, i, 6) }))
    .filter(({ startMs, endMs }) => endMs > startMs)
    .sort((a, b) => a.startMs - b.startMs);
  // The first ones find less in use, and the last ones leave places empty.
  const crowded = tries.slice(places, -places).slice(0, MOST_TASKS);
  const [from, to] = [crowded[0]?.startMs, crowded.at(-1)?.startMs];
  if (crowded.length < LEAST_TASKS || from === undefined || to === undefined) return undefined;
  const ends = tries.map(({ endMs }) => endMs).filter((endMs) => endMs >= from && endMs <= to);
  ends.sort((a, b) => a - b);
  const lengths = crowded.map(({ startMs, endMs }) => endMs - startMs);
  const inOrder = orderOf(
    crowded.map(({ endMs }) => endMs),
    places,
  );
  const all = Array.from({ length: Math.min(MOST_AT_A_TIME, places - 1) }, (_, i) => inTurn(ends, lengths, i + 1));
  const found = all.filter(({ independent, usualMs, gapMs }) => independent >= INDEPENDENT && usualMs >= 1.5 * gapMs);
  if (inOrder < IN_ORDER) {
    const needed = (atATime: number) => (atATime === 1 ? REGULAR : REGULAR_OF_SEVERAL);
    const turns = found.find(({ atATime, regular }) => regular >= needed(atATime));
    return turns && { ...turns, inOrder, needs: { regular: needed(turns.atATime), inOrder: null } };
  }
  // Gaps over twice as many ends are as regular, and less disturbed: two at a time look like four, too.
  const turns = found.find(
    ({ atATime, regular }) => regular >= REGULAR_IN_ORDER && regular >= STEEP * (all[atATime - 2]?.regular ?? 0),
  );
  if (turns !== undefined) return { ...turns, inOrder, needs: { regular: REGULAR_IN_ORDER, inOrder: IN_ORDER } };
  const single = found.find(({ atATime }) => atATime === 1);
  return single && inOrder >= ALL_IN_ORDER
    ? { ...single, inOrder, needs: { regular: null, inOrder: ALL_IN_ORDER } }
    : undefined;
}

/**
 * Part of the pairs of tasks at work at a time that end in the order of their begins. Where a worker stood still for a moment, only the
 * pairs of its tasks are in another order.
 * @param ends of tasks in the order of their begins
 */
function orderOf(ends: readonly number[], places: number): number {
  let [inOrder, pairs] = [0, 0];
  for (const [i, end] of ends.entries()) {
    for (let other = i + 1; other < Math.min(ends.length, i + places, i + 1 + MOST_BESIDE); other++) {
      pairs++;
      if ((ends[other] ?? 0) >= end) inOrder++;
    }
  }
  return share(inOrder, pairs);
}

/**
 * In turns, gaps between ends vary independently of each other. Each task takes the sum of some gaps, and varies as that sum does.
 * Tasks that do not wait for each other drift apart instead: their gaps vary far more than they do.
 */
function inTurn(
  ends: readonly number[],
  lengths: readonly number[],
  atATime: number,
): Omit<Turns, 'inOrder' | 'needs'> {
  const gaps = ends.slice(atATime).map((endMs, i) => endMs - (ends[i] ?? 0));
  const gapMs = median(gaps);
  const usualMs = median(lengths);
  const regular = share(gaps.filter((gap) => Math.abs(gap - gapMs) <= NEAR * gapMs).length, gaps.length);
  const independent = share(spreadOf(lengths), Math.max(1, usualMs / gapMs) * spreadOf(gaps));
  return { atATime, gapMs, usualMs, regular, independent };
}

/** Square of the distance between the quartiles, which single late tasks do not change. */
function spreadOf(values: readonly number[]): number {
  return (quantile(values, 0.75) - quantile(values, 0.25)) ** 2;
}
