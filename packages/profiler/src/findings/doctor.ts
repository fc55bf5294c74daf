import type { Comparable } from '../compare/comparison.js';
import { dataOf, isReport } from '../compare/report-of.js';
import type { Advice, Finding } from '../model/finding.js';
import type { ReportData } from '../model/report-data.js';
import { clearTimeout, setTimeout } from '../natives.js';
import { refuse, show } from '../options.js';
import { bootstrap, type Interval } from '../statistics/bootstrap.js';
import { median } from '../statistics/quantile.js';
import { checkCandidates, type DoctorCandidate, type DoctorOptions, resolveDoctorOptions } from './doctor-options.js';
import { type Overrides, overridesOf } from './overrides.js';
import { count, duration, percent } from './words.js';

/** Runs the program once, with a pool of its own, whose options are changed by the overrides. Returns its time in ms, or its report. */
export type Run = (overrides: Overrides) => Promise<number | Comparable>;

/** What came of one change. Shares are parts of the time of a run: 0.5 halves it, a negative one makes it longer. */
export interface DoctorResult {
  name: string;
  overrides: Overrides;
  /** Present value, and whether the program has set it itself; only for changes that a finding asks for. */
  now?: Advice['now'];
  isSet?: boolean;
  /** As the finding has it; null for changes of the caller. */
  predictedShare: number | null;
  measuredShare: number;
  interval: Interval;
  /** Times without and with the change, in pairs, ms. */
  pairs: [without: number, withIt: number][];
  outcome: 'better' | 'worse' | 'no change';
  /** All of this in a few lines. */
  text: string;
}

/**
 * Tries changes and measures them. Runs with and without a change follow each other in the order A B B A. So a drift of the machine
 * falls on both. Without candidates, it runs the program once, and tries the first advice of its report that is an option.
 *
 * @param run starts from anew at each call: a new pool, and the same work
 * @returns one result for each candidate; none if no finding asks for an option
 * @throws ERR_OPTION before the first run for a wrong argument, and when `run` returns neither a time nor a report
 */
export async function doctor(
  run: Run,
  candidates: readonly DoctorCandidate[] = [],
  options?: DoctorOptions,
): Promise<DoctorResult[]> {
  if (typeof run !== 'function') refuse('run', `must be a function that runs the program; received ${show(run)}.`);
  checkCandidates(candidates);
  const { pairs, timeoutMs } = resolveDoctorOptions(options);
  const planned = candidates.length > 0 ? candidates.map(plainPlan) : await planOf(run, timeoutMs);
  const results: DoctorResult[] = [];
  for (const plan of planned) results.push(resultOf(plan, await measure(run, plan, pairs, timeoutMs)));
  return results;
}

interface Plan {
  name: string;
  overrides: Overrides;
  advice: Advice | undefined;
  predictedShare: number | null;
  /** Whether the mean latency counts, because the run lasts as long as its calls come. */
  isOfCall: boolean;
}

function plainPlan({ name, overrides }: DoctorCandidate): Plan {
  return {
    name: name ?? JSON.stringify(overrides),
    overrides,
    advice: undefined,
    predictedShare: null,
    isOfCall: false,
  };
}

/** The first advice of a first run that a pool can be given. */
async function planOf(run: Run, timeoutMs: number): Promise<Plan[]> {
  const answer = await within(run({}), timeoutMs);
  const report = dataOf(answer);
  if (!isReport(report)) {
    const reason = `has no change to try: give candidates, or let run() return the report of a profiler; it returned ${show(answer)}.`;
    refuse('candidates', reason);
  }
  for (const finding of report.findings) {
    for (const advice of finding.advice) {
      const overrides = overridesOf(advice);
      if (overrides !== undefined) return [planFor(finding, advice, overrides)];
    }
  }
  return [];
}

function planFor({ id, saving }: Finding, advice: Advice, overrides: Overrides): Plan {
  return {
    name: `${id}: ${advice.option ?? ''} = ${String(advice.value)}`,
    ...{ overrides, advice, predictedShare: saving?.share ?? null, isOfCall: saving?.of === 'call' },
  };
}

/** Each turn has two runs, and every other turn begins with the changed one. */
async function measure(run: Run, plan: Plan, pairs: number, timeoutMs: number): Promise<[number, number][]> {
  const measured: [number, number][] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const isSwapped = pair % 2 === 1;
    const first = timeOf(await within(run(isSwapped ? plan.overrides : {}), timeoutMs), plan);
    const second = timeOf(await within(run(isSwapped ? {} : plan.overrides), timeoutMs), plan);
    measured.push(isSwapped ? [second, first] : [first, second]);
  }
  return measured;
}

function timeOf(answer: number | Comparable, { isOfCall }: Plan): number {
  const data = dataOf(answer);
  const ms = !isReport(data) ? data : isOfCall ? meanLatency(data) : longest(data);
  if (typeof ms !== 'number' || !(ms > 0) || !Number.isFinite(ms))
    refuse('run', `must return a time above 0 in ms, or a report of a pool that ran tasks; received ${show(answer)}.`);
  return ms;
}

function longest({ pools }: ReportData): number {
  return Math.max(0, ...pools.map(({ activeMs }) => activeMs));
}

function meanLatency({ pools }: ReportData): number {
  const tasks = pools.flatMap(({ byTask }) => byTask);
  const calls = tasks.reduce((sum, { latency }) => sum + latency.count, 0);
  return tasks.reduce((sum, { latency }) => sum + latency.totalMs, 0) / Math.max(1, calls);
}

/** Rejects if a run takes too long. Its owner is the caller: it goes on, and its answer is dropped. */
async function within<T>(running: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`A run took longer than ${duration(timeoutMs)}.`)), timeoutMs);
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}

function resultOf({ name, overrides, advice, predictedShare }: Plan, pairs: [number, number][]): DoctorResult {
  const logs = pairs.map(([without, withIt]) => Math.log(withIt / without));
  const measuredShare = 1 - Math.exp(median(logs));
  const ratio = bootstrap(logs, median);
  const interval = { low: 1 - Math.exp(ratio.high), high: 1 - Math.exp(ratio.low) };
  const outcome = interval.low > 0 ? 'better' : interval.high < 0 ? 'worse' : 'no change';
  const result = { name, overrides, predictedShare, measuredShare, interval, pairs, outcome } as const;
  return {
    ...result,
    ...(advice?.now === undefined ? {} : { now: advice.now }),
    ...(advice?.isSet === undefined ? {} : { isSet: advice.isSet }),
    text: textOf(result, advice),
  };
}

function textOf(
  { name, predictedShare, measuredShare, interval, pairs, outcome }: Omit<DoctorResult, 'text'>,
  advice: Advice | undefined,
): string {
  const signed = (share: number) => (share < 0 ? `−${percent(-share)}` : percent(share));
  const lines = [
    `${name}: ${outcome}`,
    `  measured  ${signed(measuredShare)} saved, 95 % interval ${signed(interval.low)} to ${signed(interval.high)}, ${count(pairs.length, 'pair')}`,
  ];
  if (predictedShare !== null) lines.push(`  predicted ${signed(predictedShare)}`);
  if (advice?.isSet === true) {
    const now = advice.now === undefined ? '' : `, now ${String(advice.now)}`;
    lines.push(
      `  The program has set ${advice.option ?? 'this option'} itself${now}: these runs had another value. Nothing else was changed.`,
    );
  }
  return lines.join('\n');
}
