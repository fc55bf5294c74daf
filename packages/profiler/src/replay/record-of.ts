import type { PoolReport } from '../model/pool-report.js';
import type { ReportData } from '../model/report-data.js';
import type { SpanColumns } from '../model/spans.js';
import { randomFrom } from '../statistics/random.js';
import { arrivalsOf, closedByGaps, withoutEncoding } from './arrivals.js';
import { nameCosts } from './name-costs.js';
import { pickRows, type Rows } from './rows.js';
import { rowsOfCurves } from './rows-of-curves.js';
import { rowsOfSpans, stampOf } from './rows-of-spans.js';
import { type Arrivals, type RunRecord, usualTerms } from './run-record.js';
import { freeCores, readyTimes, userStretches } from './surroundings.js';

/** All of a report that findings are made from. */
export type Measured = Omit<ReportData, 'verdict' | 'findings' | 'notes' | 'muted'>;

/** Rows of a record at most. So a report with several replays takes a second or two, however long the run was. */
const MOST_ROWS = 20_000;
/** From this share of busy time, the main thread is what a program waits for. */
const BUSY = 0.8;
/** Below this share of busy time, threads are seldom in each other's way. */
const QUIET = 0.5;

/** The run of a pool as a record for replays; null if it has no task. Equal input gives an equal record. */
export function recordOf(measured: Measured, pool: PoolReport, mostRows = MOST_ROWS): RunRecord | null {
  if (pool.tries === 0 || pool.byTask.length === 0 || !(pool.activeMs > 0)) return null;
  const names = pool.byTask.map(({ task }) => task);
  const triesOfAll = measured.pools.reduce((sum, { tries }) => sum + tries, 0);
  const costs = nameCosts(pool, measured.parent.ledger, triesOfAll);
  const { rows, weight, source, arrivals: seen } = rowsOf(measured, pool, costs, mostRows);
  const arrivals = seen.kind === 'open' ? (closedByGaps(pool) ?? seen) : seen;
  if (rows.count === 0) return null;
  const boots = pool.workers.flatMap(({ bootMs }) => (bootMs === null ? [] : [bootMs]));
  const bootMs = boots.length === 0 ? pool.bootMs : boots.reduce((sum, each) => sum + each, 0) / boots.length;
  const { afterTasks } = pool.asked.recycle;
  return {
    pool: pool.name,
    names,
    rows,
    arrivals,
    workers: readyTimes(pool).map((readyMs) => ({ readyMs: readyMs / weight, slowdown: 1 })),
    concurrency: Math.max(1, pool.asked.concurrency.now),
    prefetch: prefetchOf(pool),
    cores: freeCores(measured.run, pool),
    switching: 0,
    recycle: afterTasks === null ? null : { afterTasks, bootMs },
    rebootMs: bootMs,
    user: userStretches(pool, measured.parent)
      .filter((_, i) => i % Math.max(1, Math.round(weight)) === 0)
      .map(({ atMs, ms }) => ({ atMs: atMs / weight, ms })),
    byName: pool.byTask.map(({ asked }) => ({ ...usualTerms(), limit: asked.concurrency ?? Infinity })),
    sliceMs: Infinity,
    recorded: {
      startMs: rows.at[0] ?? 0,
      makespanMs: pool.activeMs / weight,
      meanLatencyMs: pool.byTask.reduce((sum, { latency }) => sum + latency.totalMs, 0) / Math.max(1, triedOf(pool)),
    },
    weight,
    source,
  };
}

function triedOf(pool: PoolReport): number {
  return pool.byTask.reduce((sum, { latency }) => sum + latency.count, 0);
}

type Known = Pick<RunRecord, 'rows' | 'weight' | 'source' | 'arrivals'>;

function rowsOf(measured: Measured, pool: PoolReport, costs: ReturnType<typeof nameCosts>, mostRows: number): Known {
  const { spans } = pool;
  if (spans === undefined || spans.kept === 0) {
    const rows = rowsOfCurves(pool, costs, isQuiet(measured, pool), mostRows);
    return { rows, weight: weightOf(pool.tries, rows), source: 'curves', arrivals: { kind: 'open' } };
  }
  const names = spans.tasks.map((task) =>
    Math.max(
      0,
      pool.byTask.findIndex((each) => each.task === task),
    ),
  );
  const slots = new Map(pool.workers.map(({ workerId, slot }) => [workerId, slot]));
  const rows = rowsOfSpans(spans, {
    costs: names.map((name) => costs[name] ?? costs[0]!),
    names,
    isBatched: spans.tasks.map((task) => pool.batches.some((batch) => batch.task === task)),
    placeOf: (workerId) => slots.get(workerId) ?? -1,
    isQuiet: isQuiet(measured, pool),
  });
  const isComplete = spans.kept >= spans.of;
  const arrivals = isComplete ? arrivalsOfSpans(spans) : ({ kind: 'open' } as const);
  if (!isComplete) return drawn(pool, costs, rows, spans.weight, mostRows);
  rows.at = withoutEncoding(rows.at, rows.inputEncode, measured.parent.busyShare >= BUSY);
  if (rows.count <= mostRows) return { rows, weight: 1, source: 'spans', arrivals };
  return { ...thinned(rows, mostRows), source: 'sample', arrivals: prefixOf(arrivals, mostRows) };
}

/** Whether tasks seldom waited for a busy thread on their way. */
function isQuiet({ parent }: Measured, pool: PoolReport): boolean {
  return parent.busyShare < QUIET && pool.asked.concurrency.now <= 1 && prefetchOf(pool) === 0;
}

function arrivalsOfSpans(spans: SpanColumns): Arrivals {
  const first = Array.from({ length: spans.kept }, (_, i) => i).filter((i) => (spans.attempt[i] ?? 1) === 1);
  const submits = first.map((i) => stampOf(spans, i, 0)).sort((a, b) => a - b);
  const settles = first.map((i) => stampOf(spans, i, 9)).filter((at) => !Number.isNaN(at));
  return arrivalsOf(submits, settles);
}

/** Every m-th row, on an axis that is m times as short. So workers have as much to do as they had. */
function thinned(rows: Rows, mostRows: number): { rows: Rows; weight: number } {
  const every = Math.ceil(rows.count / mostRows);
  const places = Int32Array.from({ length: Math.ceil(rows.count / every) }, (_, i) => i * every);
  const picked = pickRows(rows, places);
  picked.at = picked.at.map((at) => at / every);
  return { rows: picked, weight: every };
}

function prefixOf(arrivals: Arrivals, mostRows: number): Arrivals {
  if (arrivals.kind !== 'rounds') return arrivals;
  let total = 0;
  return { ...arrivals, sizes: arrivals.sizes.filter((size) => (total += size) <= mostRows) };
}

/** A sample of tries, drawn as often as each stands for others, at the times at which tries were submitted. */
function drawn(
  pool: PoolReport,
  costs: ReturnType<typeof nameCosts>,
  kept: Rows,
  weights: readonly number[],
  mostRows: number,
): Known {
  const times = rowsOfCurves(pool, costs, true, mostRows).at;
  const random = randomFrom(2);
  const total = weights.reduce((sum, each) => sum + each, 0);
  const places: number[] = [];
  let owed = 0;
  for (let row = 0; row < kept.count && total > 0; row++) {
    owed += ((weights[row] ?? 0) * times.length) / total;
    for (; owed >= 0.5 && places.length < times.length; owed--) places.push(row);
  }
  for (let i = places.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [places[i], places[j]] = [places[j] ?? 0, places[i] ?? 0];
  }
  const rows = pickRows(kept, places);
  rows.after.fill(-1);
  for (let row = 0; row < rows.count; row++) rows.at[row] = times[row] ?? 0;
  return { rows, weight: weightOf(pool.tries, rows), source: 'sample', arrivals: { kind: 'open' } };
}

function weightOf(tries: number, rows: Rows): number {
  return rows.count === 0 ? 1 : Math.max(1, tries / rows.count);
}

/** Tasks that are sent ahead. 'auto' sends about 1 ms of expected work, and none for long tasks. */
function prefetchOf({ asked, byTask }: PoolReport): number {
  if (asked.prefetch.value !== 'auto') return Math.max(0, asked.prefetch.value);
  const executionMs = byTask.reduce((sum, { segments }) => sum + segments.execution.totalMs, 0);
  const meanMs =
    executionMs /
    Math.max(
      1,
      byTask.reduce((sum, { tries }) => sum + tries, 0),
    );
  return Math.min(64, Math.floor(1 / Math.max(0.01, meanMs)));
}
