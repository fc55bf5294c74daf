import { HANDLER_PARTS, handlerMs, pickRows } from '../../replay/rows.js';
import type { RunRecord } from '../../replay/run-record.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { ofTask, type PoolView, setOption, share } from '../view.js';
import { duration, named } from '../words.js';

/** R08: at the end of a run, few workers are at work on what was submitted late. */
export function straggler(view: PoolView): Candidate[] {
  const { record, pool, workers } = view;
  if (record === null || view.goal !== 'makespan' || record.arrivals.kind === 'rounds') return [];
  const wasteMs = tailWaste(view);
  const waste = share(wasteMs, workers * pool.activeMs);
  if (waste < 0.1) return [];
  const { rows } = record;
  let [totalMs, longest] = [0, 0];
  for (let row = 0; row < rows.count; row++) {
    totalMs += handlerMs(rows, row);
    if (handlerMs(rows, row) > handlerMs(rows, longest)) longest = row;
  }
  const longestMs = handlerMs(rows, longest);
  const evenMs = totalMs / view.places;
  const isOneTask = longestMs > 0.7 * evenMs;
  const task = record.names[rows.name[longest] ?? 0] ?? '';
  const boundMs = Math.max(evenMs, longestMs);
  const pieceMs = evenMs / 4;
  const pieces = Math.ceil(longestMs / Math.max(1e-6, pieceMs));
  const worker = rows.ran[longest] ?? -1;
  return [
    cause({
      id: 'R08',
      title: 'STRAGGLER',
      text:
        `At the end, workers were idle for ${duration(wasteMs / workers)} each while the last tasks ran. The longest task, of ` +
        `${named(task)}, took ${duration(longestMs)}; all work evenly shared takes ${duration(evenMs)}.`,
      scope: {
        task,
        ...(worker < 0 ? {} : { workerId: pool.workers.find(({ slot }) => slot === worker)?.workerId ?? worker + 1 }),
      },
      evidence: [
        evidence(
          'tail',
          waste,
          'share',
          0.1,
          'time of idle workers since the queue was empty for good ÷ (workers × length)',
        ),
        evidence('longest task', longestMs, 'ms', null, 'longest execution'),
        evidence(
          'efficiency',
          share(boundMs, pool.activeMs / record.weight),
          'share',
          null,
          'max(work ÷ places, longest task) ÷ length',
        ),
      ],
      advice: isOneTask
        ? [{ text: `Split the longest tasks into pieces of ${duration(pieceMs)}: the longest one into ${pieces}.` }]
        : [
            { text: 'Submit the longest tasks first.' },
            setOption(
              view,
              ofTask(task, 'priority'),
              10,
              `Or let ${named(task)} go first: ${ofTask(task, 'priority')} = 10.`,
              0,
            ),
          ],
      step: STEP.queue,
      confidence: record.source === 'spans' ? 'high' : 'low',
      without: isOneTask ? (run) => splitLong(run, pieceMs) : longestFirst,
    }),
  ];
}

/** Idle time of workers from the moment on at which nothing waits any more. */
function tailWaste({ pool, workers }: PoolView): number {
  const { curves } = pool;
  const last = curves.settled.findLastIndex((count) => count > 0);
  let from = curves.arrived.findLastIndex((count) => count > 0);
  from = Math.max(
    from,
    curves.queued.findLastIndex((count) => count >= 0.5),
  );
  let ms = 0;
  for (let i = from + 1; i <= last; i++) ms += Math.max(0, workers - (curves.workersBusy[i] ?? 0)) * curves.windowMs;
  return ms;
}

/** The run with its longest tasks first. Times of submits stay where they are. */
export function longestFirst(record: RunRecord): RunRecord | null {
  const { rows } = record;
  const order = Array.from({ length: rows.count }, (_, row) => row).sort(
    (a, b) => handlerMs(rows, b) - handlerMs(rows, a),
  );
  const picked = pickRows(rows, order);
  picked.after.fill(-1);
  for (let row = 0; row < rows.count; row++) picked.at[row] = rows.at[row] ?? 0;
  return { ...record, rows: picked };
}

/** The run with tasks cut into pieces of this length at most. */
export function splitLong(record: RunRecord, pieceMs: number): RunRecord | null {
  const { rows } = record;
  const places: number[] = [];
  const pieces: number[] = [];
  for (let row = 0; row < rows.count; row++) {
    const count = Math.min(1000, Math.max(1, Math.ceil(handlerMs(rows, row) / Math.max(1e-6, pieceMs))));
    for (let piece = 0; piece < count; piece++) {
      places.push(row);
      pieces.push(count);
    }
  }
  const picked = pickRows(rows, places);
  for (const [row, count] of pieces.entries()) {
    for (const part of HANDLER_PARTS) picked[part][row]! /= count;
    if (count > 1) picked.after[row] = -1;
  }
  return { ...record, rows: picked };
}
