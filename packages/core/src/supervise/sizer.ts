import { eventLoopUtilization } from '../base/loop-use.js';
import type { DetectedLoad } from '../contract/stats.js';
import { decide, startSizing, type SizingDecision, type SizingState } from '../sizing/decide.js';
import type { GovernorSeat } from '../sizing/governor.js';
import { isKnown, kindOf } from '../sizing/load-shape.js';
import type { SizingLimits, SizingSample } from '../sizing/sample.js';
import { readThrottling, throttledShare } from '../sizing/throttling.js';
import type { LoadTotals } from '../worker/load-meter.js';
import type { Pace } from './heartbeat.js';

/** A mean of fewer tasks says little of how long they take at best. */
const ENOUGH_TASKS = 10;
/** How fast a best time is forgotten, for each tick: a name whose tasks have become longer is not slowed down for ever. */
const FORGETS = 1.002;

/** What sizing needs to see of a worker. */
export interface SizedWorker {
  readonly isReady: boolean;
  readonly load: number;
  readonly expectedMs: number;
  readonly bootMs: number;
  readLoad(nowMs: number): LoadTotals;
}

/** What is known of the tasks of one name. */
export interface SizedType {
  readonly run: { readonly count: number; readonly sum: number; readonly mean: number };
}

export interface SizerParts {
  seat: GovernorSeat;
  /** Cores the program may use. */
  cores: number;
  limits: Omit<SizingLimits, 'cores'>;
  /** Every worker that has not ended and is not on its way out. */
  workers(): Iterable<SizedWorker>;
  types(): Iterable<SizedType>;
  /** Tasks that wait, and the execution time expected of them. */
  waiting(): { tasks: number; expectedMs: number };
  pending(): number;
  memory(): { room: number; cap: number };
  /** The numbers from now on. `reason` is empty when nothing changed. */
  apply(decision: SizingDecision): void;
}

interface TypeTotals {
  count: number;
  sum: number;
  bestMs: number;
}

/** Looks at the pool, has `decide` choose, and passes the choice on. */
export class Sizer {
  readonly #parts: SizerParts;
  readonly #totals = new Map<SizedType, TypeTotals>();
  #state: SizingState;
  #lastTickMs: number;
  #lastLoad = new Map<SizedWorker, LoadTotals>();
  #lastParent = eventLoopUtilization();
  #lastQuota = readThrottling();
  #bootMs = 100;

  constructor(parts: SizerParts, workers: number, concurrency: number, nowMs: number) {
    this.#parts = parts;
    this.#lastTickMs = nowMs;
    this.#state = startSizing(workers, concurrency, nowMs);
    parts.seat.join();
  }

  /** What tasks are like; undefined while nothing is known. */
  get kind(): DetectedLoad | undefined {
    return isKnown(this.#state.shape) ? kindOf(this.#state.shape) : undefined;
  }

  /** Looked at for the first time after a rest: what was in between was no work. */
  wake(nowMs: number): void {
    this.#lastTickMs = nowMs;
    this.#readLoads(nowMs);
  }

  /** The number was changed elsewhere: by the first tasks, by `resize`. */
  set(workers: number): void {
    this.#state = { ...this.#state, workers, trial: undefined };
  }

  limit(limits: Omit<SizingLimits, 'cores'>): void {
    this.#parts.limits = limits;
  }

  stop(): void {
    this.#parts.seat.leave();
  }

  /** While there is work, four times a second; then, as long as workers may go, once. */
  tick(nowMs: number): Pace {
    const { cores, limits, seat, apply, pending } = this.#parts;
    const sample = this.#look(nowMs);
    const usedCores = sample.elapsedMs > 0 ? sample.cpuMs / sample.elapsedMs : 0;
    seat.tell({ usedCores, isActive: pending() > 0, isShort: sample.waiting > 0 });
    const decision = decide(this.#state, sample, { ...limits, cores: seat.coresOf(cores) });
    this.#state = decision.state;
    apply(decision);
    if (pending() === 0) return decision.workers > limits.minWorkers ? 'slow' : 'rest';
    // Where memory alone may change the numbers, the slow beat is enough: the memory watch has a pace of its own.
    const isFixed = limits.minWorkers === limits.maxWorkers && limits.minConcurrency === limits.maxConcurrency;
    return isFixed ? 'slow' : 'fast';
  }

  #look(nowMs: number): SizingSample {
    const { waiting, memory } = this.#parts;
    const elapsedMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    const { concurrency } = this.#state;
    let ready = 0;
    let starting = 0;
    let executing = 0;
    let ahead = 0;
    let aheadMs = 0;
    for (const worker of this.#parts.workers()) {
      if (!worker.isReady) {
        starting++;
        continue;
      }
      ready++;
      executing += Math.min(worker.load, concurrency);
      ahead += Math.max(0, worker.load - concurrency);
      aheadMs += worker.expectedMs;
      if (worker.bootMs > 0) this.#bootMs += (worker.bootMs - this.#bootMs) * 0.2;
    }
    const { tasks, expectedMs } = waiting();
    const { room, cap } = memory();
    return {
      nowMs,
      elapsedMs,
      waiting: tasks + ahead,
      executing,
      backlogMs: expectedMs + aheadMs,
      ...this.#readTypes(),
      ready,
      starting,
      ...this.#readLoads(nowMs),
      bootMs: this.#bootMs,
      memoryRoom: room,
      memoryCap: cap,
      parentShare: this.#readParent(),
      throttled: this.#readQuota(),
    };
  }

  /** What workers did since the last look. One that is new, or has gone, is not counted in this tick. */
  #readLoads(nowMs: number): Pick<SizingSample, 'spanMs' | 'heldMs' | 'loopMs' | 'cpuMs' | 'delayMs'> {
    const loads = new Map<SizedWorker, LoadTotals>();
    const sum = { spanMs: 0, heldMs: 0, loopMs: 0, cpuMs: 0, delayMs: 0 };
    for (const worker of this.#parts.workers()) {
      if (!worker.isReady) continue;
      const now = worker.readLoad(nowMs);
      const before = this.#lastLoad.get(worker);
      loads.set(worker, now);
      // One that had nothing to do says nothing of tasks.
      if (before === undefined || (worker.load === 0 && now.heldMs === before.heldMs)) continue;
      sum.spanMs += now.atMs - before.atMs;
      sum.heldMs += now.heldMs - before.heldMs;
      sum.loopMs += now.loopMs - before.loopMs;
      sum.cpuMs += now.cpuMs - before.cpuMs;
      sum.delayMs += now.delayMs - before.delayMs;
    }
    this.#lastLoad = loads;
    return sum;
  }

  #readParent(): number {
    const { utilization } = eventLoopUtilization(this.#lastParent);
    this.#lastParent = eventLoopUtilization();
    return utilization;
  }

  #readQuota(): number {
    if (this.#lastQuota === undefined) return 0;
    const before = this.#lastQuota;
    this.#lastQuota = readThrottling();
    return throttledShare(before, this.#lastQuota);
  }

  /** Tasks that ended since the last look, by their names' histograms: nothing is counted for this while tasks run. */
  #readTypes(): { ended: number; workMs: number; inflation: number } {
    let ended = 0;
    let workMs = 0;
    let tookMs = 0;
    let bestMs = 0;
    for (const type of this.#parts.types()) {
      const { count, sum, mean } = type.run;
      const before = this.#totals.get(type) ?? { count: 0, sum: 0, bestMs: Infinity };
      const more = count - before.count;
      const took = sum - before.sum;
      let best = before.bestMs * FORGETS;
      if (more >= ENOUGH_TASKS) best = Math.min(best, took / more);
      this.#totals.set(type, { count, sum, bestMs: best });
      if (more === 0) continue;
      ended += more;
      workMs += more * mean;
      if (best === Infinity) continue;
      tookMs += took;
      bestMs += more * best;
    }
    return { ended, workMs, inflation: bestMs > 0 ? tookMs / bestMs : 1 };
  }
}
