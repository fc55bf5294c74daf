import { copyRows } from '../../replay/rows.js';
import { withWorkers } from '../../replay/what-if.js';
import type { RunRecord } from '../../replay/run-record.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { leastSquares } from '../statistics/least-squares.js';
import { percent } from '../words.js';
import { activeWindows, type PoolView, setOption, share } from '../view.js';

const LEAST_WINDOWS = 12;

/** R02: workers compete for cores. */
export function tooManyWorkers(view: PoolView): Candidate[] {
  const { pool, workers, cores } = view;
  const { cpuMs, gcMs, runQueueMs } = view.execution;
  const queueing = share(runQueueMs, runQueueMs + cpuMs + gcMs);
  const computing = share(cpuMs + gcMs + runQueueMs, view.executionMs);
  const surplus = workers > Math.ceil(cores) && computing >= 0.7;
  if (queueing < 0.1 && !surplus) return [];
  const perWorker = Math.max(0.05, computing);
  const wanted = Math.max(1, Math.floor((cores + 0.25) / perWorker));
  if (wanted >= workers) return [];
  const switching = switchingLoss(view);
  const isFixed = pool.asked.workers.min === pool.asked.workers.max;
  const option = isFixed ? 'workers' : 'workers.max';
  return [
    cause({
      id: 'R02',
      title: 'TOO MANY WORKERS FOR THE CORES',
      text:
        `Handlers were ready to compute for ${percent(queueing)} of their computing time and had no core: ` +
        `${workers} workers share ${cores.toFixed(1)} cores.`,
      evidence: [
        evidence('waiting for a core', queueing, 'share', 0.1, 'run queue ÷ (run queue + cpu + gc) of handlers'),
        evidence('workers for each core', workers / cores, 'ratio', 1, 'workers ÷ cores, if handlers compute for 70 % of the time'),
        evidence('loss by switching', switching, 'ratio', null, 'slope of the time a task against surplus workers, over windows'),
      ],
      advice: [setOption(view, option, wanted, `Set ${option} to ${wanted}: each worker then has a core, and memory is saved.`, isFixed ? workers : pool.asked.workers.max)],
      step: STEP.worker,
      confidence: switching > 0 ? 'medium' : 'low',
      without: (record: RunRecord) => withWorkers(wanted)({ ...withoutSwitching(record, switching * meanSurplus(view)), switching }),
    }),
  ];
}

/** Computing time as it would be if no thread took another one's core. */
function withoutSwitching(record: RunRecord, loss: number): RunRecord {
  const rows = copyRows(record.rows);
  for (let row = 0; row < rows.count; row++) rows.cpu[row]! /= 1 + loss;
  return { ...record, rows };
}

/** Surplus of busy workers over the cores, as a multiple of these, while tasks were done. */
function meanSurplus(view: PoolView): number {
  const { curves } = view.pool;
  let [surplus, settled] = [0, 0];
  for (const i of activeWindows(view)) {
    const count = curves.settled[i] ?? 0;
    surplus += count * Math.max(0, (curves.workersBusy[i] ?? 0) / view.cores - 1);
    settled += count;
  }
  return share(surplus, settled);
}

/**
 * What surplus threads cost each other: time a task, in cores, of windows in which cores were in use, against the surplus of busy
 * workers. 0 if windows with and without a surplus do not differ beyond doubt.
 */
export function switchingLoss(view: PoolView): number {
  const { curves } = view.pool;
  const x: number[] = [];
  const y: number[] = [];
  // Windows are joined until each has some 20 tasks, so that whole tasks do not make noise.
  const windows = activeWindows(view);
  const perWindow = view.tries / Math.max(1, windows.length);
  const group = Math.max(1, Math.ceil(20 / Math.max(0.01, perWindow)));
  for (let from = 0; from + group <= windows.length; from += group) {
    const places = windows.slice(from, from + group);
    const busy = places.reduce((sum, i) => sum + (curves.workersBusy[i] ?? 0), 0) / group;
    const settled = places.reduce((sum, i) => sum + (curves.settled[i] ?? 0), 0);
    if (busy < view.cores * 0.9 || settled === 0) continue;
    x.push(Math.max(0, busy / view.cores - 1));
    y.push((group * curves.windowMs * view.cores) / settled);
  }
  if (x.length < LEAST_WINDOWS || Math.max(...x) - Math.min(...x) < 0.4) return 0;
  const line = leastSquares(x, y);
  return line !== null && line.low > 0 && line.a > 0 ? Math.min(2, line.b / line.a) : 0;
}
