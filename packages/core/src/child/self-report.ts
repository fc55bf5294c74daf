import { hostNowMs } from '../base/clock.js';
import { eventLoopUtilization, LoopActivity } from '../base/loop-use.js';
import { getHeapStatistics } from '../base/v8-natives.js';
import type { ReportMessage, TaskUseTotals } from '../wire/messages.js';
import { GROWTH_LOOK_MS, REPORT_EVERY_MS, REPORT_GROWTH_BYTES } from '../wire/pace.js';
import type { BusyPoll } from './busy-poll.js';
import { ownCpuMs, waitedForCoreMs } from './cpu-time.js';
import { heapLimitBytes, ownBytes, scratchMemory } from './own-memory.js';
import { type ProfileSwitch, UNPROFILED } from './profile/task-hooks.js';
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
  /** Time of the event loop up to the last report: active and idle. */
  #loopAtMs = 0;
  #polledMs = 0;
  readonly #activity = new LoopActivity({ activeMs: 0, readyMs: null, calledMs: 0 });
  readonly #profiling: Pick<ProfileSwitch, 'isSampled'>;
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

  constructor(
    sections: SectionRecorder,
    poll: Pick<BusyPoll, 'takePolledMs'>,
    uses: readonly TaskUse[],
    profiling: Pick<ProfileSwitch, 'isSampled'> = UNPROFILED,
  ) {
    this.#profiling = profiling;
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
    this.#polledMs += this.#poll.takePolledMs();
    const loop = eventLoopUtilization();
    const ownMs = ownCpuMs();
    const delayMs = waitedForCoreMs();
    const sums = {
      activeMs: loop.active,
      readyMs: ownMs === undefined ? null : ownMs + delayMs,
      calledMs: this.#totals.reduce((sum, { calledMs }) => sum + calledMs, 0),
    };
    const loopMs = Math.max(0, this.#activity.read(sums, this.#profiling.isSampled) - this.#polledMs);
    // If the system does not know it, an active loop counts as computing.
    const cpuMs = ownMs ?? loopMs;
    const elapsedMs = now - this.#cpuAt;
    const loopElapsedMs = loop.active + loop.idle - this.#loopAtMs;
    this.#last = {
      ...this.#last,
      ...scratchMemory(),
      rssBytes: ownBytes(),
      heapUsedBytes: getHeapStatistics().used_heap_size,
      cpu: elapsedMs > 0 ? (cpuMs - this.#cpuMs) / elapsedMs : 0,
      elu: loopElapsedMs > 0 ? Math.min(1, Math.max(0, (loopMs - this.#last.loopMs) / loopElapsedMs)) : 0,
      handlerMs: this.#totals.reduce((sum, { handlerMs }) => sum + handlerMs, 0),
      loopMs,
      cpuMs,
      delayMs,
    };
    this.#vitalsAt = now;
    this.#cpuAt = now;
    this.#cpuMs = cpuMs;
    this.#loopAtMs = loop.active + loop.idle;
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
