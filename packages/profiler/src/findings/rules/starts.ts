import type { Advice } from '../../model/finding.js';
import { ENDS, HANDLER_PARTS, handlerMs, pickRows, type Rows } from '../../replay/rows.js';
import type { RunRecord } from '../../replay/run-record.js';
import { median, quantile } from '../../statistics/quantile.js';
import { type Candidate, cause, evidence, risk, STEP } from '../candidate.js';
import { capacityShare, largestOf, type PoolView, setOption, share, sumOf } from '../view.js';
import { count, duration, percent } from '../words.js';

/** First tasks that are slower than this multiple of the usual ones are cold. */
const COLD = 1.3;

/** Part of the first tasks that must be longer than nearly all usual ones. */
const AS_A_RULE = 0.8;

const START_EARLY = 'Start the pool early, and `await pool.ready()` before the first task.';

/** R17: starts of workers, and their first tasks, take a large part of the time. */
export function coldStart(view: PoolView): Candidate[] {
  const { pool } = view;
  const boots = pool.workers.flatMap(({ bootMs }) => (bootMs === null ? [] : [bootMs]));
  const bootMs = boots.length === 0 ? pool.bootMs : median(boots);
  const coldMs = coldTime(view);
  const coldPart = share(coldMs, pool.capacity.wantedMs);
  const part = capacityShare(view, 'boot') + coldPart;
  const waited = share(pool.bootWaitMs, view.latencyMs);
  if (part < 0.1 && waited < 0.2) return [];
  // Successors of workers that died are R18's, and those of workers that were killed for a task are R19's.
  const successors = pool.workers.length - new Set(pool.workers.map(({ slot }) => slot)).size;
  if (pool.deaths.length > 0 && 2 * successors >= boots.length && waited < 0.2) return [];
  const { afterTasks } = pool.asked.recycle;
  const isRecycled =
    afterTasks !== null &&
    bootMs > 0 &&
    share(bootMs, bootMs + afterTasks * share(view.executionMs, view.tries)) >= 0.05;
  const perTask = Math.max(1e-3, share(view.executionMs, view.tries));
  // After this number of tasks, a start is 2 % of them.
  const wanted = Math.ceil((50 * bootMs) / perTask);
  return [
    cause({
      id: 'R17',
      title: 'COLD STARTS',
      text:
        `Starts of workers took ${percent(capacityShare(view, 'boot'))} of the time of workers, ${duration(bootMs)} each` +
        `${coldMs > 0 ? `, and first tasks ${percent(share(coldMs, pool.capacity.wantedMs))} more than usual ones` : ''}.` +
        `${isRecycled ? ` Each worker is replaced after ${count(afterTasks, 'task')}.` : ''}`,
      evidence: [
        evidence('starts', part, 'share', 0.1, '(boot + first tasks beyond the usual time) ÷ capacity'),
        evidence('start', bootMs, 'ms', null, 'median from spawn to ready'),
        evidence(
          'wait for the first worker',
          waited,
          'share',
          0.2,
          'part of the queue wait before any worker was ready ÷ latency',
        ),
      ],
      advice: isRecycled
        ? [
            setOption(
              view,
              'recycle.afterTasks',
              wanted,
              `Replace workers after ${wanted} tasks, not ${afterTasks}: recycle.afterTasks.`,
              afterTasks,
            ),
          ]
        : [
            ...(coldPart > capacityShare(view, 'boot') ? [warmUp(view)] : []),
            pool.asked.workers.min < view.workers
              ? setOption(
                  view,
                  'workers.min',
                  view.workers,
                  `Keep ${view.workers} workers: workers.min, and \`await pool.ready()\` before the first task.`,
                  pool.asked.workers.min,
                )
              : {
                  text:
                    waited > 0 ? START_EARLY : 'Let setup() do less, or later: what few tasks need, when they need it.',
                },
            { text: 'Import less at the top of the worker module: what few tasks need, import where it is needed.' },
          ],
      step: STEP.start,
      explains: ['R01', 'R22', 'R25', 'R08'],
      without: (record) => warm(record, isRecycled ? wanted : undefined),
    }),
  ];
}

/** Advice where workers are there early enough, and their first tasks are slow. */
function warmUp(view: PoolView): Advice {
  const task = largestOf(view.pool.byTask, ({ segments }) => segments.execution.totalMs)?.task ?? '';
  const value = `{ tasks: [{ name: ${JSON.stringify(task)}, input, times: 1 }] }`;
  return setOption(view, 'warmup', value, `Have each worker run such a task before it is ready: warmup = ${value}.`);
}

/** Time of first tasks beyond the usual time of their names. */
function coldTime({ pool }: PoolView): number {
  const tries = Math.max(
    1,
    sumOf(pool.byTask, (task) => task.tries),
  );
  const weighted = (of: 'p50Ms' | 'p75Ms' | 'p90Ms' | 'p95Ms') =>
    sumOf(pool.byTask, ({ segments }) => segments.execution[of] * segments.execution.count) / tries;
  const usualMs = weighted('p50Ms');
  const all = pool.workers.map(({ firstTasksMs }) => firstTasksMs);
  const places = Math.max(0, ...all.map(({ length }) => length));
  return sumOf(
    Array.from({ length: places }, (_, at) => all.flatMap((ms) => ms.slice(at, at + 1))),
    (firsts) => {
      // Cold ones are among all tasks: what is usual ends below them.
      const part = 1 - (1.5 * firsts.length) / tries;
      const longMs = weighted(part >= 0.95 ? 'p95Ms' : part >= 0.9 ? 'p90Ms' : part >= 0.75 ? 'p75Ms' : 'p50Ms');
      return firsts.length * excessOf(firsts, usualMs, longMs);
    },
  );
}

/**
 * What the n-th task of a worker costs beyond the usual time. 0 if such tasks are not long as a rule. It is that of the middle one: a
 * single long task among them is long by itself.
 * @param longMs what few tasks take that are not cold
 */
function excessOf(firsts: readonly number[], usualMs: number, longMs: number): number {
  const longer = firsts.filter((ms) => ms > longMs).length;
  if (firsts.length === 0 || longer < AS_A_RULE * firsts.length) return 0;
  // The lower one of two: the other may be long by itself.
  const middle = firsts.toSorted((a, b) => a - b)[(firsts.length - 1) >> 1] ?? 0;
  return middle < COLD * usualMs ? 0 : middle - usualMs;
}

/** The run with workers that are ready, and first tasks that take the usual time of their names. */
function warm(record: RunRecord, afterTasks: number | undefined): RunRecord {
  const startMs = record.rows.at[0] ?? 0;
  return {
    ...record,
    workers: record.workers.map((worker) => ({ ...worker, readyMs: Math.min(worker.readyMs, startMs) })),
    recycle: record.recycle === null || afterTasks === undefined ? record.recycle : { ...record.recycle, afterTasks },
    rows: withUsualFirsts(record),
  };
}

function withUsualFirsts({ rows, names }: RunRecord): Rows {
  const places = Int32Array.from({ length: rows.count }, (_, row) => row);
  const changed = pickRows(rows, places);
  for (let name = 0; name < names.length; name++) {
    /** Rows of first, second and further tasks of workers; those at 0 are usual ones. */
    const byPlace: number[][] = [];
    for (let row = 0; row < rows.count; row++)
      if (rows.name[row] === name) (byPlace[rows.first[row] ?? 0] ??= []).push(row);
    const [usual = [], ...cold] = byPlace;
    const lengths = usual.map((row) => handlerMs(rows, row));
    if (lengths.length === 0) continue;
    const usualMs = median(lengths);
    for (const first of cold) {
      const excessMs = excessOf(first?.map((row) => handlerMs(rows, row)) ?? [], usualMs, quantile(lengths, 0.9));
      if (excessMs <= 0) continue;
      for (const row of first) {
        const ms = handlerMs(rows, row);
        if (ms > usualMs)
          for (const part of HANDLER_PARTS) changed[part][row]! *= Math.max(usualMs, ms - excessMs) / ms;
      }
    }
  }
  return changed;
}

/** R18: workers die, and take their work with them. */
export function deaths(view: PoolView): Candidate[] {
  const { pool } = view;
  const { deaths: all } = pool;
  if (all.length === 0) return [];
  const boots = pool.workers.flatMap(({ bootMs }) => (bootMs === null ? [] : [bootMs]));
  const bootMs = boots.length === 0 ? pool.bootMs : median(boots);
  const lostMs = sumOf(all, (death) => death.lostMs);
  const part = share(all.length * bootMs + lostMs, pool.capacity.wantedMs);
  if (part < 0.05) return [];
  const reasons = new Map<string, number>();
  for (const { why } of all) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  const [why = 'unknown'] = largestOf([...reasons], ([, n]) => n) ?? [];
  const section = largestOf(
    [...new Set(all.map((death) => death.section).filter((name) => name !== ''))],
    (name) => all.filter((death) => death.section === name).length,
  );
  const isMemory = /memory|heap|oom/i.test(why);
  const limitMb = Math.round(((pool.asked.heap.limitBytes ?? 2 ** 30) * 2) / 2 ** 20);
  const found: Parameters<typeof cause>[0] = {
    id: 'R18',
    title: 'WORKERS DIE',
    text:
      `${count(all.length, 'worker')} died, most by ${why}${section === undefined ? '' : `, in section ${section}`}. New starts and lost work took ` +
      `${percent(part)} of the time of workers.`,
    scope: section === undefined ? {} : { section },
    evidence: [
      evidence('deaths', part, 'share', 0.05, '(deaths × start + lost execution) ÷ capacity'),
      evidence('deaths', all.length, 'count', null, 'workers that ended by themselves'),
      evidence('lost', lostMs, 'ms', null, 'execution that died with its worker'),
    ],
    advice: isMemory
      ? [
          setOption(
            view,
            'memory.perWorkerBytes',
            limitMb * 2 ** 20,
            `Give workers a heap of ${limitMb} MB, or find what fills it: memory.perWorkerBytes.`,
            pool.asked.heap.limitBytes ?? 'auto',
          ),
        ]
      : [
          {
            text: `Mend what ends the worker (${why})${section === undefined ? '' : `: section ${section} was open`}. A death takes all tasks of its worker along.`,
          },
          setOption(view, 'crash.attempts', 1, 'Until then, run such a task once only: crash.attempts = 1.', 2),
        ],
    step: STEP.start,
    explains: ['R17', 'R19', 'R22', 'R01'],
    without: withoutDeaths,
  };
  // Without single tries, a replay has no deaths to leave out.
  return [view.record?.source === 'curves' ? risk({ ...found, without: null, failsInMs: 0 }) : cause(found)];
}

/** The run in which tasks that killed their workers ended well, at once: their later tries fall away. */
export function withoutDeaths(record: RunRecord): RunRecord | null {
  const { rows } = record;
  const kept: number[] = [];
  for (let row = 0; row < rows.count; row++) {
    const after = rows.after[row] ?? -1;
    if (after < 0 || rows.ends[after] !== ENDS.crash) kept.push(row);
  }
  const picked = pickRows(rows, kept);
  picked.ends = picked.ends.map((end) => (end === ENDS.crash ? ENDS.ok : end));
  return { ...record, rows: picked };
}
