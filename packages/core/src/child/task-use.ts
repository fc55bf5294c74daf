import type { TaskUseTotals } from '../wire/messages.js';
import { leastCpuMs, ownCpuMs } from './cpu-time.js';

/**
 * What the tasks of one handler do to their worker: how long they have been in it, all together, and for how long they kept its
 * event loop until they returned, which tells those that wait; and how much of that was on a core, which tells those that
 * block. Some additions a task.
 */
export class TaskUse {
  #endedMs = 0;
  #waiting = 0;
  /** Sum of the moments at which those began that are under way. */
  #beganAt = 0;
  #calledMs = 0;
  #sampledMs = 0;
  #sampledCpuMs = 0;

  /** A handler has returned at once. */
  ran(ms: number): void {
    this.#endedMs += ms;
    this.#calledMs += ms;
  }

  /** A handler has returned a promise. */
  waits(startedAt: number, returnedAt: number): void {
    this.#waiting++;
    this.#beganAt += startedAt;
    this.#calledMs += returnedAt - startedAt;
  }

  /** The promise has settled. */
  ended(startedAt: number, endedAt: number): void {
    this.#waiting--;
    this.#beganAt -= startedAt;
    this.#endedMs += endedAt - startedAt;
  }

  /** Of a call it is known how much processor time it took. */
  sampled(ms: number, cpuMs: number): void {
    this.#sampledMs += ms;
    this.#sampledCpuMs += cpuMs;
  }

  /** Until now, tasks under way included. */
  totals(nowMs: number): TaskUseTotals {
    return {
      handlerMs: this.#endedMs + this.#waiting * nowMs - this.#beganAt,
      calledMs: this.#calledMs,
      sampledMs: this.#sampledMs,
      sampledCpuMs: this.#sampledCpuMs,
    };
  }
}

/** Asking twice for processor time costs 2 µs; of a thread before Node 22.19, some 16 µs. */
const SAMPLE_EVERY_MS = 20;
/** Shorter calls the clock does not tell exactly enough. */
const LEAST_SAMPLE_MS = leastCpuMs();

/** Takes the processor time of a call now and then. */
export class CallSampler {
  #nextAt = -Infinity;
  #cpuMs: number | undefined;

  /** A handler is about to be called. */
  begin(nowMs: number): void {
    if (nowMs < this.#nextAt) return;
    this.#nextAt = nowMs + SAMPLE_EVERY_MS;
    this.#cpuMs = ownCpuMs();
  }

  /** It has returned, or thrown, after so long. */
  end(use: TaskUse, ms: number): void {
    const before = this.#cpuMs;
    if (before === undefined) return;
    this.#cpuMs = undefined;
    if (ms >= LEAST_SAMPLE_MS) use.sampled(ms, (ownCpuMs() ?? before) - before);
  }
}
