import { HANDLER_PARTS, handlerMs } from '../../replay/rows.js';
import type { RunRecord } from '../../replay/run-record.js';
import { withRows } from '../../replay/what-if.js';
import { permutationTest } from '../../statistics/permutation.js';
import { median } from '../../statistics/quantile.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { activeWindows, largestOf, type PoolView, setOption, share } from '../view.js';
import { percent } from '../words.js';

const LEAST_TASKS = 20;
/** Share of the time in which tasks must wait beside an idle worker to be bound to others. */
const BESIDE_IDLE = 0.15;

/** R09: one worker takes longer than the others, for the same tasks. */
export function slowWorker(view: PoolView): Candidate[] {
  const { pool, record } = view;
  const worst = largestOf(
    pool.workers.filter(({ tasks, relativeTime }) => tasks >= LEAST_TASKS && relativeTime !== null),
    ({ relativeTime }) => relativeTime ?? 0,
  );
  if (worst === undefined || (worst.relativeTime ?? 0) < 1.15 || pool.workers.length < 2) return [];
  const compared = record === null ? undefined : compare(record, worst.slot);
  const ratio = compared?.ratio ?? worst.relativeTime ?? 1;
  if (ratio < 1.3 || (compared !== undefined && compared.chance >= 0.01)) return [];
  const isWaiting = share(worst.capacity.runQueue, worst.capacity.runQueue + worst.capacity.cpu) >= 0.1;
  const isCollecting = share(worst.capacity.gc, worst.busyMs) >= 0.1;
  const why = isWaiting
    ? 'It waited for a core: another program may use it.'
    : isCollecting
      ? 'Its collector took a large part.'
      : 'Neither its collector nor its core explains that.';
  return [
    cause({
      id: 'R09',
      title: `SLOW WORKER ${worst.workerId}`,
      text: `Worker ${worst.workerId} took ${ratio.toFixed(1)} times as long as the others for the same tasks. ${why}`,
      scope: { workerId: worst.workerId },
      evidence: [
        evidence(
          'relative time',
          ratio,
          'ratio',
          1.3,
          'median of its executions ÷ that of the others, each ÷ the median of its name',
        ),
        evidence('tasks', worst.tasks, 'count', LEAST_TASKS, 'tasks of the worker'),
        evidence('chance', compared?.chance ?? 0, 'share', 0.01, 'permutation test: as large a ratio by chance'),
      ],
      advice: [
        setOption(
          view,
          'recycle.onLeak',
          true,
          `Replace worker ${worst.workerId}: \`recycle: { onLeak: true, afterMs: 600_000 }\` gives each worker a successor.`,
          false,
        ),
        {
          text: isWaiting
            ? 'Look for another program on its core.'
            : `Look at what worker ${worst.workerId} holds in memory, and at its machine.`,
        },
      ],
      step: STEP.worker,
      explains: ['R08', 'R10', 'R22'],
      confidence: compared === undefined ? 'medium' : 'high',
      without: withRows((rows, row) => {
        if (rows.ran[row] !== worst.slot) return;
        for (const part of HANDLER_PARTS) rows[part][row]! /= ratio;
      }),
    }),
  ];
}

/** Executions of one worker against those of the others, as multiples of the median of their name. */
function compare({ rows, names }: RunRecord, worker: number): { ratio: number; chance: number } | undefined {
  const medians = names.map((_, name) => {
    const all: number[] = [];
    for (let row = 0; row < rows.count; row++) {
      if (rows.name[row] === name && rows.ran[row] !== worker) all.push(handlerMs(rows, row));
    }
    return median(all);
  });
  const own: number[] = [];
  const rest: number[] = [];
  for (let row = 0; row < rows.count; row++) {
    const usual = medians[rows.name[row] ?? 0] ?? 0;
    if (usual <= 0 || (rows.ran[row] ?? -1) < 0) continue;
    (rows.ran[row] === worker ? own : rest).push(handlerMs(rows, row) / usual);
  }
  if (own.length < LEAST_TASKS || rest.length < LEAST_TASKS) return undefined;
  const every = (values: number[]) => values.filter((_, i) => i % Math.ceil(values.length / 400) === 0);
  const others = median(rest);
  return { ratio: others > 0 ? median(own) / others : 1, chance: permutationTest(every(own), every(rest)) };
}

/** Whether workers have very unequal work while tasks wait for some of them: tasks are bound to workers. */
export function isBound(view: PoolView): boolean {
  const { pool, queueMs, latencyMs } = view;
  const up = pool.workers.filter(({ upMs }) => upMs >= 0.5 * pool.wallMs);
  if (!pool.hasKeys || up.length < 2 || share(queueMs, latencyMs) < 0.2) return false;
  const busy = up.map(({ busyMs, upMs }) => share(busyMs, upMs));
  const meanBusy = busy.reduce((sum, each) => sum + each, 0) / busy.length;
  const times = up.flatMap(({ relativeTime }) => (relativeTime === null ? [] : [relativeTime]));
  const isUneven = Math.max(...busy) >= 1.5 * meanBusy && Math.max(1, ...times) < 1.3;
  return isUneven && waitingWhileIdle(view) >= BESIDE_IDLE;
}

/** Share of the time in which tasks waited and at least one worker had none. */
function waitingWhileIdle(view: PoolView): number {
  const { curves } = view.pool;
  const windows = activeWindows(view);
  const both = windows.filter(
    (i) => (curves.queued[i] ?? 0) >= 0.9 && (curves.workersBusy[i] ?? 0) <= (curves.workersUp[i] ?? 0) - 0.8,
  );
  return share(both.length, windows.length);
}

/** R10: tasks wait for busy workers while others are idle. */
export function unevenRouting(view: PoolView): Candidate[] {
  const { pool } = view;
  if (!isBound(view)) return [];
  const idle = waitingWhileIdle(view);
  const busy = pool.workers.map(({ busyMs }) => busyMs);
  const ratio = Math.max(...busy) / Math.max(1e-6, busy.reduce((sum, each) => sum + each, 0) / busy.length);
  const most = largestOf(pool.workers, ({ busyMs }) => busyMs);
  return [
    cause({
      id: 'R10',
      title: 'TASKS WAIT FOR CERTAIN WORKERS',
      text: `Worker ${most?.workerId ?? 0} had ${ratio.toFixed(1)} times the work of the mean. For ${percent(idle)} of the time tasks waited while a worker was idle: their \`key\` binds them.`,
      scope: most === undefined ? {} : { workerId: most.workerId },
      evidence: [
        evidence('most to mean', ratio, 'ratio', 1.5, 'busy time of the busiest worker ÷ mean of all'),
        evidence(
          'waiting beside idle',
          idle,
          'share',
          BESIDE_IDLE,
          'windows with waiting tasks and an idle worker ÷ all windows',
        ),
      ],
      advice: [
        setOption(
          view,
          'key',
          'a finer one',
          'Call without `key`, or with one that divides the busiest key: its tasks all run on one worker.',
          'set by calls',
        ),
      ],
      step: STEP.feeding,
      explains: ['R08', 'R22', 'R01'],
      confidence: view.record?.source === 'spans' ? 'high' : 'medium',
      without: withRows((rows, row) => (rows.home[row] = -1)),
    }),
  ];
}
