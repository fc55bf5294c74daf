import {
  areCoresBusy,
  cpuPerLoop,
  loopShare,
  tasksPerLoop,
  WAITS_ABOVE,
  type WorkloadProfile,
} from './workload-profile.js';
import type { SizingLimits, SizingSample } from './sample.js';

/**
 * A loop that is active for this share of the time is well used; from the lower one on nothing is changed. Without the gap 34
 * simulated runs had 13 changes more, and did no more work.
 */
const LOOP_GOAL = 0.97;
const LOOP_LOW = 0.95;
/** Computing tasks come out a little above or below 1: the collector's threads, time the core was not ours. */
const NEARLY_ONE = [0.75, 1.3] as const;
/** How many times as long as usual tasks may take: above, more of them at once only wait for each other. */
const MOST_SLOWDOWN = 1.5;
/** While they take longer than this, one more at once would only bring the number back that was too many. */
const LITTLE_SLOWDOWN = 1.2;
/**
 * While loops are busier than this, they are what tasks wait for, and what they are slowed down by says nothing: without it
 * simulated tasks of which half compute and half wait come to 10 at once instead of 14, and to 2 to 6 % less work.
 */
const LOOPS_ARE_BUSY = 0.6;
/** Growth of concurrency in one tick: from 1 to 256 in a second. Simulated tasks of which half wait do 1 % less without it. */
const MOST_CONCURRENCY_STEP = 4;
/** A little more than what was seen, which swings. Without it simulated tasks that wait are 0.5 % behind at the end. */
const BESIDE = 1.05;

/**
 * How many tasks a worker should have at once: as many as keep its loop active for LOOP_GOAL of the time. Fewer when they
 * slow each other down, in whatever they all wait for.
 * @param slowdown how many times as long as usual tasks take
 * @param mayGrow whether more at once could change anything
 * @param tooFew a concurrency that left loops idle: one more at least, or the number would go up and down for ever
 */
export function concurrencyTarget(
  shape: WorkloadProfile,
  current: number,
  { slowdown, tooFew, mayGrow }: { slowdown: number; tooFew: number; mayGrow: boolean },
  { minConcurrency, maxConcurrency }: SizingLimits,
): number {
  const clamp = (count: number): number => Math.min(Math.max(count, minConcurrency), maxConcurrency);
  if (tasksPerLoop(shape) < WAITS_ABOVE) return clamp(1);
  const active = loopShare(shape);
  if (active < LOOPS_ARE_BUSY && slowdown > MOST_SLOWDOWN) {
    return clamp(Math.round(current * Math.max(0.5, MOST_SLOWDOWN / slowdown)));
  }
  if (active < LOOPS_ARE_BUSY && slowdown > LITTLE_SLOWDOWN) return clamp(current);
  const wanted = (current * LOOP_GOAL) / active;
  if (active > LOOP_GOAL) return clamp(Math.min(current, Math.max(Math.floor(wanted), tooFew + 1)));
  if (active > LOOP_LOW || !mayGrow) return clamp(current);
  // As many as wait beside one that is active; where they come in a bad order, one after another more.
  const beside = Math.max(tasksPerLoop(shape) * BESIDE, current + 1);
  return clamp(Math.ceil(Math.min(wanted, current * MOST_CONCURRENCY_STEP, beside)));
}

/** Most tasks that one worker could run at once, as far as its loop goes. */
export function mostInOne(shape: WorkloadProfile, { minConcurrency, maxConcurrency }: SizingLimits): number {
  const perLoop = tasksPerLoop(shape);
  const most = perLoop < WAITS_ABOVE ? 1 : Math.floor(perLoop * LOOP_GOAL);
  return Math.min(Math.max(most, minConcurrency), maxConcurrency);
}

/**
 * How many workers use up the cores: one for each core where tasks compute, more where they block. Goetz's law (Java
 * Concurrency in Practice, 8.2): cores ÷ share of the time that a worker computes. A worker's loop can be filled by more
 * tasks at once, so that only what it does while it is active counts; where it has as many as it may have, its idle time
 * counts, too.
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
  if (share >= NEARLY_ONE[0] && share <= NEARLY_ONE[1]) return whole;
  // The small share of each may come from their number alone: more workers cannot help then, and fewer have to be tried.
  if (share < 1 && areCoresBusy(shape, workers, limits.cores)) return Math.max(whole, workers);
  return Math.max(1, Math.ceil(cores / share - 0.05));
}

/** As many workers as keep the cores busy, each of which keeps one busy. A twentieth of a core is worth none. */
export function wholeCores({ cores }: SizingLimits): number {
  return Math.max(1, Math.ceil(cores - 0.05));
}

/** Whether workers may only be taking the cores from each other: they are more than the cores, and those are used up. */
export function mayBeTooMany(shape: WorkloadProfile, workers: number, limits: SizingLimits): boolean {
  return (
    workers > wholeCores(limits) && cpuPerLoop(shape) < NEARLY_ONE[0] && areCoresBusy(shape, workers, limits.cores)
  );
}

/**
 * How many workers the tasks there are can use: no more than have a task each, and no new one for tasks that will be done
 * before it is ready. Tasks that have kept coming for as long as a worker takes to start are taken to do so for as long
 * again: then a new one is late only by what was waited to see that.
 * @param waitingMs for how long some have waited, without a pause
 */
export function demandTarget(sample: SizingSample, perWorker: number, waitingMs: number): number {
  const { workers, waiting, executing, backlogMs, bootMs } = sample;
  const useful = Math.ceil((waiting + executing) / perWorker);
  if (useful <= workers) return useful;
  const drainMs = backlogMs / Math.max(1, workers * perWorker);
  return drainMs > bootMs || waitingMs > bootMs ? useful : Math.max(1, workers);
}
