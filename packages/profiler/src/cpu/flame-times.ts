import type { FlameTimes as Columns } from '../model/cpu.js';

/** Windows at most, and their first length. It doubles when a run outgrows them. */
const WINDOWS = 120;
const FIRST_WINDOW_MS = 50;

/** When the nodes of a flame had their own time: sums by window. A node in a window is a cell, and there are few of them. */
export class FlameTimes {
  readonly #most: number;
  #windowMs = FIRST_WINDOW_MS;
  /** By window and node. */
  #cells = new Map<number, number>();

  /** @param most cells, at least as many as nodes */
  constructor(most: number) {
    this.#most = most;
  }

  /** @param atMs since the begin of the run */
  add(node: number, atMs: number, ms: number): void {
    const sinceMs = Math.max(0, atMs);
    if (!Number.isFinite(sinceMs)) return;
    while (sinceMs >= WINDOWS * this.#windowMs) this.#halve();
    const key = keyOf(node, Math.floor(sinceMs / this.#windowMs));
    this.#cells.set(key, (this.#cells.get(key) ?? 0) + ms);
    // With windows as long as the run, there is one cell for each node.
    if (this.#cells.size > this.#most) this.#halve();
  }

  toColumns(): Columns {
    const cells = [...this.#cells].sort(([a], [b]) => a - b);
    return {
      windowMs: this.#windowMs,
      window: cells.map(([key]) => Math.floor(key / MOST_NODES)),
      node: cells.map(([key]) => key % MOST_NODES),
      ms: cells.map(([, ms]) => Math.round(ms * 1000) / 1000),
    };
  }

  #halve(): void {
    this.#windowMs *= 2;
    const joined = new Map<number, number>();
    for (const [key, ms] of this.#cells) {
      const half = keyOf(key % MOST_NODES, Math.floor(key / MOST_NODES / 2));
      joined.set(half, (joined.get(half) ?? 0) + ms);
    }
    this.#cells = joined;
  }
}

/** No tree has as many. */
const MOST_NODES = 2 ** 20;

function keyOf(node: number, window: number): number {
  return window * MOST_NODES + node;
}
