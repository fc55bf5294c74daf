import type { EventLoopUtilization } from 'node:perf_hooks';
import { hostNowMs } from '../base/clock.js';
import { eventLoopUtilization } from '../base/loop-use.js';
import { getHeapStatistics } from '../base/v8-natives.js';
import type { ReportMessage, TaskUseTotals } from '../wire/messages.js';
import { GROWTH_LOOK_MS, REPORT_EVERY_MS, REPORT_GROWTH_BYTES } from '../wire/pace.js';
import type { BusyPoll } from './busy-poll.js';
import { ownCpuMs, waitedForCoreMs } from './cpu-time.js';
import { heapLimitBytes, ownBytes, scratchMemory } from './own-memory.js';
import type { SectionRecorder } from './section-recorder.js';
import type { TaskUse } from './task-use.js';

/** Collects a worker's report of itself: memory, load, and the times of sections. */
export class SelfReport {
  readonly #sections: SectionRecorder;
  readonly #poll: Pick<BusyPoll, 'takePolledMs'>;
  /** By handler. */
  readonly #uses: readonly TaskUse[];
  #totals: readonly TaskUseTotals[] = [];
  readonly #toldMs: number[];
  #vitalsAt = -Infinity;
  #grownAt = -Infinity;
  #cpuMs = ownCpuMs() ?? 0;
  #cpuAt = hostNowMs();
  #elu: EventLoopUtilization = eventLoopUtilization();
  #polledMs = 0;
  #last = {
    rssBytes: 0,
    scratchBytes: 0,
    heapUsedBytes: 0,
    youngUsedBytes: 0,
    heapLimitBytes: heapLimitBytes(),
    cpu: 0,
    elu: 0,
    handlerMs: 0,
    loopMs: 0,
    cpuMs: 0,
    delayMs: 0,
  };

  constructor(sections: SectionRecorder, poll: Pick<BusyPoll, 'takePolledMs'>, uses: readonly TaskUse[]) {
    this.#sections = sections;
    this.#uses = uses;
    this.#toldMs = uses.map(() => 0);
    this.#poll = poll;
  }

  /** The report that is due now, or undefined. */
  due(idle: boolean): ReportMessage | undefined {
    const now = hostNowMs();
    const metrics = now - this.#vitalsAt >= REPORT_EVERY_MS || this.#hasGrown(now);
    // While work goes on, sections leave with the rest. When it pauses, they leave at once.
    const sections = this.#sections.dirty && (idle || metrics);
    if (!metrics && !sections) return undefined;
    if (metrics) this.#readVitals(now);
    const taken = sections ? this.#sections.take() : [];
    const mistakes = sections ? this.#sections.takeMistakes() : undefined;
    return { ...this.#last, uses: metrics ? this.#takeUses() : [], sections: taken, mistakes };
  }

  /** A report of all that is new, in the middle of work. */
  now(): ReportMessage {
    this.#readVitals(hostNowMs());
    const sections = this.#sections.take();
    return { ...this.#last, uses: this.#takeUses(), sections, mistakes: this.#sections.takeMistakes() };
  }

  #hasGrown(now: number): boolean {
    if (now - this.#grownAt < GROWTH_LOOK_MS) return false;
    this.#grownAt = now;
    return ownBytes() > this.#last.rssBytes + REPORT_GROWTH_BYTES;
  }

  #readVitals(now: number): void {
    this.#totals = this.#uses.map((use) => use.totals(now));
    const polledMs = this.#poll.takePolledMs();
    this.#polledMs += polledMs;
    const loopMs = Math.max(0, eventLoopUtilization().active - this.#polledMs);
    // If the system does not know it, an active loop counts as computing.
    const cpuMs = ownCpuMs() ?? loopMs;
    const elapsedMs = now - this.#cpuAt;
    const { active, idle } = eventLoopUtilization(this.#elu);
    this.#last = {
      ...this.#last,
      ...scratchMemory(),
      rssBytes: ownBytes(),
      heapUsedBytes: getHeapStatistics().used_heap_size,
      cpu: elapsedMs > 0 ? (cpuMs - this.#cpuMs) / elapsedMs : 0,
      // Deltas can come out slightly negative (nodejs/node#40525).
      elu: active + idle > 0 ? Math.min(1, Math.max(0, (active - polledMs) / (active + idle))) : 0,
      handlerMs: this.#totals.reduce((sum, { handlerMs }) => sum + handlerMs, 0),
      loopMs,
      cpuMs,
      delayMs: waitedForCoreMs(),
    };
    this.#vitalsAt = now;
    this.#cpuAt = now;
    this.#cpuMs = cpuMs;
    this.#elu = eventLoopUtilization();
  }

  /** Totals of handlers that had tasks since the last call. */
  #takeUses(): ReportMessage['uses'] {
    const taken: [number, TaskUseTotals][] = [];
    for (const [handler, totals] of this.#totals.entries()) {
      if (totals.handlerMs === this.#toldMs[handler]) continue;
      this.#toldMs[handler] = totals.handlerMs;
      taken.push([handler, totals]);
    }
    return taken;
  }
}
