/** From one report of a worker to the next, while it works. */
const REPORT_EVERY_MS = 250;
/** A worker whose loop is free reports in time; one that does not has a loop that is busy. */
const SILENT_MS = REPORT_EVERY_MS * 1.6;

/** What a worker tells of itself: totals since its start, ms. */
export interface ReportedUtilization {
  /** Tasks were in handlers: two at once for a second are two seconds. */
  readonly handlerMs: number;
  /** Its event loop was active. */
  readonly loopMs: number;
  /** Processor time it took. */
  readonly cpuMs: number;
  /** Its loop could have run, and got no core. */
  readonly delayMs: number;
}

/** Totals, and until when they hold. */
export interface UtilizationTotals extends ReportedUtilization {
  /** Host clock. */
  readonly atMs: number;
}

/**
 * How much a worker has worked, between its reports, too: a handler that computes for a minute lets nothing be reported for
 * a minute. Totals never go down; what was assumed in a silence is put right by the next report.
 */
export class UtilizationMeter {
  #reported: ReportedUtilization = { handlerMs: 0, loopMs: 0, cpuMs: 0, delayMs: 0 };
  /** The last report, or the last look at it without a task, whichever was later. */
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

  /** Whether nothing has been heard of it for longer than a free loop would let pass. */
  isSilent(nowMs: number): boolean {
    return nowMs - this.#sinceMs > SILENT_MS;
  }

  /**
   * @param isExecuting whether it has a task in a handler
   * @param outsideCpuMs processor time since its start as the system tells it, for when it is silent; where that is not
   *   known, a loop that is busy is taken to compute
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
