import type { ReportMessage } from '../wire/messages.js';
import { type HandlerUse, UseMeter } from './use-meter.js';
import { UtilizationMeter, type UtilizationTotals } from './utilization-meter.js';

/** A worker's memory and load: by its own reports, and by the system's while it is silent. */
export class WorkerMetrics {
  /** Resident memory of a process; heap and buffers of a thread. */
  rssBytes = 0;
  heapUsedBytes = 0;
  heapLimitBytes = 0;
  /** Cores in use, and share of the time that its loop was active, over its last report. */
  cpu = 0;
  elu = 0;
  /** Memory of its last report less that of the one before. */
  grownBytes = 0;
  /** All three as it reported them first, which it does as soon as it is ready; 0 until then. */
  warmRssBytes = 0;
  warmKeptBytes = 0;
  warmKeptHeapBytes = 0;
  /** Thread of its event loop, by which the system can be asked about it. */
  systemThreadId: number | undefined;
  readonly #load: UtilizationMeter;
  readonly #uses = new UseMeter();
  #reportedBytes = 0;
  #scratchBytes = 0;
  #youngUsedBytes = 0;
  /** Processor time since its start, as the system reported it last. */
  #outsideCpuMs: number | undefined;

  constructor(nowMs: number) {
    this.#load = new UtilizationMeter(nowMs);
  }

  /** Its memory without the young generation: what its code, its tasks and its caches hold. */
  get keptBytes(): number {
    return Math.max(0, this.rssBytes - this.#scratchBytes);
  }

  /** The same of its heap. */
  get keptHeapBytes(): number {
    return Math.max(0, this.heapUsedBytes - this.#youngUsedBytes);
  }

  /** Takes a report of the worker. @returns what the tasks of its handlers did to it since the last one */
  report(nowMs: number, message: ReportMessage): HandlerUse[] {
    this.grownBytes = message.rssBytes - this.#reportedBytes;
    this.rssBytes = this.#reportedBytes = message.rssBytes;
    this.heapUsedBytes = message.heapUsedBytes;
    this.#scratchBytes = message.scratchBytes;
    this.#youngUsedBytes = message.youngUsedBytes;
    this.heapLimitBytes = message.heapLimitBytes;
    this.cpu = message.cpu;
    this.elu = message.elu;
    if (this.warmRssBytes === 0) this.#noteWarm();
    this.#load.report(nowMs, message);
    return this.#uses.report(message);
  }

  /** Takes what the system reports of it. */
  noteUsage({ cpuMs, rssBytes }: { cpuMs: number; rssBytes?: number }): void {
    this.#outsideCpuMs = cpuMs;
    // Before its first report there is nothing to compare with.
    if (rssBytes !== undefined && this.warmRssBytes > 0) this.rssBytes = rssBytes;
  }

  /** Whether its last report is older than a free loop would allow. */
  isSilent(nowMs: number): boolean {
    return this.#load.isSilent(nowMs);
  }

  /** How much it has worked since its start. @param isExecuting whether it has tasks */
  readUtilization(nowMs: number, isExecuting: boolean): UtilizationTotals {
    return this.#load.read(nowMs, isExecuting, this.#outsideCpuMs);
  }

  #noteWarm(): void {
    this.warmRssBytes = this.rssBytes;
    this.warmKeptBytes = this.keptBytes;
    this.warmKeptHeapBytes = this.keptHeapBytes;
  }
}
