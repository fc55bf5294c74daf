import { eventLoopUtilization } from '../base/loop-use.js';
import { ENOUGH_ENDED } from '../sizing/ease.js';
import type { SizingSample } from '../sizing/sample.js';
import type { UtilizationTotals } from '../worker/utilization-meter.js';
import type { MemoryBounds } from './memory-watch.js';

/** The data of a worker that sizing needs. */
export interface SizedWorker {
  readonly isReady: boolean;
  readonly inFlight: number;
  readonly expectedMs: number;
  readonly bootMs: number;
  readUtilization(nowMs: number): UtilizationTotals;
}

/** Data on the tasks of one name. */
export interface SizedType {
  readonly run: { readonly count: number; readonly sum: number; readonly mean: number };
}

export interface ObserverParts {
  /** Every worker that has not ended and is not on its way out. */
  workers(): Iterable<SizedWorker>;
  types: Iterable<SizedType>;
  /** Number of waiting tasks, and their expected execution time. */
  waiting(): { tasks: number; expectedMs: number };
  memory(): MemoryBounds;
}

interface TypeTotals {
  count: number;
  sum: number;
  /** Least mean of a look. The averages of the type rise with the very slowdown that this must show. */
  bestMs: number;
}

/** Observes what a pool did since the last look: the differences of all totals. */
export class Observer {
  readonly #parts: ObserverParts;
  readonly #types = new Map<SizedType, TypeTotals>();
  #atMs = 0;
  #loads = new Map<SizedWorker, UtilizationTotals>();
  #parent = eventLoopUtilization();
  /** Mean start-up time of the workers that were ready at the last look with any; 0 before the first. */
  #bootMs = 0;

  constructor(parts: ObserverParts) {
    this.#parts = parts;
  }

  /** Work begins after a rest, and the time between was no work. */
  wake(nowMs: number): void {
    this.#atMs = nowMs;
    this.#parent = eventLoopUtilization();
    this.#readLoads(nowMs);
  }

  /** @param wanted the wanted numbers */
  look(nowMs: number, wanted: Pick<SizingSample, 'workers' | 'concurrency'>): SizingSample {
    const { waiting, memory } = this.#parts;
    const elapsedMs = nowMs - this.#atMs;
    this.#atMs = nowMs;
    const { ahead, prefetchMs, ...counts } = this.#count(wanted.concurrency);
    const { tasks, expectedMs } = waiting();
    const { room, cap } = memory();
    return {
      nowMs,
      elapsedMs,
      ...wanted,
      ...counts,
      waiting: tasks + ahead,
      backlogMs: expectedMs + prefetchMs,
      ...this.#readTypes(),
      ...this.#readLoads(nowMs),
      bootMs: this.#bootMs,
      memoryRoom: room,
      memoryCap: cap,
      parentShare: this.#readParent(),
    };
  }

  #count(concurrency: number) {
    const counts = { ready: 0, starting: 0, executing: 0, ahead: 0, prefetchMs: 0 };
    let bootMs = 0;
    for (const worker of this.#parts.workers()) {
      if (!worker.isReady) {
        counts.starting++;
        continue;
      }
      counts.ready++;
      counts.executing += Math.min(worker.inFlight, concurrency);
      counts.ahead += Math.max(0, worker.inFlight - concurrency);
      counts.prefetchMs += worker.expectedMs;
      bootMs += worker.bootMs;
    }
    if (counts.ready > 0) this.#bootMs = bootMs / counts.ready;
    return counts;
  }

  /** Work of workers since the last look. A worker that is new, or has gone, does not count in this tick. */
  #readLoads(nowMs: number): Pick<SizingSample, 'spanMs' | 'handlerMs' | 'loopMs' | 'cpuMs' | 'delayMs'> {
    const loads = new Map<SizedWorker, UtilizationTotals>();
    const sum = { spanMs: 0, handlerMs: 0, loopMs: 0, cpuMs: 0, delayMs: 0 };
    for (const worker of this.#parts.workers()) {
      if (!worker.isReady) continue;
      const now = worker.readUtilization(nowMs);
      const before = this.#loads.get(worker);
      loads.set(worker, now);
      // A worker without tasks says nothing about tasks.
      if (before === undefined || (worker.inFlight === 0 && now.handlerMs === before.handlerMs)) continue;
      sum.spanMs += now.atMs - before.atMs;
      sum.handlerMs += now.handlerMs - before.handlerMs;
      sum.loopMs += now.loopMs - before.loopMs;
      sum.cpuMs += now.cpuMs - before.cpuMs;
      sum.delayMs += now.delayMs - before.delayMs;
    }
    this.#loads = loads;
    return sum;
  }

  #readParent(): number {
    const { utilization } = eventLoopUtilization(this.#parent);
    this.#parent = eventLoopUtilization();
    return utilization;
  }

  /** Tasks that ended since the last look, by their names' histograms. So no extra counting is needed while tasks run. */
  #readTypes(): Pick<SizingSample, 'ended' | 'workMs' | 'inflation'> {
    let ended = 0;
    let workMs = 0;
    let tookMs = 0;
    let bestMs = 0;
    for (const type of this.#parts.types) {
      const { count, sum, mean } = type.run;
      const before = this.#types.get(type) ?? { count: 0, sum: 0, bestMs: Infinity };
      const more = count - before.count;
      const took = sum - before.sum;
      // Kept for ever: a trial with fewer at once shows whether tasks have become longer by themselves (sizing/ease.ts).
      const best = more >= ENOUGH_ENDED ? Math.min(before.bestMs, took / more) : before.bestMs;
      this.#types.set(type, { count, sum, bestMs: best });
      if (more === 0) continue;
      ended += more;
      // The mean of all time: with a moving average, the work rate would swing with the latest tasks.
      workMs += more * mean;
      if (best === Infinity) continue;
      tookMs += took;
      bestMs += more * best;
    }
    return { ended, workMs, inflation: bestMs > 0 ? tookMs / bestMs : 1 };
  }
}
