import { MOST_AUTO_CONCURRENCY } from '../contract/resolve-options.js';
import type { DetectedWorkload } from '../contract/stats.js';
import type { SizingSample } from './sample.js';

/**
 * How tasks use workers, as sums. Only their ratios matter, so that they hold for any number of workers and any concurrency:
 *
 * - time in handlers per millisecond of active loop. It is 1 where tasks keep their loop busy until they end, and 100 where
 *   they wait for something else 99 % of their time.
 * - processor time per millisecond of active loop, without waits for a core. It is 1 where tasks compute, and little where
 *   they block (readFileSync, execSync, Atomics.wait). It is more than 1 where other threads work for them.
 * - the share of the time in which loops are active.
 *
 * The sums fade, and ticks with much work count more.
 */
export interface WorkloadProfile extends Sums {
  /** Ticks in a row that differ widely from the sums. Two of them are a new load, and the sums begin again with these. */
  readonly odd: Sums | undefined;
  /** Number of workers, concurrency, and ticks that these sums cover. */
  readonly workers: number;
  readonly concurrency: number;
  readonly ticks: number;
}

export interface Sums {
  readonly spanMs: number;
  readonly handlerMs: number;
  readonly loopMs: number;
  readonly cpuMs: number;
  readonly delayMs: number;
}

const NOTHING: Sums = { spanMs: 0, handlerMs: 0, loopMs: 0, cpuMs: 0, delayMs: 0 };
export const NO_SHAPE: WorkloadProfile = { ...NOTHING, odd: undefined, workers: 0, concurrency: 0, ticks: 0 };

/**
 * After this much time with work, a tick counts half as much. Four times as much costs 4 % of the work of one load on 4 simulated
 * cores. A quarter costs none.
 */
const HALF_LIFE_MS = 500;
/** Least share of the time for which a loop counts as active: more tasks at once are not chosen anyway. */
const LEAST_ACTIVE = 1 / MOST_AUTO_CONCURRENCY;
/**
 * Less time in handlers than this allows no conclusion. Systems that count processor time by clock ticks do so in steps of 10
 * ms. A quarter and four times as much change nothing on 4 simulated cores.
 */
const ENOUGH_MS = 20;
/**
 * Systems that count processor time by clock ticks do so in steps of 10 ms. This is one step in two ticks of 250 ms. Half
 * and double change nothing on 4 simulated cores.
 */
const LEAST_CPU = 0.02;
/**
 * Cores that one loop can keep busy: libuv and V8 have four threads each, by default. Half and double change nothing in
 * simulation.
 */
const MOST_CPU = 8;
/**
 * Where workers take cores from each other, ticks with unchanged numbers before a new kind of tasks is accepted. Without
 * them, the test of a steady load finds 137 changes where it allows 10. One and sixteen do the same work on 4 simulated
 * cores.
 */
const TICKS_TO_KNOW = 4;
/**
 * Workers that use this share of the cores have no more to gain. With half, 4 simulated cores lose up to 19 % of the work
 * after a change of load. Without a bound, they settle after 32 s instead of 5.
 */
const CORES_ARE_BUSY = 0.92;
/**
 * Two workers on two free cores wait for 1 to 2 % of the time. At half, any short load of another program would forbid trials. At
 * double, trials would begin where loops wait for a fifth of their time already.
 */
const MUCH_DELAY = 0.1;
/**
 * A factor between a ratio and that of the sums that is not noise. With 1, 4 simulated cores lose up to 74 % of the work. With 8,
 * they lose none.
 */
const ODD = 2;

/**
 * Adds a tick. One without work changes nothing, so that a pause does not erase what is known.
 * @returns `isNew` when tasks are of another kind from now on
 */
export function addTick(
  before: WorkloadProfile,
  sample: SizingSample,
  cores: number,
): { shape: WorkloadProfile; isNew: boolean } {
  const { spanMs, handlerMs, loopMs, cpuMs, delayMs, elapsedMs, ready, concurrency } = sample;
  if (spanMs <= 0 || elapsedMs <= 0) return { shape: before, isNew: false };
  const tick: Sums = { spanMs, handlerMs, loopMs: Math.max(loopMs, spanMs * LEAST_ACTIVE), cpuMs, delayMs };
  const shape = withNumbers(before, ready, concurrency, cores);
  const isContended = takeCores(shape, ready, cores) || takeCores(tick, ready, cores);
  const isComparable = isKnown(shape) && isKnown(tick) && (!isContended || shape.ticks >= TICKS_TO_KNOW);
  const next = { ...shape, ticks: shape.ticks + 1 };
  if (isComparable && differ(shape, tick)) {
    if (shape.odd === undefined) return { shape: { ...next, odd: tick }, isNew: false };
    return { shape: { ...next, ...add(shape.odd, tick, 1), odd: undefined }, isNew: true };
  }
  return { shape: { ...next, ...add(shape, tick, 0.5 ** (elapsedMs / HALF_LIFE_MS)), odd: undefined }, isNew: false };
}

/** Where workers take cores from each other, the same tasks have another profile when the numbers change. */
function withNumbers(shape: WorkloadProfile, workers: number, concurrency: number, cores: number): WorkloadProfile {
  if (workers === shape.workers && concurrency === shape.concurrency) return shape;
  const kept = takeCores(shape, shape.workers, cores) ? NO_SHAPE : shape;
  return { ...kept, workers, concurrency, ticks: 0 };
}

function takeCores(sums: Sums, workers: number, cores: number): boolean {
  return workers > cores && areCoresBusy(sums, workers, cores);
}

function add(sums: Sums, tick: Sums, kept: number): Sums {
  return {
    spanMs: sums.spanMs * kept + tick.spanMs,
    handlerMs: sums.handlerMs * kept + tick.handlerMs,
    loopMs: sums.loopMs * kept + tick.loopMs,
    cpuMs: sums.cpuMs * kept + tick.cpuMs,
    delayMs: sums.delayMs * kept + tick.delayMs,
  };
}

/** Whether tasks differ much in how they wait, or in how they use the processor. */
function differ(a: Sums, b: Sums): boolean {
  const isFar = (one: number, other: number): boolean => one > other * ODD || other > one * ODD;
  return isFar(tasksPerLoop(a), tasksPerLoop(b)) || isFar(cpuPerLoop(a), cpuPerLoop(b));
}

/** Whether there is enough data. */
export function isKnown({ handlerMs }: Sums): boolean {
  return handlerMs >= ENOUGH_MS;
}

/** Tasks in handlers for each active loop, 1 or more. */
export function tasksPerLoop({ handlerMs, loopMs }: Sums): number {
  return Math.max(1, handlerMs / loopMs);
}

/** Processor time for each millisecond that a loop is active and does not wait for a core. */
export function cpuPerLoop({ loopMs, cpuMs, delayMs }: Sums): number {
  // A loop that wakes up waits for a core before it is active. So the delay may exceed the loop's active time.
  const ownMs = Math.max(loopMs - delayMs, Math.min(loopMs, cpuMs));
  return Math.min(Math.max(cpuMs / Math.max(ownMs, 1e-6), LEAST_CPU), MOST_CPU);
}

/**
 * Whether one more worker would wait for a core, as the present ones do. One sign is that loops already wait a good part of
 * their time, whatever uses the cores. The other is that no core is left, after the workers' use and their waits or the
 * parent's use.
 */
export function areCoresTaken(sums: Sums, workers: number, cores: number, parentShare: number): boolean {
  const { spanMs, loopMs, cpuMs, delayMs } = sums;
  if (delayMs > loopMs * MUCH_DELAY) return true;
  const perMs = spanMs === 0 ? 0 : workers / spanMs;
  return cpuMs * perMs + Math.max(delayMs * perMs, parentShare) >= cores * CORES_ARE_BUSY;
}

/** Share of the time in which the loop of a worker with tasks is active, up to 1. */
export function loopShare({ loopMs, spanMs }: Sums): number {
  return spanMs === 0 ? 0 : Math.min(1, loopMs / spanMs);
}

/** Cores in use by each worker with tasks. */
function coresPerWorker({ cpuMs, spanMs }: Sums): number {
  return spanMs === 0 ? 0 : cpuMs / spanMs;
}

/** Whether the workers use up the cores. */
export function areCoresBusy(sums: Sums, workers: number, cores: number): boolean {
  return coresPerWorker(sums) * workers >= cores * CORES_ARE_BUSY;
}

/**
 * Tasks that leave their loop idle for less than this wait too little: a second one adds only risks. On 4 simulated cores,
 * half and double change nothing: their tasks are far from it on either side.
 */
export const WAITS_ABOVE = 1.3;
/** A word for display only: with this many tasks in flight, a loop is idle for 80 % of one's time. */
const ONLY_WAITS_ABOVE = 5;
/**
 * Processor time for each active millisecond. Computing tasks come out slightly below 1 where other processes had the core.
 * Half and double change nothing on 4 simulated cores, where tasks come out near 1 or near 0.
 */
export const COMPUTES_ABOVE = 0.75;

/** The word for the kind of tasks, for display. */
export function kindOf(shape: Sums): DetectedWorkload {
  const tasks = tasksPerLoop(shape);
  if (tasks >= ONLY_WAITS_ABOVE) return 'waiting';
  if (tasks >= WAITS_ABOVE) return 'mixed';
  return cpuPerLoop(shape) >= COMPUTES_ABOVE ? 'computing' : 'blocking';
}
