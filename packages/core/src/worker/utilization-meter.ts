import { REPORT_EVERY_MS } from '../wire/pace.js';

/**
 * A worker with a free loop reports in time, so a later report shows a busy loop. With less than one interval, workers would count
 * as silent just before their reports. With two, a busy loop would show one beat of the pool later.
 */
const SILENT_MS = REPORT_EVERY_MS * 1.6;

/** A worker's own report: totals since its start, ms. */
export interface ReportedUtilization {
  /** Time of tasks in handlers; two at once for a second count as two seconds. */
  readonly handlerMs: number;
  /** Time for which its event loop was active. */
  readonly loopMs: number;
  /** Processor time that it took. */
  readonly cpuMs: number;
  /** Time for which its loop could have run, and got no core. */
  readonly delayMs: number;
}

/** Totals, and the time until which they hold. */
export interface UtilizationTotals extends ReportedUtilization {
  /** Host clock. */
  readonly atMs: number;
}

/**
 * Measures how much a worker has worked, also between its reports. A handler that computes for a minute delays reports for a
 * minute. Totals never go down; the next report corrects what was assumed in a silence.
 */
export class UtilizationMeter {
  #reported: ReportedUtilization = { handlerMs: 0, loopMs: 0, cpuMs: 0, delayMs: 0 };
  /** Time of the last report, or of the last look without a task, whichever was later. */
  #sinceMs: number;
  #told: UtilizationTotals;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
    this.#told = { ...this.#reported, atMs: nowMs };
  }

  report(nowMs: number, totals: ReportedUtilization): void {
    this.#reported = totals;
    this.#sinceMs = nowMs;
  }

  /** Whether its last report is older than a free loop would allow. */
  isSilent(nowMs: number): boolean {
    return nowMs - this.#sinceMs > SILENT_MS;
  }

  /**
   * @param isExecuting whether it has a task in a handler
   * @param outsideCpuMs processor time since its start as the system reports it, for times of silence. Where it is unknown, a
   * busy loop counts as computing
   */
  read(nowMs: number, isExecuting: boolean, outsideCpuMs: number | undefined): UtilizationTotals {
    if (!isExecuting) this.#sinceMs = nowMs;
    const silentMs = this.isSilent(nowMs) ? nowMs - this.#sinceMs : 0;
    const { handlerMs, loopMs, cpuMs, delayMs } = this.#reported;
    const told = this.#told;
    this.#told = {
      atMs: Math.max(told.atMs, silentMs > 0 ? nowMs : this.#sinceMs),
      handlerMs: Math.max(told.handlerMs, handlerMs + silentMs),
      loopMs: Math.max(told.loopMs, loopMs + silentMs),
      cpuMs: Math.max(told.cpuMs, silentMs === 0 ? cpuMs : (outsideCpuMs ?? cpuMs + silentMs)),
      delayMs: Math.max(told.delayMs, delayMs),
    };
    return this.#told;
  }
}
