import type { PoolReport } from '../model/pool-report.js';
import type { ParentReport } from '../model/report-data.js';
import { type CoresOfRun, FULL_CORES } from './on-core.js';

type CoreUser = Pick<PoolReport, 'asked' | 'peakWorkers' | 'capacity' | 'wallMs'>;

/** Longest list of stretches in which the program was busy itself. */
const MOST_STRETCHES = 5000;

/** Below these, the program's own work is no more than a share of each turn, and is left out. */
const LEAST_SHARE = 0.02;
const LEAST_MS = 5;
/** Part of a window from which on it is full. */
const FULL = 0.9;

/** Fewer cores in use by others are noise: the system counts in ticks, and starts of workers are among them. */
const LEAST_OTHERS = 0.25;

/**
 * Cores that a pool can have; may be a fraction. Those that nothing uses are its own. Beyond them the system shares out all cores by
 * threads that want one. So other programs never leave it with nothing.
 */
export function freeCores(run: CoresOfRun, pool: CoreUser): number {
  const { cores } = run;
  const others = run.otherCores !== null && run.otherCores >= LEAST_OTHERS ? Math.min(cores, run.otherCores) : 0;
  if (others === 0) return cores;
  const used = run.programCores ?? cores - others;
  // Threads of others that want a core. Where the cores were full, they wanted more than they got: as much more as ours did.
  const isFull = used + others >= FULL_CORES * cores;
  const wanting = isFull && used > 0 ? Math.max(others, (others * Math.max(used, wantedCores(pool))) / used) : others;
  const workers = workersOf(pool);
  return Math.max(cores - others, (cores * workers) / (workers + wanting));
}

/** Cores that the handlers of a pool would have used if they never waited for one. */
function wantedCores({ capacity: { totals }, wallMs }: CoreUser): number {
  return wallMs > 0 ? (totals.cpu + totals.gc + totals.runQueue) / wallMs : 0;
}

/** Workers at one time. While one is replaced, its successor is there as well: that is no further worker. */
export function workersOf({ asked, peakWorkers }: Pick<PoolReport, 'asked' | 'peakWorkers'>): number {
  const peak = Math.max(1, asked.workers.peak, peakWorkers);
  return asked.workers.max >= 1 ? Math.min(peak, asked.workers.max) : peak;
}

/** When each worker was ready first, ms: from the marks of workers if all are there, else from the curve. */
export function readyTimes(pool: PoolReport): number[] {
  const { curves } = pool;
  const workers = workersOf(pool);
  const marks = pool.marks.filter(({ what }) => what === 'ready').map(({ atMs }) => Math.max(0, atMs));
  const byMark = [...marks].sort((a, b) => a - b).slice(0, workers);
  return Array.from({ length: workers }, (_, worker) => {
    const window = curves.workersUp.findIndex((up) => up >= worker + 0.5);
    // A window holds a mean: a worker that came within it has only a part of it.
    const up = Math.max(0, Math.min(1, (curves.workersUp[window] ?? 0) - worker));
    const byCurve = window < 0 ? pool.bootMs : (curves.atMs[window] ?? 0) + (1 - up) * curves.windowMs;
    const mark = byMark[worker];
    if (mark !== undefined && marks.length >= workers) return mark;
    return worker === 0 || window <= 0 ? Math.min(byCurve, pool.bootMs) : byCurve;
  });
}

/**
 * Stretches of the program's own work on its main thread. Each window has its share of them, as long as the longest delay that was seen
 * there.
 */
export function userStretches(pool: PoolReport, { ledger }: ParentReport): { atMs: number; ms: number }[] {
  const { curves } = pool;
  const totalMs = ledger.userMs + ledger.gcMs;
  if (totalMs < LEAST_MS || totalMs < LEAST_SHARE * ledger.wallMs) return [];
  const ours = (ledger.encodeMs + ledger.decodeMs + ledger.dispatchMs) / Math.max(1, sum(curves.settled));
  const loop = withoutGaps(curves.parentLoop);
  const busy = loop.map((part, i) => Math.max(0, part * curves.windowMs - ours * (curves.settled[i] ?? 0)));
  const seen = sum(busy);
  const scale = seen > 0 ? Math.min(1, totalMs / seen) : 0;
  return stretchesOf(
    busy.map((ms) => ms * scale),
    pool,
    ledger.loopDelayMaxMs,
  );
}

/** A busy thread is late with its looks, and leaves windows without one. The next look covers them. */
function withoutGaps(looks: readonly (number | null)[]): number[] {
  const filled: number[] = [];
  let next = 0;
  for (let i = looks.length - 1; i >= 0; i--) filled[i] = next = looks[i] ?? next;
  return filled;
}

/** Full windows belong to one stretch with the ends beside them, up to the longest delay that was seen. */
function stretchesOf(
  work: readonly number[],
  { curves }: PoolReport,
  longestMs: number,
): { atMs: number; ms: number }[] {
  const { windowMs } = curves;
  const stretches: { atMs: number; ms: number }[] = [];
  const most = Math.max(1, Math.min(50, Math.floor(MOST_STRETCHES / Math.max(1, work.length))));
  let open: { atMs: number; ms: number } | undefined;
  const close = () => {
    if (open !== undefined) stretches.push(open);
    open = undefined;
  };
  for (const [i, ms] of work.entries()) {
    const atMs = curves.atMs[i] ?? 0;
    const delayMs = curves.parentDelayMs[i] ?? 1;
    if (open !== undefined) {
      open.ms += ms;
      if (ms < FULL * windowMs || open.ms + windowMs / 2 >= longestMs) close();
    } else if (ms >= 0.1) {
      const isBegin = longestMs > windowMs && (work[i + 1] ?? 0) > 0.5 * ms && (work[i + 1] ?? 0) + ms > 0.5 * windowMs;
      if (isBegin) open = { atMs: atMs + windowMs - ms, ms };
      else {
        const count = Math.max(1, Math.min(most, Math.round(ms / Math.max(0.1, Math.min(delayMs, ms)))));
        for (let k = 0; k < count; k++) stretches.push({ atMs: atMs + ((k + 0.5) * windowMs) / count, ms: ms / count });
      }
    }
  }
  close();
  return stretches;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
