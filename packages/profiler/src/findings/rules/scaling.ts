import { fitScalability, throughputOf } from '../../statistics/scalability.js';
import { type Candidate, cause, evidence, note, STEP } from '../candidate.js';
import { activeWindows, type PoolView, setOption, share, sumOf } from '../view.js';
import { count, percent } from '../words.js';

const LEAST_WINDOWS = 30;
const FLAPS_A_MINUTE = 3;

/** R25: the number of workers follows the load badly. */
export function sizing(view: PoolView): Candidate[] {
  const { pool, workers } = view;
  const { curves, asked } = pool;
  const minutes = Math.max(1e-6, pool.wallMs / 60_000);
  let flaps = 0;
  for (let i = 1; i < pool.sizing.length; i++) {
    const [before, now] = [pool.sizing[i - 1], pool.sizing[i]];
    if (before !== undefined && now !== undefined && (now.to - now.from) * (before.to - before.from) < 0) flaps++;
  }
  const isFlapping = flaps >= 3 && flaps / minutes >= FLAPS_A_MINUTE;
  const windows = activeWindows(view);
  const missing = sumOf(windows, (i) =>
    (curves.queued[i] ?? 0) >= 1 ? Math.max(0, workers - (curves.workersUp[i] ?? 0)) : 0,
  );
  const lag = share(missing, workers * windows.length);
  if (asked.workers.min >= workers || (lag < 0.1 && !isFlapping)) return [];
  return [
    cause({
      id: 'R25',
      title: isFlapping ? 'WORKERS COME AND GO' : 'WORKERS COME LATE',
      text: `${percent(lag)} of the workers that the pool had in the end were not there while tasks waited. It changed its size ${count(pool.sizing.length, 'time')}, and turned round ${count(flaps, 'time')}.`,
      evidence: [
        evidence(
          'missing workers',
          lag,
          'share',
          0.1,
          'workers below the peak, in windows with waiting tasks ÷ (peak × windows)',
        ),
        evidence('turns', flaps / minutes, 'count', FLAPS_A_MINUTE, 'changes of direction a minute'),
      ],
      advice: [
        setOption(view, 'workers.min', workers, `Keep ${workers} workers: workers.min.`, asked.workers.min),
        setOption(view, 'workers.idleMs', 60_000, 'Or keep idle workers for longer: workers.idleMs.', 10_000),
      ],
      step: STEP.start + 0.2,
      explains: ['R01', 'R22', 'R17'],
      suppresses: ['R01'],
      without: (record) => {
        const first = Math.min(...record.workers.map(({ readyMs }) => readyMs));
        return { ...record, workers: record.workers.map((worker) => ({ ...worker, readyMs: first })) };
      },
    }),
  ];
}

/** R27: from some number on, further workers bring nothing. */
export function scalingLimit(view: PoolView): Candidate[] {
  const { pool, workers } = view;
  const { curves } = pool;
  // Only windows in which tasks wait show what the workers can do.
  const full = activeWindows(view).filter((i) => (curves.queued[i] ?? 0) >= 1);
  const byCount = new Map<number, number[]>();
  for (const i of full) {
    const n = Math.round(curves.workersBusy[i] ?? 0);
    if (n >= 1) byCount.set(n, [...(byCount.get(n) ?? []), ((curves.settled[i] ?? 0) / curves.windowMs) * 1000]);
  }
  const points = [...byCount]
    .filter(([, rates]) => rates.length >= LEAST_WINDOWS)
    .map(([n, rates]) => ({ workers: n, rate: sumOf(rates, (rate) => rate) / rates.length }));
  const fit = fitScalability(points);
  if (fit === null || !(fit.best < 0.8 * workers)) return [];
  const best = Math.max(1, Math.round(fit.best));
  const gain = throughputOf(fit, best) / Math.max(1e-9, throughputOf(fit, workers)) - 1;
  return [
    note({
      id: 'R27',
      title: 'FURTHER WORKERS BRING NOTHING',
      text: `The pool does most with ${best} of ${workers} workers: ${percent(Math.max(0, gain))} more than with all.`,
      evidence: [
        evidence('best number', fit.best, 'workers', 0.8 * workers, 'universal scalability law: √((1 − σ) ÷ κ)'),
        evidence('serial part', fit.sigma, 'share', null, 'σ of the fit'),
        evidence('cost of a pair', fit.kappa, 'ratio', null, 'κ of the fit'),
      ],
      advice: [setOption(view, 'workers.max', best, `Stop at ${best} workers.`, pool.asked.workers.max)],
      step: STEP.queue,
      explains: ['R01'],
    }),
  ];
}
