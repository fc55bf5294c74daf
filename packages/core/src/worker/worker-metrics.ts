import type { ReportMessage } from '../wire/messages.js';
import { UtilizationMeter, type UtilizationTotals } from './utilization-meter.js';
import { UseMeter, type HandlerUse } from './use-meter.js';

/** What is known of a worker's memory and load: by its own reports, and by the system while it says nothing. */
export class WorkerMetrics {
  /** Resident memory of a process; heap and buffers of a thread. */
  rssBytes = 0;
  heapUsedBytes = 0;
  heapLimitBytes = 0;
  /** Cores in use, and share of the time its loop was active, over its last report. */
  cpu = 0;
  elu = 0;
  /** How much more memory its last report told than the one before. */
  grownBytes = 0;
  /** All three when it was ready, and had done nothing yet. */
  warmRssBytes = 0;
  warmKeptBytes = 0;
  warmKeptHeapBytes = 0;
  /** By which the system can be asked about its event loop's thread. */
  systemThreadId: number | undefined;
  readonly #load: UtilizationMeter;
  readonly #uses = new UseMeter();
  #reportedBytes = 0;
  #scratchBytes = 0;
  #youngUsedBytes = 0;
  /** Processor time since its start, as the system told it last. */
  #outsideCpuMs: number | undefined;

  constructor(nowMs: number) {
    this.#load = new UtilizationMeter(nowMs);
  }

  /** Its memory less the young generation: what its code, its tasks and its caches hold. */
  get keptBytes(): number {
    return Math.max(0, this.rssBytes - this.#scratchBytes);
  }

  /** The same of its heap. */
  get keptHeapBytes(): number {
    return Math.max(0, this.heapUsedBytes - this.#youngUsedBytes);
  }

  /** The worker has told of itself. @returns what the tasks of its handlers did to it since it did so last */
  report(nowMs: number, message: ReportMessage): HandlerUse[] {
    this.grownBytes = message.rssBytes - this.#reportedBytes;
    this.rssBytes = this.#reportedBytes = message.rssBytes;
    this.heapUsedBytes = message.heapUsedBytes;
    this.#scratchBytes = message.scratchBytes;
    this.#youngUsedBytes = message.youngUsedBytes;
    this.heapLimitBytes = message.heapLimitBytes;
    this.cpu = message.cpu;
    this.elu = message.elu;
    this.#load.report(nowMs, message);
    return this.#uses.report(message);
  }

  /** It is ready, and has just reported. */
  warm(systemThreadId: number | undefined): void {
    this.warmRssBytes = this.rssBytes;
    this.warmKeptBytes = this.keptBytes;
    this.warmKeptHeapBytes = this.keptHeapBytes;
    this.systemThreadId = systemThreadId;
  }

  /** What the system tells of it. */
  noteUsage({ cpuMs, rssBytes }: { cpuMs: number; rssBytes?: number }): void {
    this.#outsideCpuMs = cpuMs;
    if (rssBytes !== undefined) this.rssBytes = rssBytes;
  }

  /** Whether nothing has been heard of it for longer than a free loop would let pass. */
  isSilent(nowMs: number): boolean {
    return this.#load.isSilent(nowMs);
  }

  /** How much it has worked since its start. @param isExecuting whether it has tasks */
  readUtilization(nowMs: number, isExecuting: boolean): UtilizationTotals {
    return this.#load.read(nowMs, isExecuting, this.#outsideCpuMs);
  }
}
