import { GCProfiler } from './v8-natives.js';

/** Sums of the garbage collector since it was watched. */
export interface GcTotals {
  gcMs: number;
  gcScavengeMs: number;
  gcMarkMs: number;
  gcCount: number;
  gcWorstSecondMs: number;
  heapFloorBytes: number;
  allocatedBytes: number;
}

interface Heap {
  heapStatistics: { usedHeapSize: number };
}
/** One collection, as V8 describes it. */
export interface Collection {
  gcType: string;
  /** µs. */
  cost: number;
  beforeGC: Heap;
  afterGC: Heap;
}
const SECOND_MS = 1000;

/** Adds up collections. They come in batches, without times of their own: each counts at the time of its batch. */
export class GcSums {
  readonly totals: GcTotals = {
    gcMs: 0,
    gcScavengeMs: 0,
    gcMarkMs: 0,
    gcCount: 0,
    gcWorstSecondMs: 0,
    heapFloorBytes: 0,
    allocatedBytes: 0,
  };
  /** Pauses of the last second, by batch. */
  readonly #recent: { atMs: number; ms: number }[] = [];
  #usedBytes: number;

  constructor(usedBytes: number) {
    this.#usedBytes = usedBytes;
  }

  /** @param usedBytes size of the heap now */
  add(atMs: number, batch: readonly Collection[], usedBytes: number): void {
    const { totals } = this;
    let ms = 0;
    for (const { gcType, cost, beforeGC, afterGC } of batch) {
      const costMs = Number.isFinite(cost) ? Math.max(0, cost / 1000) : 0;
      ms += costMs;
      totals.gcCount++;
      if (/Scavenge|Minor/.test(gcType)) totals.gcScavengeMs += costMs;
      else totals.gcMarkMs += costMs;
      this.#grownTo(beforeGC.heapStatistics.usedHeapSize);
      this.#usedBytes = afterGC.heapStatistics.usedHeapSize;
      if (gcType === 'MarkSweepCompact') totals.heapFloorBytes = this.#usedBytes;
    }
    this.#grownTo(usedBytes);
    this.#usedBytes = usedBytes;
    totals.gcMs += ms;
    this.#noteSecond(atMs, ms);
  }

  #grownTo(bytes: number): void {
    this.totals.allocatedBytes += Math.max(0, bytes - this.#usedBytes);
  }

  #noteSecond(atMs: number, ms: number): void {
    if (ms > 0) this.#recent.push({ atMs, ms });
    while (this.#recent.length > 0 && (this.#recent[0]?.atMs ?? 0) <= atMs - SECOND_MS) this.#recent.shift();
    const sum = this.#recent.reduce((all, each) => all + each.ms, 0);
    this.totals.gcWorstSecondMs = Math.max(this.totals.gcWorstSecondMs, sum);
  }
}

/**
 * Watches the collector. V8 keeps a description of each collection until it is asked, so that nothing of ours runs after one. A
 * PerformanceObserver would run a callback after each, and what that allocates can bring about the next one.
 */
export class GcMeter {
  readonly #sums: GcSums;
  #profiler: InstanceType<typeof GCProfiler> | undefined;

  constructor(usedBytes: number) {
    this.#sums = new GcSums(usedBytes);
    this.#start();
  }

  /** Sums up to now. */
  read(atMs: number, usedBytes: number): GcTotals {
    const batch = this.#profiler?.stop()?.statistics ?? [];
    if (this.#profiler !== undefined) this.#start();
    this.#sums.add(atMs, batch, usedBytes);
    return this.#sums.totals;
  }

  stop(): void {
    this.#profiler?.stop();
    this.#profiler = undefined;
  }

  #start(): void {
    this.#profiler = new GCProfiler();
    this.#profiler.start();
  }
}
