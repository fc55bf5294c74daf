import { plural } from '../base/format-count.js';
import { AT_EASE, fewerFrom, see, slowdown } from './ease.js';
import { FIRST_PROBE_MS, GROWTH_READINGS, mostWorkers, nothingLearned, probe, startTrying, tryOut } from './probing.js';
import { addWork, NO_RATE } from './rate.js';
import { tasksReason } from './reasons.js';
import type { SizingLimits, SizingSample } from './sample.js';
import { grown, needed, noVotes, vote } from './shrink-votes.js';
import { change, haveEnough, isFull, type SizingChoice, type SizingDecision, type SizingState, stay } from './state.js';
import { concurrencyTarget, coresTarget, demandTarget, mostInOne, wholeCores } from './targets.js';
import { addTick, areCoresBusy, isKnown, NO_SHAPE } from './workload-profile.js';

export type { SizingDecision, SizingState };

/**
 * More workers than this multiple of what the cores can use are harmful. Fewer go one by one, once they were not needed for a
 * while. Without this, 8 workers change 6 times in two minutes. Another pool uses one of their 8 cores there, for 10 s of 20.
 * With it, they stay.
 */
const FAR_TOO_MANY = 1.25;

export function startSizing(nowMs: number): SizingState {
  return {
    shape: NO_SHAPE,
    votes: noVotes(nowMs),
    ...nothingLearned(nowMs + FIRST_PROBE_MS),
    probesDown: false,
    ease: AT_EASE,
    restingSinceMs: undefined,
    waitingSinceMs: undefined,
  };
}

/**
 * The law by which a pool chooses its number of workers, and how many tasks each runs at once. The function is pure: one
 * state and one sample give one decision. So decisions can be replayed, simulated for machines that are not at hand, and held
 * to properties. In words, the law is in docs/sizing.md.
 *
 * The first step goes by what tasks are like (`targets.ts`). That is close enough after a few hundred milliseconds of work,
 * on any number of cores. Where more workers than cores might pay, trials decide (`probing.ts`). A step is taken only if the
 * work rate followed the last one.
 */
export function decide(before: SizingState, sample: SizingSample, limits: SizingLimits): SizingDecision {
  const choice = choose(observe(before, sample, limits), sample, limits);
  const isChange = choice.workers !== sample.workers || choice.concurrency !== sample.concurrency;
  const reason = isChange ? choice.reason || tasksReason(choice.state.shape, limits) : '';
  return { ...choice, reason, goFirst: haveEnough(sample) ? 'newest' : 'coldest' };
}

function choose(state: SizingState, sample: SizingSample, limits: SizingLimits): SizingChoice {
  if (sample.memoryCap < sample.workers) {
    // Goes before everything else, trials and votes included.
    return change({ ...state, trial: undefined }, sample, Math.max(1, sample.memoryCap), 'memory is short');
  }
  if (sample.waiting + sample.executing === 0) return rest(state, sample, limits);
  if (state.trial !== undefined) return tryOut(state, state.trial, sample, limits);
  if (!isKnown(state.shape)) return chooseWorkers(state, sample, limits);
  const concurrency = tune(state, sample, limits);
  const tuned = noteTuned(state, sample, concurrency);
  return chooseWorkers(tuned, { ...sample, concurrency }, limits);
}

/**
 * Takes in one tick. A trial whose target is not the current number was ended from outside: by `resize`, or by the first
 * tasks.
 */
function observe(before: SizingState, sample: SizingSample, limits: SizingLimits): SizingState {
  const { nowMs, waiting, executing, ended, workers } = sample;
  const { shape, isNew } = addTick(before.shape, sample, limits.cores);
  const isCeilingOver = nowMs >= before.ceilingUntilMs;
  const state = {
    ...before,
    shape,
    trial: before.trial?.to === workers ? before.trial : undefined,
    ceiling: isCeilingOver ? Infinity : before.ceiling,
    ease: see(before.ease, sample, limits.minConcurrency),
    restingSinceMs: waiting + executing + ended === 0 ? (before.restingSinceMs ?? nowMs) : undefined,
    waitingSinceMs: waiting === 0 ? undefined : (before.waitingSinceMs ?? nowMs),
  };
  const rate = isFull(sample) ? addWork(state.rate, sample) : state.rate;
  return isNew ? { ...state, ...nothingLearned(nowMs) } : { ...state, rate };
}

/**
 * Without work, workers unneeded for a while go one at a time, down to the minimum. With `idleMs`, all of them go at once after
 * that time. Workers below the minimum come back, as soon as memory allows.
 */
function rest(state: SizingState, sample: SizingSample, limits: SizingLimits): SizingChoice {
  const probeAtMs = sample.nowMs + state.probeEveryMs;
  const idle = { ...state, trial: undefined, rate: NO_RATE, probeAtMs };
  const least = leastWorkers(sample, limits);
  // Memory has cost workers that the user wants also without work.
  if (sample.workers < least) return change(idle, sample, least, 'there is memory for the least number again');
  if (sample.workers <= limits.minWorkers) return stay({ ...idle, votes: needed(state.votes, sample.nowMs) }, sample);
  if (limits.idleMs !== undefined) {
    const restedMs = sample.nowMs - (state.restingSinceMs ?? sample.nowMs);
    if (state.restingSinceMs === undefined || restedMs < limits.idleMs) return stay(idle, sample);
    return change(idle, sample, limits.minWorkers, `nothing to do for ${limits.idleMs} ms (workers.idleMs)`);
  }
  const { votes, passed } = vote(state.votes, sample.nowMs, false);
  if (!passed) return stay({ ...idle, votes }, sample);
  const seconds = Math.round((sample.nowMs - votes.neededAtMs) / 1000);
  return change({ ...idle, votes }, sample, sample.workers - 1, `nothing to do for ${seconds} s`);
}

/** Number of tasks that each worker runs at once. */
function tune({ shape, ease, tooFew }: SizingState, sample: SizingSample, limits: SizingLimits): number {
  const { workers, concurrency } = sample;
  // Concurrency stays while places are free, and while more workers than cores have used up the cores.
  const areUsedUp = workers > limits.cores && areCoresBusy(shape, workers, limits.cores);
  // While a lower concurrency is on trial, a rise would leave the question open.
  const mayGrow = sample.waiting > 0 && !areUsedUp && ease.cut === undefined;
  const seen = { slowdown: slowdown(ease, sample), tooFew, mayGrow };
  return concurrencyTarget(shape, concurrency, seen, limits);
}

function noteTuned(state: SizingState, sample: SizingSample, to: number): SizingState {
  const { tooFew, ease } = state;
  const { concurrency } = sample;
  if (to === concurrency) return state;
  const tuned = { ...state, rate: NO_RATE };
  if (to > concurrency) return { ...tuned, tooFew: Math.max(tooFew, concurrency) };
  return slowdown(ease, sample) > 1 ? { ...tuned, ease: fewerFrom(ease, sample) } : tuned;
}

function chooseWorkers(state: SizingState, sample: SizingSample, limits: SizingLimits): SizingChoice {
  const { shape, waitingSinceMs } = state;
  const { workers, concurrency, nowMs } = sample;
  const known = isKnown(shape);
  const target = known ? coresTarget(shape, workers, concurrency, limits) : Math.max(workers, wholeCores(limits));
  const cores = Math.max(target, state.proven);
  const perWorker = known ? Math.max(concurrency, mostInOne(shape, limits)) : concurrency;
  const demand = demandTarget(sample, perWorker, nowMs - (waitingSinceMs ?? nowMs));
  const most = mostWorkers(sample, limits);
  const least = leastWorkers(sample, limits);
  const wanted = Math.max(least, Math.min(demand, cores, Math.max(1, most), state.ceiling));
  if (wanted > workers) return grow(state, sample, limits, wanted);
  if (wanted < workers) return shrink(state, sample, limits, wanted, Math.max(least, cores));
  return probe({ ...state, votes: needed(state.votes, nowMs) }, sample, limits);
}

/**
 * Number of workers that there should be whatever there is to do, as far as memory allows. The first one does not depend on room
 * for it: without any, no task would ever run.
 */
function leastWorkers(sample: SizingSample, limits: SizingLimits): number {
  return Math.min(limits.minWorkers, Math.max(1, mostWorkers(sample, limits)));
}

/** At most doubles the number, and only when the workers under way are ready. Beyond the cores every step is a trial. */
function grow(state: SizingState, sample: SizingSample, limits: SizingLimits, wanted: number): SizingChoice {
  const { workers, starting, ready } = sample;
  if (starting > 0 || ready < workers) return stay(state, sample);
  const to = Math.min(wanted, Math.max(workers * 2, wholeCores(limits)));
  const reason = tasksReason(state.shape, limits);
  const next = { ...state, votes: grown(state.votes, sample.nowMs) };
  if (to <= Math.max(limits.minWorkers, wholeCores(limits))) return change(next, sample, to, reason);
  // A trial needs readings to compare with.
  if (state.rate.count < GROWTH_READINGS) return stay(state, sample);
  return startTrying(next, sample, to, GROWTH_READINGS, reason);
}

function shrink(
  state: SizingState,
  sample: SizingSample,
  limits: SizingLimits,
  wanted: number,
  useful: number,
): SizingChoice {
  const { workers } = sample;
  const harm = workers > useful * FAR_TOO_MANY;
  const { votes, passed } = vote(state.votes, sample.nowMs, harm, limits.idleMs);
  if (!passed) return stay({ ...state, votes }, sample);
  // Workers that take the cores from each other are halved. Workers that are only idle go one by one.
  const to = harm ? Math.max(wanted, useful, Math.floor(workers / 2)) : workers - 1;
  const tasks = sample.waiting + sample.executing;
  // While all have enough to do, the cores are the reason, also for the excess that is not harmful.
  const reason =
    harm || haveEnough(sample)
      ? tasksReason(state.shape, limits)
      : `${plural(tasks, 'task')} at a time ${tasks === 1 ? 'needs' : 'need'} no more than ${plural(wanted, 'worker')}`;
  return change({ ...state, votes }, sample, to, reason);
}
