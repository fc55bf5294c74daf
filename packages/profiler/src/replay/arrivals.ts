import type { PoolReport } from '../model/pool-report.js';
import { median } from '../statistics/quantile.js';
import type { Arrivals } from './run-record.js';

/** Share of the submits that must fit a kind for it to be that kind. */
const MOST = 0.85;
const LEAST_CALLS = 10;

/** Submits in order of time, and the times of all settlings, in any order. Only first tries count. */
export function arrivalsOf(submits: ArrayLike<number>, settles: ArrayLike<number>): Arrivals {
  const calls = submits.length;
  if (calls < LEAST_CALLS) return { kind: 'open' };
  const ends = Float64Array.from(settles).sort();
  const inFlight = new Int32Array(calls);
  const sinceSettled = new Float64Array(calls);
  let settled = 0;
  for (let i = 0; i < calls; i++) {
    // A promise settles, and the program calls again: stamps are rounded, so both may have one.
    while (settled < ends.length && (ends[settled] as number) <= (submits[i] ?? 0) + 0.0005) settled++;
    inFlight[i] = Math.max(0, i - settled);
    sinceSettled[i] = settled === 0 ? Infinity : Math.max(0, (submits[i] ?? 0) - (ends[settled - 1] as number));
  }
  return closedOf(submits, ends, inFlight, sinceSettled) ?? roundsOf(submits, ends, inFlight) ?? { kind: 'open' };
}

/** Median gap of a program that submits at each result, as a share of the mean time between two results. */
const PROMPT = 0.2;

/**
 * The same from totals of a pool, where single tries are not known. Submits at times of their own come half a time between two results
 * after the latest one, at the median. Undefined where that is so, or where too little is known.
 */
export function closedByGaps({ submitGaps, meanInFlight, wallMs, activeMs, tasks }: PoolReport): Arrivals | undefined {
  if (submitGaps === undefined || tasks === 0 || submitGaps.count < Math.max(LEAST_CALLS, tasks / 2)) return undefined;
  if (submitGaps.p50Ms > PROMPT * (activeMs / tasks)) return undefined;
  const cap = Math.max(1, Math.round((meanInFlight * wallMs) / Math.max(1e-9, activeMs)));
  return { kind: 'closed', cap, thinkMs: submitGaps.p50Ms };
}

/** One call after another has settled, with the same number in flight. */
function closedOf(
  submits: ArrayLike<number>,
  ends: Float64Array,
  inFlight: Int32Array,
  sinceSettled: Float64Array,
): Arrivals | undefined {
  const calls = inFlight.length;
  const cap = commonest(inFlight) + 1;
  // The first ones come at once, and say nothing.
  if (cap > calls / 2) return undefined;
  const lengthMs = (ends[ends.length - 1] ?? 0) - (submits[0] ?? 0);
  const turnMs = (lengthMs * cap) / calls;
  // Calls that come by themselves come at any time after the latest result.
  const promptMs = Math.max(0.3, 0.15 * turnMs);
  const gaps: number[] = [];
  for (let i = cap; i < calls; i++) {
    const gap = sinceSettled[i] as number;
    if (inFlight[i] === cap - 1 && gap <= promptMs) gaps.push(gap);
  }
  return gaps.length > 0 && gaps.length >= MOST * (calls - cap)
    ? { kind: 'closed', cap, thinkMs: median(gaps) }
    : undefined;
}

/** A number of calls together, and the next ones when all of them have settled. */
function roundsOf(submits: ArrayLike<number>, ends: Float64Array, inFlight: Int32Array): Arrivals | undefined {
  const calls = inFlight.length;
  const begins: number[] = [];
  for (let i = 0; i < calls; i++) if (inFlight[i] === 0) begins.push(i);
  if (begins.length < 3 || calls / begins.length < 2) return undefined;
  const sizes = begins.map((begin, round) => (begins[round + 1] ?? calls) - begin);
  const thinks: number[] = [];
  let fitting = 0;
  for (const [round, begin] of begins.slice(0, -1).entries()) {
    const next = begins[round + 1] ?? calls;
    const roundMs = (submits[next] ?? 0) - (submits[begin] ?? 0);
    const thinkMs = Math.max(0, (submits[next] ?? 0) - (ends[next - 1] ?? 0));
    const spreadMs = (submits[next - 1] ?? 0) - (submits[begin] ?? 0);
    // Calls of a round come together, in a small part of its time, and the next round comes at once.
    if (next - begin < 2 || thinkMs > 0.15 * roundMs || spreadMs > 0.3 * roundMs) continue;
    fitting += next - begin;
    thinks.push(thinkMs);
  }
  const counted = begins.at(-1) ?? calls;
  return fitting >= MOST * counted ? { kind: 'rounds', sizes, thinkMs: median(thinks) } : undefined;
}

function commonest(values: Int32Array): number {
  const counts = new Map<number, number>();
  let best = 0;
  for (const value of values) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count > (counts.get(best) ?? 0)) best = value;
  }
  return best;
}

/** Encoding must take this part of the time between calls that follow each other at once. */
const ENCODING = 0.7;
/** Time from one call to the next in a loop without anything else, ms. */
const LOOP_MS = 0.05;

/**
 * Times of calls, without those for which the encoding of the input before kept the program. Such calls come as early as the main
 * thread lets them.
 * @param at times of calls, in order, ms
 * @param encodeMs what the input of each takes
 * @param isBusy whether the main thread has always something to do. Then later calls come earlier as well
 */
export function withoutEncoding(at: Float64Array, encodeMs: Float64Array, isBusy: boolean): Float64Array {
  const early = at.slice();
  for (let i = 1; i < at.length; i++) {
    const gapMs = (at[i] ?? 0) - (at[i - 1] ?? 0);
    const before = early[i - 1] ?? 0;
    if (gapMs > LOOP_MS && gapMs * ENCODING <= (encodeMs[i - 1] ?? 0)) early[i] = before;
    else if (isBusy) early[i] = before + Math.max(0, gapMs - (encodeMs[i - 1] ?? 0));
  }
  return early;
}
