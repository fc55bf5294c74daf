import { expectedWaitMs } from '../../statistics/erlang.js';
import { theilSen } from '../../statistics/theil-sen.js';
import { type Candidate, evidence, note, risk, STEP } from '../candidate.js';
import { activeWindows, type PoolView, setOption, share, sumOf } from '../view.js';
import { count, duration, percent } from '../words.js';

/** Queue that a program may have room for, as a share of its memory. */
const MEMORY_SHARE = 0.5;

/** R21: tasks come faster than they are done. */
export function unstableQueue(view: PoolView): Candidate[] {
  const { pool, record, measured } = view;
  // Where the program waits for results, or submitted all at once, the queue cannot grow for ever.
  if (record === null || record.arrivals.kind !== 'open') return [];
  // A window bounds the tasks of `map`.
  if (pool.loops.inputs >= 0.5 * pool.tasks) return [];
  const windows = activeWindows(view);
  const { curves } = pool;
  const last = curves.arrived.findLastIndex((arrived) => arrived > 0);
  const flowing = windows.filter((i) => i <= last);
  const isSteady = steadyShare(flowing.map((i) => curves.arrived[i] ?? 0)) >= 0.6;
  if (flowing.length < 10 || (last + 1) * curves.windowMs < 0.3 * pool.activeMs || !isSteady) return [];
  const seconds = flowing.map((i) => (curves.atMs[i] ?? 0) / 1000);
  const { slope, low } = theilSen(
    seconds,
    flowing.map((i) => curves.queued[i] ?? 0),
  );
  const spanS = (seconds.at(-1) ?? 0) - (seconds[0] ?? 0);
  // A program that encodes inputs most of the time calls as fast as it can: its calls have an end.
  const encodeS = sumOf(pool.byTask, ({ codec }) => codec.inputEncodeMs) / 1000;
  if (encodeS >= 0.5 * spanS) return [];
  const arrivals = sumOf(flowing, (i) => curves.arrived[i] ?? 0) / Math.max(1e-9, spanS);
  if (!(low > 0) || slope * spanS < Math.max(10, 2 * view.places) || slope < 0.05 * arrivals) return [];
  const queued = Math.max(0, ...flowing.map((i) => curves.queued[i] ?? 0));
  const { max } = pool.asked.queue;
  const memory = measured.run.memoryBytes;
  const perTask =
    share(
      sumOf(pool.byTask, ({ bytesIn }) => bytesIn.total),
      view.tries,
    ) + 500;
  const most = max ?? (memory === null ? null : (MEMORY_SHARE * memory) / perTask);
  const failsInMs = most === null ? null : (Math.max(0, most - queued) / slope) * 1000;
  const room = Math.max(10 * view.places, Math.ceil(view.places * 100));
  // Places that are busy at this rate (Little), and half a worker to spare.
  const busy = (arrivals * share(view.executionMs, view.tries)) / 1000;
  const wanted = Math.max(view.workers + 1, Math.ceil(busy / Math.max(1, pool.asked.concurrency.now) + 0.5));
  return [
    risk({
      id: 'R21',
      title: 'THE QUEUE GROWS WITHOUT END',
      text: `${arrivals.toFixed(arrivals < 10 ? 1 : 0)} tasks a second came, and ${slope.toFixed(slope < 10 ? 1 : 0)} a second more than were done. ${count(Math.round(queued), 'task')} waited at the end.`,
      evidence: [
        evidence(
          'growth',
          slope,
          'per second',
          0,
          'Theil–Sen slope of the queue until the last arrival; 95 % interval above 0',
        ),
        evidence('arrivals', arrivals, 'per second', null, 'submits ÷ time'),
        evidence(
          'drain',
          share(queued, Math.max(1e-9, arrivals - slope)),
          's',
          null,
          'queue ÷ rate of results, if nothing more came',
        ),
      ],
      advice: [
        setOption(
          view,
          'queue.max',
          room,
          `Refuse what cannot be done: queue.max = ${room}, and \`await pool.room()\` before each call.`,
          max ?? 'none',
        ),
        setOption(
          view,
          'workers.max',
          wanted,
          `Or add capacity: about ${wanted} workers, on as many cores.`,
          pool.asked.workers.max,
        ),
      ],
      step: STEP.queue,
      confidence: 'high',
      failsInMs,
    }),
  ];
}

/** Share of windows with arrivals, which tells a flow from a burst. */
function steadyShare(arrived: readonly number[]): number {
  // Few tasks leave windows empty: then neighbours count together.
  const group = Math.max(
    1,
    Math.ceil(
      (3 * arrived.length) /
        Math.max(
          1,
          sumOf(arrived, (each) => each),
        ),
    ),
  );
  const joined: number[] = [];
  for (let i = 0; i < arrived.length; i += group) joined.push(sumOf(arrived.slice(i, i + group), (each) => each));
  const mean = sumOf(joined, (each) => each) / Math.max(1, joined.length);
  return share(joined.filter((each) => each >= 0.2 * mean).length, joined.length);
}

/** R22: tasks wait longer than their load explains. */
export function unexplainedWait(view: PoolView): Candidate[] {
  const { pool, record, occupancy, places } = view;
  const waitMs = share(view.queueMs, view.tries);
  if (
    record === null ||
    record.arrivals.kind !== 'open' ||
    occupancy >= 0.9 ||
    share(view.queueMs, view.latencyMs) < 0.2
  )
    return [];
  const serviceMs = share(view.executionMs, view.tries);
  const squares = share(
    sumOf(pool.byTask, ({ executionSquares }) => executionSquares),
    view.tries,
  );
  const serviceCv2 = serviceMs > 0 ? Math.max(0, squares / serviceMs ** 2 - 1) : 0;
  const arrivals = pool.byTask.filter(({ tries }) => tries > 1);
  const arrivalCv2 = share(
    sumOf(arrivals, ({ arrivals: a, tries }) => a.cv2 * tries),
    sumOf(arrivals, ({ tries }) => tries),
  );
  const expectedMs = expectedWaitMs(places, occupancy, serviceMs, Math.max(0.01, arrivalCv2), serviceCv2);
  const ratio = waitMs / Math.max(expectedMs, 0.02 * serviceMs);
  if (!Number.isFinite(ratio) || ratio < 3) return [];
  return [
    note({
      id: 'R22',
      title: 'TASKS WAIT LONGER THAN THE LOAD EXPLAINS',
      text: `Tasks waited ${duration(waitMs)} for a worker, ${ratio.toFixed(0)} times what ${percent(occupancy)} occupied places explain.`,
      evidence: [
        evidence(
          'wait to expected wait',
          ratio,
          'ratio',
          3,
          'queue wait ÷ (Erlang C(W, ρ) · x ÷ (W(1 − ρ)) · (Ca² + Cs²) ÷ 2)',
        ),
        evidence(
          'expected wait',
          Number.isFinite(expectedMs) ? expectedMs : 0,
          'ms',
          null,
          'Erlang C, with the correction of Allen and Cunneen',
        ),
      ],
      advice: [
        {
          text: 'Look for bursts of submits, for a busy main thread, and for keys or priorities that keep tasks from free workers.',
        },
      ],
      step: STEP.queue,
    }),
  ];
}
