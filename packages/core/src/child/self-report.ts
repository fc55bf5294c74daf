import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import { hostNowMs } from '../base/clock.js';
import type { ReportMessage } from '../wire/frame.js';
import type { BusyPoll } from './busy-poll.js';
import type { SectionRecorder } from './section-recorder.js';

/** Memory and load are read at most this often: one reading costs some 30 µs. */
const VITALS_EVERY_MS = 500;
/** Sections leave at most this often while work goes on, and always when it pauses. */
const SECTIONS_EVERY_MS = 100;

/** Collects what a worker says of itself: memory, load, and the sections its handlers timed. */
export class SelfReport {
  readonly #sections: SectionRecorder;
  readonly #poll: Pick<BusyPoll, 'takePolledMs'>;
  #vitalsAt = -Infinity;
  #sectionsAt = -Infinity;
  #cpu = process.cpuUsage();
  #cpuAt = hostNowMs();
  #elu: EventLoopUtilization = performance.eventLoopUtilization();
  #last = { rssBytes: 0, heapUsedBytes: 0, cpu: 0, elu: 0 };

  constructor(sections: SectionRecorder, poll: Pick<BusyPoll, 'takePolledMs'>) {
    this.#sections = sections;
    this.#poll = poll;
  }

  /** The report that is due now, or undefined. */
  due(idle: boolean): ReportMessage | undefined {
    const now = hostNowMs();
    const vitals = now - this.#vitalsAt >= VITALS_EVERY_MS;
    const sections = this.#sections.dirty && (idle || now - this.#sectionsAt >= SECTIONS_EVERY_MS);
    if (!vitals && !sections) return undefined;
    if (vitals) this.#readVitals(now);
    if (sections) this.#sectionsAt = now;
    return { ...this.#last, sections: sections ? this.#sections.take() : [] };
  }

  #readVitals(now: number): void {
    const { rss, heapUsed } = process.memoryUsage();
    const cpu = process.cpuUsage(this.#cpu);
    const elapsedMs = now - this.#cpuAt;
    const { active, idle } = performance.eventLoopUtilization(this.#elu);
    const polledMs = this.#poll.takePolledMs();
    this.#last = {
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      cpu: elapsedMs > 0 ? (cpu.user + cpu.system) / 1000 / elapsedMs : 0,
      // Deltas can come out slightly negative (nodejs/node#40525).
      elu: active + idle > 0 ? Math.min(1, Math.max(0, (active - polledMs) / (active + idle))) : 0,
    };
    this.#vitalsAt = now;
    this.#cpuAt = now;
    this.#cpu = process.cpuUsage();
    this.#elu = performance.eventLoopUtilization();
  }
}
