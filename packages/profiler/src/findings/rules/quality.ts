import type { PoolReport } from '../../model/pool-report.js';
import { type Candidate, evidence, note, STEP } from '../candidate.js';
import { type PoolView, share, sumOf } from '../view.js';
import { count, duration, named, percent } from '../words.js';

export const LEAST_TRIES = 30;
const UNATTRIBUTED = 0.05;
const DROPPED = 0.01;
const LITTLE = 0.02;

/** The step to take where handlers do not come back. */
export const HANGING_STEP =
  'Set timeoutMs: it ends a handler that does not come back, and timeoutStack: true shows where it hangs.';

/** Shorter stretches without a result are nothing special. */
const LEAST_QUIET_MS = 1000;

/** A handler hangs if it has run for this long, and for a multiple of what others take. */
const LEAST_HANGING_MS = 500;
const MUCH_LONGER = 10;
/** Fewer tries of a name say nothing of what is usual. */
const LEAST_OF_NAME = 5;
/** Part of the places of workers that hanging handlers take: from here on, a report names them. */
const TAKEN = 0.1;

/** Handlers that had not come back at the end, in words. */
export function hanging({ silentWorkers, dispatched, queued, running: [longest] }: PoolReport['atEnd']): string {
  const since = longest === undefined ? '' : ` (${named(longest.task)} for ${duration(longest.ms)})`;
  const parts = [
    `${count(dispatched, 'task')} in workers${since}`,
    ...(queued > 0 ? [`${queued} waiting`] : []),
    ...(silentWorkers > 0 ? [`${count(silentWorkers, 'worker')} without an answer`] : []),
  ];
  return parts.join(', ');
}

/** Time at the end in which tasks were in workers and none came back, ms. 0 if tasks take as long. */
export function standstillMs({ atEnd, byTask, curves, wallMs }: PoolReport): number {
  if (atEnd.dispatched === 0) return 0;
  const last = curves.settled.findLastIndex((count) => count > 0);
  const quietMs = wallMs - (last < 0 ? 0 : (curves.atMs[last] ?? 0) + curves.windowMs);
  const longestMs = Math.max(0, ...byTask.map(({ segments }) => segments.execution.p99Ms));
  return quietMs >= Math.max(LEAST_QUIET_MS, 5 * longestMs) ? quietMs : 0;
}

/** Handlers that had run at the end far longer than those of their name, or of all names, take. */
function hangingHandlers({ atEnd, byTask }: PoolReport): PoolReport['atEnd']['running'] {
  const usualMs = (tasks: PoolReport['byTask']) =>
    Math.max(0, ...tasks.map(({ segments }) => segments.execution.p99Ms));
  return atEnd.running.filter(({ task, ms }) => {
    const own = byTask.filter((each) => each.task === task && each.segments.execution.count >= LEAST_OF_NAME);
    return ms >= Math.max(LEAST_HANGING_MS, MUCH_LONGER * usualMs(own.length > 0 ? own : byTask));
  });
}

/** R28: what keeps a verdict from being certain. */
export function doubts(view: PoolView): Candidate[] {
  const { pool, measured } = view;
  const { quality } = measured;
  const quietMs = standstillMs(pool);
  const tries = Math.max(view.tries, pool.tries);
  const [hung, ...more] = hangingHandlers(pool);
  const others = more.length;
  const taken = share(
    sumOf(hung === undefined ? [] : [hung, ...more], ({ ms }) => ms),
    pool.capacity.upMs * Math.max(1, pool.asked.concurrency.now),
  );
  const dropped =
    sumOf(quality.dropped, (each) => each.count) /
    Math.max(
      1,
      sumOf(measured.pools, (each) => each.tries),
    );
  const failed = [
    ...(quietMs > 0
      ? [
          {
            what: `nothing came back for the last ${duration(quietMs)}. Left at the end: ${hanging(pool.atEnd)}`,
            step: HANGING_STEP,
            value: 0,
            e: evidence(
              'time without a result',
              quietMs,
              'ms',
              LEAST_QUIET_MS,
              'from the last settled task to the end',
            ),
          },
        ]
      : []),
    ...(quietMs === 0 && pool.atEnd.silentWorkers > 0 && pool.atEnd.dispatched > 0
      ? [
          {
            what: `at the end, there were ${hanging(pool.atEnd)}`,
            step: HANGING_STEP,
            value: 0,
            e: evidence('silent workers', pool.atEnd.silentWorkers, 'count', 1, 'workers without an answer within 1 s'),
          },
        ]
      : []),
    ...(taken >= TAKEN && hung !== undefined && quietMs === 0 && pool.atEnd.silentWorkers === 0
      ? [
          {
            what:
              `a handler of ${named(hung.task)} had run in worker ${hung.workerId} for ${duration(hung.ms)}, and had not come back` +
              `${others > 0 ? `, and ${others} more` : ''}`,
            step: HANGING_STEP,
            value: taken,
            e: evidence(
              'places taken',
              taken,
              'share',
              TAKEN,
              'time of handlers that hang ÷ (time of workers × concurrency)',
            ),
          },
        ]
      : []),
    ...(tries < LEAST_TRIES
      ? [
          {
            what: `${count(tries, 'try is', 'tries are')} too few`,
            step: 'Run it longer: 30 tries at least.',
            value: tries,
            e: evidence('tries', tries, 'count', LEAST_TRIES, 'tries of the pool; below this'),
          },
        ]
      : []),
    ...(quality.unattributedShare > UNATTRIBUTED
      ? [
          {
            what: `${percent(quality.unattributedShare)} of the time has no place in the ledgers`,
            step: 'Measure on a quiet machine, with a newer Node.js where it can say more.',
            value: 0,
            e: evidence(
              'unattributed',
              quality.unattributedShare,
              'share',
              UNATTRIBUTED,
              'time of workers that the ledgers leave over',
            ),
          },
        ]
      : []),
    ...(dropped > DROPPED
      ? [
          {
            what: `${percent(dropped)} of the tries were lost to the measurement`,
            step: 'Measure a shorter run, or at a lower level.',
            value: 0,
            e: evidence('dropped', dropped, 'share', DROPPED, 'tries without a place ÷ tries'),
          },
        ]
      : []),
    ...(quality.littleError !== null && quality.littleError > LITTLE
      ? [
          {
            what: `tasks in flight and latencies disagree by ${percent(quality.littleError)}`,
            step: 'Attach the profiler before the first task, and measure longer.',
            value: 0,
            e: evidence("Little's law", quality.littleError, 'share', LITTLE, '|L − λ · latency| ÷ L'),
          },
        ]
      : []),
  ];
  const [first] = failed;
  if (first === undefined) return [];
  return [
    note({
      id: 'R28',
      title: 'CANNOT TELL',
      text: `The measurements leave doubts: ${failed.map(({ what }) => what).join('; ')}.`,
      evidence: failed.map(({ e }) => e),
      advice: failed.map(({ step }) => ({ text: step })),
      step: STEP.purpose - 1,
      confidence: 'high',
    }),
  ];
}
