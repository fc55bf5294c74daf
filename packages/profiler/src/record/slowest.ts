import type { TaskTrace } from '@millpond/core';

/** Number of tries that are kept. */
const KEPT = 50;

/** The tries with the longest latencies. Most tries are faster than all of these, and cost one comparison. */
export class Slowest {
  readonly #kept: { latencyMs: number; trace: TaskTrace }[] = [];
  #leastMs = 0;

  add(trace: TaskTrace, latencyMs: number): void {
    if (this.#kept.length === KEPT && latencyMs <= this.#leastMs) return;
    if (this.#kept.length === KEPT) this.#kept.pop();
    const at = this.#kept.findIndex((each) => each.latencyMs < latencyMs);
    this.#kept.splice(at === -1 ? this.#kept.length : at, 0, { latencyMs, trace });
    this.#leastMs = this.#kept.at(-1)?.latencyMs ?? 0;
  }

  /** Slowest first. */
  get traces(): readonly TaskTrace[] {
    return this.#kept.map(({ trace }) => trace);
  }
}
