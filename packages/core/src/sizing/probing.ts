import { plural } from '../base/format-count.js';
import { NO_RATE } from './rate.js';
import { signed } from './reasons.js';
import type { SizingLimits, SizingSample } from './sample.js';
import { needed } from './shrink-votes.js';
import { change, isFull, type SizingChoice, type SizingState, stay } from './state.js';
import { mayBeTooMany, wholeCores } from './targets.js';
import { addToTrial, gained, isOfOtherTasks, judge, startTrial, type Trial } from './trial.js';
import { areCoresTaken, tasksPerLoop, WAITS_ABOVE } from './workload-profile.js';

/** Time before the first trial. Four times as much costs up to 5 % of the work in half a minute, on 4 simulated cores. */
export const FIRST_PROBE_MS = 2000;
/**
 * Trials cost work: one every two seconds takes 8 % of it, in simulated runs on 4 cores. One every 7.5 s takes up to 4 %
 * more than one every thirty.
 */
const MOST_PROBE_MS = 30_000;
/**
 * Readings before a trial at rest. On the way to the number that the law expects, fewer do, since that step is likely to pay. With
 * four times as many, 4 simulated cores do 12 % less at rest, and 5 % less on the way. With one on the way, they do 18 % less.
 */
const REST_READINGS = 4;
export const GROWTH_READINGS = 2;
/**
 * Largest share of the workers that a trial takes away. While it lasts, it costs the same share of the work. At half, 4
 * simulated cores try no 3 workers, and do 2 % less to 4 % more. At double, nothing changes.
 */
const MOST_DOWN = 0.25;
/**
 * A parent as busy as this is what limits the workers, so that more of them cannot help. In a queue (M/M/1), what waits at
 * 80 % takes four times as long as its own turn. At 40 % it takes less than one, and at 90 % nine.
 */
const PARENT_IS_BUSY = 0.8;
/**
 * A worker that turns out to be needed takes its start-up time to come back. That must be a small part of the interval. Without
 * this, 4 simulated cores do 5 to 12 % less when a worker starts in 5 s.
 */
const BOOTS_APART = 10;
/**
 * Share of the workers by which a trial differs. One worker at a time does 4 % less on 64 simulated cores bound by memory.
 * On 4, a fifth costs up to 1 %.
 */
const STEP = 0.1;
/**
 * Where fewer workers did more work, most of them stand in each other's way. Without this, memory-bound tasks do 3 % less in
 * the first half minute on 128 simulated cores.
 */
const MANY_FEWER = 0.5;

/** What trials have shown about one kind of tasks, before the first trial. */
export function nothingLearned(probeAtMs: number) {
  return {
    rate: NO_RATE,
    trial: undefined,
    proven: 0,
    ceiling: Infinity,
    ceilingUntilMs: -Infinity,
    probeEveryMs: FIRST_PROBE_MS,
    probeAtMs,
    nextFewer: 0,
    tooFew: 0,
  };
}

/** Begins a trial. */
export function startTrying(
  state: SizingState,
  sample: SizingSample,
  to: number,
  readings: number,
  reason: string,
): SizingChoice {
  const trial = startTrial(sample.workers, to, state.rate, readings);
  return change({ ...state, trial }, sample, to, reason);
}

/** Continues a trial until its verdict. */
export function tryOut(state: SizingState, trial: Trial, sample: SizingSample, limits: SizingLimits): SizingChoice {
  const next = addToTrial(trial, sample, isFull(sample));
  const votes = sample.waiting > 0 ? needed(state.votes, sample.nowMs) : state.votes;
  if (isOfOtherTasks(next)) return stay({ ...state, votes, ...nothingLearned(sample.nowMs) }, sample);
  switch (judge(next)) {
    case 'goOn':
      return stay({ ...state, votes, trial: next }, sample);
    case 'unclear':
      // Fewer workers seem to be enough. Those that are not needed will go.
      return stay(nextProbe({ ...state, votes, trial: undefined }, sample, longer(state)), sample);
    case 'keep':
      return keep({ ...state, votes, trial: undefined }, next, sample, limits);
    case 'revert':
      return revert({ ...state, votes, trial: undefined }, next, sample, limits);
  }
}

function keep(state: SizingState, trial: Trial, sample: SizingSample, limits: SizingLimits): SizingChoice {
  const { from, to, after } = trial;
  const kept = { ...nextProbe(state, sample, FIRST_PROBE_MS), rate: after };
  if (to > from) return stay({ ...kept, proven: to, ceiling: Infinity }, sample);
  const isLossless = after.mean >= trial.before.mean;
  const nextFewer = gained(trial) ? MANY_FEWER : isLossless ? MOST_DOWN : 0;
  // Even this number may be too large. More workers do not pay, whatever the law expects, until a trial shows otherwise.
  const afterMs = nextFewer > 0 || to > wholeCores(limits) ? 0 : FIRST_PROBE_MS;
  const { nowMs } = sample;
  const learned = { proven: 0, ceiling: to, ceilingUntilMs: Infinity, nextFewer };
  return stay({ ...kept, ...learned, probesDown: nextFewer > 0, probeAtMs: nowMs + afterMs }, sample);
}

function revert(state: SizingState, trial: Trial, sample: SizingSample, limits: SizingLimits): SizingChoice {
  const { from, to, before, after } = trial;
  const next = nextProbe(state, sample, longer(state));
  // Fewer workers have shown to be enough, and the failure of more only confirms that.
  const isLasting = state.ceilingUntilMs === Infinity;
  const ceilingUntilMs = isLasting ? Infinity : next.probeAtMs;
  const learned = to > from ? { ...next, ceiling: from, ceilingUntilMs } : { ...next, proven: from };
  const back = Math.min(from, Math.max(to, mostWorkers(sample, limits)));
  const instead = `${plural(to, 'worker')} instead of ${from}`;
  if (after.count === 0) return change(learned, sample, back, `could not start ${instead}`);
  const gain = signed((after.mean / Math.max(before.mean, 1e-9) - 1) * 100);
  return change(learned, sample, back, `only ${gain} % work with ${instead}`);
}

function longer({ probeEveryMs }: SizingState): number {
  return Math.min(probeEveryMs * 2, MOST_PROBE_MS);
}

function nextProbe(state: SizingState, { nowMs }: SizingSample, everyMs: number): SizingState {
  return {
    ...state,
    probeEveryMs: everyMs,
    probeAtMs: nowMs + everyMs,
    probesDown: !state.probesDown,
    nextFewer: 0,
  };
}

/** At rest with enough to do, tries one worker more or less now and then. With many workers, it tries a tenth of them. */
export function probe(state: SizingState, sample: SizingSample, limits: SizingLimits): SizingChoice {
  const { rate, nextFewer } = state;
  const { workers } = sample;
  if (sample.nowMs < state.probeAtMs || sample.waiting === 0) return stay(state, sample);
  if (mayBeTooMany(state.shape, workers, limits)) return tryFewer(state, sample, limits);
  const readings = nextFewer > 0 ? GROWTH_READINGS : REST_READINGS;
  if (rate.count < readings) return stay(state, sample);
  const step = Math.max(1, Math.round(workers * (nextFewer || STEP)));
  const [down, up] = [
    mayProbeDown(state, sample, limits, workers - step),
    mayProbeUp(state, sample, limits, workers + step),
  ];
  if (!down && !up) return stay({ ...state, probeAtMs: sample.nowMs + state.probeEveryMs }, sample);
  const to = down && (state.probesDown || !up) ? workers - step : workers + step;
  const reason = `trying ${plural(to, 'worker')} instead of ${workers}`;
  return startTrying({ ...state, probesDown: to < workers }, sample, to, readings, reason);
}

/** Tries half of the workers at first. Once that has cost work, it tries a tenth fewer. */
function tryFewer(state: SizingState, sample: SizingSample, limits: SizingLimits): SizingChoice {
  const { rate, probeEveryMs } = state;
  const { workers } = sample;
  const isFirst = probeEveryMs === FIRST_PROBE_MS;
  const readings = isFirst ? GROWTH_READINGS : REST_READINGS;
  if (rate.count < readings) return stay(state, sample);
  const fewer = isFirst ? Math.floor(workers / 2) : workers - Math.max(1, Math.round(workers * STEP));
  const to = Math.max(fewer, wholeCores(limits), limits.minWorkers);
  if (to >= workers) return stay(state, sample);
  const reason = `trying ${plural(to, 'worker')} instead of ${workers}: the cores are used up`;
  return startTrying(state, sample, to, readings, reason);
}

function mayProbeDown(state: SizingState, sample: SizingSample, limits: SizingLimits, to: number): boolean {
  const { probeEveryMs, nextFewer } = state;
  const { workers } = sample;
  if (to < Math.max(1, limits.minWorkers)) return false;
  if (nextFewer > 0) return true;
  return (workers - to) / workers <= MOST_DOWN && sample.bootMs * BOOTS_APART <= probeEveryMs;
}

function mayProbeUp(state: SizingState, sample: SizingSample, limits: SizingLimits, to: number): boolean {
  const { shape, ceiling, ceilingUntilMs } = state;
  const { workers, concurrency } = sample;
  // More tasks at once, rather than more workers, fill loops that tasks leave idle.
  if (workers >= limits.cores && tasksPerLoop(shape) >= WAITS_ABOVE && concurrency < limits.maxConcurrency)
    return false;
  const most = Math.min(mostWorkers(sample, limits), ceilingUntilMs === Infinity ? Infinity : ceiling);
  if (areCoresTaken(shape, workers, limits.cores, sample.parentShare)) return false;
  return to <= most && sample.parentShare <= PARENT_IS_BUSY;
}

/** Number of workers that the pool may have and that memory has room for. */
export function mostWorkers({ workers, memoryRoom, memoryCap }: SizingSample, { maxWorkers }: SizingLimits): number {
  return Math.min(maxWorkers, workers + memoryRoom, memoryCap);
}
