import type { LatencyHeatmap } from '../model/curves.js';
import type { Windows } from './windows.js';

/** Rows: two a doubling, from 10 µs to some 3 hours. */
const ROWS = 60;
const FIRST_MS = 0.01;
const PER_OCTAVE = 2;

/** Latencies of one task name over time: a grid of counts. */
export class LatencyMap {
  readonly #rows: { add(atMs: number): void; values(count: number): number[] }[];

  constructor(windows: Windows) {
    // A column is made for a row when the first latency of that length comes.
    const made: ReturnType<Windows['sums']>[] = [];
    this.#rows = Array.from({ length: ROWS }, (_, row) => ({
      add: (atMs: number) => (made[row] ??= windows.sums()).add(atMs),
      values: (count: number) => made[row]?.values(count) ?? [],
    }));
  }

  add(atMs: number, latencyMs: number): void {
    const row = Math.floor(Math.log2(Math.max(1, latencyMs / FIRST_MS)) * PER_OCTAVE);
    this.#rows[Math.min(row, ROWS - 1)]?.add(atMs);
  }

  report(task: string, windowMs: number, windows: number): LatencyHeatmap {
    const cells: LatencyHeatmap['cells'] = [];
    for (const [row, { values }] of this.#rows.entries()) {
      for (const [window, count] of values(windows).entries()) if (count > 0) cells.push([window, row, count]);
    }
    const boundsMs = Array.from({ length: ROWS }, (_, row) => FIRST_MS * 2 ** (row / PER_OCTAVE));
    return { task, windowMs, boundsMs, cells };
  }
}
