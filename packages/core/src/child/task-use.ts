import type { TaskUseTotals } from '../wire/messages.js';
import { callHandler } from './call-handler.js';
import { leastCpuMs, ownCpuMs } from './cpu-time.js';
import { type ProfileSwitch, UNPROFILED } from './profile/task-hooks.js';

/**
 * Time that the tasks of one handler use: the total, and the part before they returned to the event loop. The two together
 * show tasks that wait. The share of the second that was on a core shows tasks that block. Costs some additions a task.
 */
export class TaskUse {
  #endedMs = 0;
  #waiting = 0;
  /** Sum of the start times of tasks in flight. */
  #beganAt = 0;
  #calledMs = 0;
  #sampledMs = 0;
  #sampledCpuMs = 0;

  /** Notes a handler that has returned a result at once. */
  ran(ms: number): void {
    this.#endedMs += ms;
    this.#calledMs += ms;
  }

  /** Notes a handler that has returned a promise. */
  waits(startedAt: number, returnedAt: number): void {
    this.#waiting++;
    this.#beganAt += startedAt;
    this.#calledMs += returnedAt - startedAt;
  }

  /** Notes that the promise has settled. */
  ended(startedAt: number, endedAt: number): void {
    this.#waiting--;
    this.#beganAt -= startedAt;
    this.#endedMs += endedAt - startedAt;
  }

  /** Notes the processor time of a call. */
  sampled(ms: number, cpuMs: number): void {
    this.#sampledMs += ms;
    this.#sampledCpuMs += cpuMs;
  }

  /** Totals up to now, tasks in flight included. */
  totals(nowMs: number): TaskUseTotals {
    return {
      handlerMs: this.#endedMs + this.#waiting * nowMs - this.#beganAt,
      calledMs: this.#calledMs,
      sampledMs: this.#sampledMs,
      sampledCpuMs: this.#sampledCpuMs,
    };
  }
}

/**
 * Shortest time between samples. Two readings of processor time cost 2 µs; of a thread before Node 22.19, some 16 µs. That
 * is 0.1 % of the time at most.
 */
const SAMPLE_EVERY_MS = 20;
/** Length of the shortest call that the clock measures well enough. */
const LEAST_SAMPLE_MS = leastCpuMs();

/** Measures the processor time of a call now and then. */
export class CallSampler {
  readonly #profiling: ProfileSwitch;
  #nextAt = -Infinity;
  #cpuMs: number | undefined;

  constructor(profiling = UNPROFILED) {
    this.#profiling = profiling;
  }

  /** What calls this handler. */
  callerOf(handler: number): typeof callHandler {
    return this.#profiling.hooks?.inTask(handler, callHandler) ?? callHandler;
  }

  /** Called before a handler. @param handler its index */
  begin(nowMs: number, handler: number): void {
    this.#profiling.hooks?.called(handler, nowMs);
    if (nowMs < this.#nextAt) return;
    this.#nextAt = nowMs + SAMPLE_EVERY_MS;
    this.#cpuMs = ownCpuMs();
  }

  /** Called when it has returned or thrown, after this time. */
  end(use: TaskUse, ms: number): void {
    this.#profiling.hooks?.returned(ms);
    const before = this.#cpuMs;
    if (before === undefined) return;
    this.#cpuMs = undefined;
    if (ms >= LEAST_SAMPLE_MS) use.sampled(ms, (ownCpuMs() ?? before) - before);
  }
}
