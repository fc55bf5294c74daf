import type { SizingLimits, SizingSample } from './sample.js';
import {
  areCoresBusy,
  COMPUTES_ABOVE,
  cpuPerLoop,
  loopShare,
  tasksPerLoop,
  WAITS_ABOVE,
  type WorkloadProfile,
} from './workload-profile.js';

/**
 * A loop active for the higher share of the time is well used. From the lower share on, nothing changes. Without that gap, 34
 * simulated runs had 13 changes more, and did no more work.
 */
const LOOP_GOAL = 0.97;
const LOOP_LOW = 0.95;
/** A part of a core that is worth no worker. What other pools use varies, and so do the cores that are left. */
const SLIVER = 0.05;
/**
 * Computing tasks come out slightly above 1, because of the collector's threads. Half and double change nothing on 4
 * simulated cores, which have no such threads.
 */
const COMPUTES_BELOW = 1.3;
/**
 * Most times as long as usual that tasks may take. It is the tolerance of Netflix' Gradient2Limit, as is the bound of a half
 * below. No simulated load is slowed by its own number, so double changes nothing there.
 */
const MOST_SLOWDOWN = 1.5;
/**
 * Above this slowdown, one more task at once would only restore a number that was too high. With MOST_SLOWDOWN in its place,
 * 240 simulated tasks wait at once for what serves a few. A test allows 160.
 */
const LITTLE_SLOWDOWN = 1.2;
/**
 * Above this load, tasks wait for loops, and their slowdown says nothing. Without this bound, simulated tasks that half
 * compute and half wait reach 10 at once instead of 14. They then do 2 to 6 % less work.
 */
const LOOPS_ARE_BUSY = 0.6;
/**
 * Where several tasks run at once, they go on so down to this bound, which is below WAITS_ABOVE. With one bound, simulated tasks
 * that come out at 1.3 had their concurrency halved and doubled every 20 s.
 */
const WAITS_STILL_ABOVE = 1.2;
/** Growth of concurrency in one tick: from 1 to 256 in a second. Without it, simulated tasks that half wait do 1 % less. */
const MOST_CONCURRENCY_STEP = 4;
/** Allows a little more than the observed number, which swings. Without it, simulated tasks that wait end up 0.5 % behind. */
const BESIDE = 1.05;

/**
 * Tasks that a worker should run at once, so that its loop is active for LOOP_GOAL of the time. Fewer when tasks slow each
 * other down, in whatever they all wait for.
 * @param slowdown duration of tasks as a multiple of the usual
 * @param mayGrow whether more at once could change anything
 * @param tooFew a concurrency that left loops idle: the result is at least one more, or it would swing for ever
 */
export function concurrencyTarget(
  shape: WorkloadProfile,
  current: number,
  { slowdown, tooFew, mayGrow }: { slowdown: number; tooFew: number; mayGrow: boolean },
  { minConcurrency, maxConcurrency }: SizingLimits,
): number {
  const clamp = (count: number): number => Math.min(Math.max(count, minConcurrency), maxConcurrency);
  if (tasksPerLoop(shape) < (current > 1 ? WAITS_STILL_ABOVE : WAITS_ABOVE)) return clamp(1);
  const active = loopShare(shape);
  if (active < LOOPS_ARE_BUSY && slowdown > MOST_SLOWDOWN) {
    return clamp(Math.round(current * Math.max(0.5, MOST_SLOWDOWN / slowdown)));
  }
  if (active < LOOPS_ARE_BUSY && slowdown > LITTLE_SLOWDOWN) return clamp(current);
  const wanted = (current * LOOP_GOAL) / active;
  if (active > LOOP_GOAL) return clamp(Math.min(current, Math.max(Math.floor(wanted), tooFew + 1)));
  if (active > LOOP_LOW || !mayGrow) return clamp(current);
  // The tasks that wait beside an active one. If they come in a bad order, the number rises by one at a time.
  const beside = Math.max(tasksPerLoop(shape) * BESIDE, current + 1);
  return clamp(Math.ceil(Math.min(wanted, current * MOST_CONCURRENCY_STEP, beside)));
}

/** Most tasks that one worker could run at once, as far as its loop allows. */
export function mostInOne(shape: WorkloadProfile, { minConcurrency, maxConcurrency }: SizingLimits): number {
  const perLoop = tasksPerLoop(shape);
  const most = perLoop < WAITS_ABOVE ? 1 : Math.floor(perLoop * LOOP_GOAL);
  return Math.min(Math.max(most, minConcurrency), maxConcurrency);
}

/**
 * Number of workers that use up the cores: one per core where tasks compute, more where they block. Goetz's law (Java
 * Concurrency in Practice, 8.2): cores ÷ share of the time that a worker computes. More tasks at once can fill a worker's
 * loop, so only its active time counts. At the largest concurrency allowed, its idle time counts, too.
 */
export function coresTarget(
  shape: WorkloadProfile,
  workers: number,
  concurrency: number,
  limits: SizingLimits,
): number {
  const { cores, maxConcurrency } = limits;
  const whole = wholeCores(limits);
  const isFull = concurrency >= maxConcurrency && tasksPerLoop(shape) >= WAITS_ABOVE;
  const share = cpuPerLoop(shape) * (isFull ? loopShare(shape) : 1);
  if (share >= COMPUTES_ABOVE && share <= COMPUTES_BELOW) return whole;
  // The small share of each may be due to their number alone. Then more workers cannot help, and a trial with fewer is
  // needed.
  if (share < 1 && areCoresBusy(shape, workers, limits.cores)) return Math.max(whole, workers);
  return Math.max(1, Math.ceil(cores / share - SLIVER));
}

/** Number of workers that keep the cores busy, if each keeps one busy. */
export function wholeCores({ cores }: SizingLimits): number {
  return Math.max(1, Math.ceil(cores - SLIVER));
}

/** Whether workers may only be taking cores from each other: they outnumber the cores, and the cores are used up. */
export function mayBeTooMany(shape: WorkloadProfile, workers: number, limits: SizingLimits): boolean {
  return (
    workers > wholeCores(limits) && cpuPerLoop(shape) < COMPUTES_ABOVE && areCoresBusy(shape, workers, limits.cores)
  );
}

/**
 * Number of workers that the present tasks can use. Each worker needs a task, and none starts for tasks that will be done
 * before it is ready. Tasks that have kept coming for one start-up time are expected to do so for another. A new worker is
 * then late only by the wait that showed it.
 * @param waitingMs for how long tasks have waited without a pause
 */
export function demandTarget(sample: SizingSample, perWorker: number, waitingMs: number): number {
  const { workers, waiting, executing, backlogMs, bootMs } = sample;
  const useful = Math.ceil((waiting + executing) / perWorker);
  if (useful <= workers) return useful;
  const drainMs = backlogMs / Math.max(1, workers * perWorker);
  return drainMs > bootMs || waitingMs > bootMs ? useful : Math.max(1, workers);
}
