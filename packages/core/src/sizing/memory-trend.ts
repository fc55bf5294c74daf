import type { MemoryTrend } from '../contract/stats.js';
import { robustSlope } from './robust-slope.js';

/** Readings of one point, which is the least of them: most of what lies above it is uncollected garbage. */
const READINGS_PER_POINT = 4;
/** Points that are kept: two minutes of work, with a reading in each second. */
const MOST_POINTS = 30;
/** Fewer points give no verdict. Among 8 random points, 85 % of pairs rise once in 150 series (Kendall's test). */
const LEAST_POINTS = 8;
/** Least time between two readings. While memory is short there are four in a second. */
const READ_EVERY_MS = 900;
/** Older points say nothing of now. */
const KEPT_MS = 10 * 60_000;
/** As in leak.ts: memory that comes and goes rises in half of all pairs. */
const STEADY = 0.85;
/** As in leak.ts: V8's compilers alone grew by 8 MiB. */
const LEAST_BYTES = 20 * 1024 * 1024;
const MINUTE_MS = 60_000;

interface Point {
  readonly atMs: number;
  readonly bytes: number;
}

/** Follows the memory of a pool, and tells whether it rises or falls steadily. */
export class MemoryCourse {
  readonly #points: Point[] = [];
  #readAtMs = -Infinity;
  #readings = 0;
  #least: Point | undefined;

  /** Adds a reading. Times never go back. */
  add(atMs: number, bytes: number): void {
    if (atMs - this.#readAtMs < READ_EVERY_MS) return;
    this.#readAtMs = atMs;
    if (this.#least === undefined || bytes < this.#least.bytes) this.#least = { atMs, bytes };
    if (++this.#readings < READINGS_PER_POINT) return;
    this.#points.push(this.#least);
    if (this.#points.length > MOST_POINTS) this.#points.shift();
    this.#readings = 0;
    this.#least = undefined;
  }

  trend(nowMs: number): MemoryTrend {
    return trendOf(this.#points.filter(({ atMs }) => nowMs - atMs <= KEPT_MS));
  }
}

/** The trend of these points, oldest first. Stable while they are too few, too uneven, or the change is too small. */
function trendOf(points: readonly Point[]): MemoryTrend {
  const [first, last] = [points[0], points.at(-1)];
  const found = points.length < LEAST_POINTS ? undefined : robustSlope(times(points), bytes(points));
  if (first === undefined || last === undefined || found === undefined) {
    return { direction: 'stable', bytesPerMinute: 0, overMs: 0 };
  }
  const { slope, risingShare, fallingShare } = found;
  const overMs = last.atMs - first.atMs;
  const isLarge = Math.abs(slope * overMs) >= LEAST_BYTES;
  const direction = !isLarge
    ? 'stable'
    : risingShare >= STEADY
      ? 'rising'
      : fallingShare >= STEADY
        ? 'falling'
        : 'stable';
  return { direction, bytesPerMinute: slope * MINUTE_MS, overMs };
}

const times = (points: readonly Point[]): number[] => points.map(({ atMs }) => atMs);
const bytes = (points: readonly Point[]): number[] => points.map((point) => point.bytes);
