import { Histogram } from './histogram.js';
import type { MemoryGrowth } from './memory-meter.js';

/** Measurements of one section, wherever it is timed. Its time is on one clock, in milliseconds. */
export class SectionSums {
  readonly durations = new Histogram();
  /** Sum of the squares of the durations, ms²: with it the spread is exact. */
  squares = 0;
  /** Time without an open section inside. */
  selfMs = 0;
  /** Parts of the self time up to the return of a function, and after it. A section that is ended by hand has neither. */
  calledMs = 0;
  awaitedMs = 0;
  /** Calls that threw or rejected. */
  errors = 0;
  /** Growth of memory in sum; undefined if no call was measured. */
  memory: (MemoryGrowth & { shared: number }) | undefined;
  /** Time with at least one call open, up to the latest change of that. */
  openMs = 0;
  /** Most calls open at one time. */
  peak = 0;
  /** Duration of the latest call; undefined before its end. */
  latestMs: number | undefined;
  #openNow = 0;
  #openSinceMs = 0;

  /** Notes the begin of a call. */
  opened(nowMs: number): void {
    if (this.#openNow++ === 0) this.#openSinceMs = nowMs;
    if (this.#openNow > this.peak) this.peak = this.#openNow;
  }

  /** Notes its end. */
  closed(nowMs: number, totalMs: number, selfMs: number, hasFailed: boolean): void {
    if (--this.#openNow === 0) this.openMs += Math.max(0, nowMs - this.#openSinceMs);
    const ms = Math.max(0, totalMs);
    this.durations.record(ms);
    this.squares += ms * ms;
    this.selfMs += Math.max(0, selfMs);
    this.latestMs = ms;
    if (hasFailed) this.errors++;
  }

  /** Notes the parts of a call's self time. */
  divided(calledMs: number, awaitedMs: number): void {
    this.calledMs += Math.max(0, calledMs);
    this.awaitedMs += Math.max(0, awaitedMs);
  }

  /** Adds the growth of memory in a call. @param isShared whether other work ran meanwhile */
  grew(growth: MemoryGrowth, isShared: boolean): void {
    const memory = (this.memory ??= { heapBytes: 0, externalBytes: 0, rssBytes: 0, shared: 0 });
    memory.heapBytes += growth.heapBytes;
    memory.externalBytes += growth.externalBytes;
    memory.rssBytes += growth.rssBytes;
    if (isShared) memory.shared++;
  }

  /** Adds what was measured elsewhere. The most open at one time is that of one place. */
  merge(part: {
    readonly durations: Parameters<Histogram['merge']>[0];
    readonly squares: number;
    readonly selfMs: number;
    readonly calledMs: number;
    readonly awaitedMs: number;
    readonly errors: number;
    readonly memory?: (MemoryGrowth & { readonly shared: number }) | undefined;
    readonly openMs: number;
    readonly peak: number;
  }): void {
    this.durations.merge(part.durations);
    this.squares += part.squares;
    this.selfMs += part.selfMs;
    this.calledMs += part.calledMs;
    this.awaitedMs += part.awaitedMs;
    this.errors += part.errors;
    this.openMs += part.openMs;
    if (part.peak > this.peak) this.peak = part.peak;
    if (part.memory === undefined) return;
    this.grew(part.memory, false);
    if (this.memory !== undefined) this.memory.shared += part.memory.shared;
  }

  /** `openMs` up to now, with the calls that are open. */
  openMsAt(nowMs: number): number {
    return this.openMs + (this.#openNow > 0 ? Math.max(0, nowMs - this.#openSinceMs) : 0);
  }

  /** Begins to count anew, with the calls that are open now. */
  restart(nowMs: number): void {
    this.durations.clear();
    this.squares = this.selfMs = this.calledMs = this.awaitedMs = 0;
    this.errors = this.openMs = 0;
    this.memory = undefined;
    this.peak = this.#openNow;
    this.#openSinceMs = nowMs;
  }
}
