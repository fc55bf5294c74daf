import type { TaskUsage } from '../../contract/profile-messages.js';
import type { TaskUseTotals } from '../../wire/messages.js';

/** Use of one handler, without what it used before the profiling. */
type Use = Pick<TaskUseTotals, 'calledMs' | 'sampledMs' | 'sampledCpuMs'>;

/** Most task names in one message; all others are one. */
const MOST_TASKS = 200;
const OTHER = '(other)';
const NONE: Use = { calledMs: 0, sampledMs: 0, sampledCpuMs: 0 };

/** Time for inputs and results, by handler, and all that a message says of task names. */
export class TaskMeter {
  decodeMs = 0;
  encodeMs = 0;
  /** Longest synchronous part of a handler since it was last taken. */
  #longestMs = 0;
  #names: readonly string[] = [];
  #decodeMs: number[] = [];
  #encodeMs: number[] = [];
  #before: readonly Use[] = [];

  serve(names: readonly string[], before: readonly Use[]): void {
    this.#names = names;
    this.#before = before;
    this.#decodeMs = names.map(() => 0);
    this.#encodeMs = names.map(() => 0);
  }

  decoded(handler: number, ms: number): void {
    const own = Math.max(0, ms);
    this.decodeMs += own;
    this.#decodeMs[handler] = (this.#decodeMs[handler] ?? 0) + own;
  }

  encoded(handler: number, ms: number): void {
    const own = Math.max(0, ms);
    this.encodeMs += own;
    this.#encodeMs[handler] = (this.#encodeMs[handler] ?? 0) + own;
  }

  sent(ms: number): void {
    this.encodeMs += Math.max(0, ms);
  }

  returned(ms: number): void {
    if (ms > this.#longestMs) this.#longestMs = ms;
  }

  takeLongestMs(): number {
    const ms = this.#longestMs;
    this.#longestMs = 0;
    return ms;
  }

  tasks(now: readonly Use[]): TaskUsage[] {
    const all = this.#names.flatMap((task, at) => this.#usageOf(task, at, now[at] ?? NONE));
    if (all.length <= MOST_TASKS) return all;
    all.sort((a, b) => b.calledMs - a.calledMs);
    const other = all.slice(MOST_TASKS - 1).reduce((sum, each) => added(sum, each));
    return [...all.slice(0, MOST_TASKS - 1), { ...other, task: OTHER }];
  }

  #usageOf(task: string, at: number, now: Use): TaskUsage[] {
    const before = this.#before[at] ?? NONE;
    const usage = {
      task,
      calledMs: now.calledMs - before.calledMs,
      sampledMs: now.sampledMs - before.sampledMs,
      sampledCpuMs: now.sampledCpuMs - before.sampledCpuMs,
      decodeMs: this.#decodeMs[at] ?? 0,
      encodeMs: this.#encodeMs[at] ?? 0,
    };
    return usage.calledMs + usage.decodeMs + usage.encodeMs > 0 ? [usage] : [];
  }
}

function added(a: TaskUsage, b: TaskUsage): TaskUsage {
  return {
    task: OTHER,
    calledMs: a.calledMs + b.calledMs,
    sampledMs: a.sampledMs + b.sampledMs,
    sampledCpuMs: a.sampledCpuMs + b.sampledCpuMs,
    decodeMs: a.decodeMs + b.decodeMs,
    encodeMs: a.encodeMs + b.encodeMs,
  };
}
