import { shareOut, type TaskTimes, type WorkerUse } from '../sizing/task-profile.js';
import type { Sums } from '../sizing/workload-profile.js';
import type { ReportMessage, TaskUseTotals } from '../wire/messages.js';

const NOTHING: TaskUseTotals = { handlerMs: 0, calledMs: 0, sampledMs: 0, sampledCpuMs: 0 };

/** Use by a handler, which is named by its index in the worker's own list. */
export type HandlerUse = readonly [handler: number, use: Sums];

/** What a worker did since its last report, handler by handler. */
export class UseMeter {
  readonly #totals = new Map<number, TaskUseTotals>();
  #worker: WorkerUse = { loopMs: 0, cpuMs: 0, delayMs: 0 };

  /** @returns for each handler that had tasks */
  report({ uses, loopMs, cpuMs, delayMs }: ReportMessage): HandlerUse[] {
    const before = this.#worker;
    this.#worker = { loopMs, cpuMs, delayMs };
    if (uses.length === 0) return [];
    const since = uses.map(([handler, totals]) => this.#since(handler, totals));
    const worker = {
      loopMs: loopMs - before.loopMs,
      cpuMs: cpuMs - before.cpuMs,
      delayMs: delayMs - before.delayMs,
    };
    const shares = shareOut(since, worker);
    return uses.map(([handler], index) => [handler, shares[index] as Sums] as const);
  }

  #since(handler: number, totals: TaskUseTotals): TaskTimes {
    const before = this.#totals.get(handler) ?? NOTHING;
    this.#totals.set(handler, totals);
    return {
      handlerMs: totals.handlerMs - before.handlerMs,
      calledMs: totals.calledMs - before.calledMs,
      sampledMs: totals.sampledMs - before.sampledMs,
      sampledCpuMs: totals.sampledCpuMs - before.sampledCpuMs,
    };
  }
}
