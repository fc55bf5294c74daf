import { stampOf } from '../../replay/rows-of-spans.js';
import { median, quantile } from '../../statistics/quantile.js';
import { type Candidate, evidence, note, STEP } from '../candidate.js';
import { largestOf, type PoolView, share } from '../view.js';
import { duration, named, percent } from '../words.js';
import { nativeThreadsOf } from './native-threads.js';

const LEAST_TASKS = 50;
/** Part of the gaps between ends that must be near their median: free tasks end in bunches, or at random. */
const REGULAR = 0.75;
const NEAR = 0.3;
/** The shortest of the first tasks, which found nothing in use, as a part of what tasks take beside others. */
const ALONE = 0.7;

/** One that found nothing in use takes about as long as the gap between ends. */
const NEAR_GAP = 1.8;
/** Fewer tasks do not show whether they drift apart. */
const LEAST_WITHOUT_RAMP = 100;
/** Spread of tasks ÷ that of a sum of independent gaps, from which on gaps count as independent. */
const INDEPENDENT = 0.6;

/** What tasks of a name show of something that serves one of them at a time. */
interface Turns {
  gapMs: number;
  aloneMs: number;
  usualMs: number;
  regular: number;
}

/** R26 again: tasks end one after another, however many are at work. More at once would only wait longer. */
export function oneAtATime(view: PoolView): Candidate[] {
  const { pool, places, execution, executionMs } = view;
  // Waiting for a core, or for the thread of the worker, makes tasks take turns as well.
  if (places < 2 || share(execution.runQueueMs, executionMs) >= 0.05) return [];
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
        `Tasks of ${named(task.task)} end one after another, ${duration(turns.gapMs)} apart, however many are at work. One alone would take ` +
        `${duration(turns.aloneMs)}, and beside others it takes ${duration(turns.usualMs)}: ${what} serves one at a time.`,
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
          'alone',
          share(turns.aloneMs, turns.usualMs),
          'ratio',
          ALONE,
          'shortest of the first tasks ÷ median; up to this',
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

function turnsOf({ pool: { spans }, places }: PoolView, task: string): Turns | undefined {
  if (spans === undefined || spans.kept < spans.of) return undefined;
  const name = spans.tasks.indexOf(task);
  const tries = Array.from({ length: spans.kept }, (_, i) => i)
    .filter((i) => spans.task[i] === name && spans.outcome[i] === 'ok')
    .map((i) => ({ startMs: stampOf(spans, i, 5), endMs: stampOf(spans, i, 6) }))
    .filter(({ startMs, endMs }) => endMs > startMs)
    .sort((a, b) => a.startMs - b.startMs);
  const crowded = tries.slice(places, -places);
  const [from, to] = [crowded[0]?.startMs, crowded.at(-1)?.startMs];
  if (crowded.length < LEAST_TASKS || from === undefined || to === undefined) return undefined;
  const ends = tries.map(({ endMs }) => endMs).filter((endMs) => endMs >= from && endMs <= to);
  ends.sort((a, b) => a - b);
  const gaps = ends.slice(1).map((endMs, i) => endMs - (ends[i] ?? 0));
  const gapMs = median(gaps);
  const usualMs = median(crowded.map(({ startMs, endMs }) => endMs - startMs));
  const aloneMs = Math.min(...tries.slice(0, places).map(({ startMs, endMs }) => endMs - startMs));
  const regular = share(gaps.filter((gap) => Math.abs(gap - gapMs) <= NEAR * gapMs).length, gaps.length);
  if (regular < REGULAR) return undefined;
  const isRamp = aloneMs <= ALONE * usualMs && aloneMs <= NEAR_GAP * gapMs;
  const lengths = crowded.map(({ startMs, endMs }) => endMs - startMs);
  if (!isRamp && (crowded.length < LEAST_WITHOUT_RAMP || !areIndependent(gaps, lengths))) return undefined;
  return { gapMs, aloneMs: isRamp ? aloneMs : gapMs, usualMs, regular };
}

/**
 * Whether gaps between ends vary independently of each other. Each task then takes the sum of some gaps, and varies as that sum does.
 * Tasks that do not wait for each other drift apart instead: their gaps vary far more than they do.
 */
function areIndependent(gaps: readonly number[], lengths: readonly number[]): boolean {
  const spread = (values: readonly number[]) => (quantile(values, 0.75) - quantile(values, 0.25)) ** 2;
  const inTask = Math.max(1, Math.round(median(lengths) / median(gaps)));
  return spread(lengths) >= INDEPENDENT * inTask * spread(gaps);
}
