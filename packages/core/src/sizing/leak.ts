import { robustSlope } from './robust-slope.js';

/** Memory of a worker at one moment between its tasks. */
export interface MemoryPoint {
  readonly tasksDone: number;
  readonly keptBytes: number;
}

export interface LeakVerdict {
  /** Growth per task: the median slope between any two points. */
  readonly bytesPerTask: number;
  /** Growth from the first point to the last, by that slope. */
  readonly grownBytes: number;
  readonly points: number;
  /** Share of all pairs of points in which the later one is larger. */
  readonly risingShare: number;
  readonly isLeak: boolean;
}

/**
 * Number of points of a verdict. In 100,000 series of 30 random points, 85 % of pairs never rose. By Kendall's test, the
 * chance is 1 in 30 million. In 200,000 series of 15 points they rose 8 times, and a verdict comes every two seconds. With
 * 60 points, the first comes after two minutes.
 */
export const LEAK_POINTS = 30;
/**
 * Memory that comes and goes rises in half of all pairs, a leak in nearly all of them. With 70 %, 72 of 100,000 random
 * series would be leaks. At 100 %, one collection that comes late would hide a leak.
 */
const RISING = 0.85;
/**
 * Growth below this is not worth a report. V8's compilers alone grew by 8 MiB (child/own-memory.ts), which half of it would
 * nearly report. It is 20 MiB in a minute, with which a heap of 4 GiB is full after three hours.
 */
const LEAST_BYTES = 20 * 1024 * 1024;

/** Whether a worker leaks: the slope of its memory against the tasks done. Undefined while there are too few points. */
export function judgeLeak(points: readonly MemoryPoint[]): LeakVerdict | undefined {
  if (points.length < LEAK_POINTS) return undefined;
  const found = robustSlope(
    points.map(({ tasksDone }) => tasksDone),
    points.map(({ keptBytes }) => keptBytes),
  );
  if (found === undefined) return undefined;
  const { slope: bytesPerTask, risingShare } = found;
  const tasks = (points.at(-1) as MemoryPoint).tasksDone - (points[0] as MemoryPoint).tasksDone;
  const grownBytes = bytesPerTask * tasks;
  const isLeak = risingShare >= RISING && grownBytes >= LEAST_BYTES;
  return { bytesPerTask, grownBytes, points: points.length, risingShare, isLeak };
}

/**
 * The data points of a leak verdict. Each is the minimum of a fixed number of readings, because most of what lies above it is
 * uncollected garbage.
 */
export class LeakPoints {
  readonly #perPoint: number;
  readonly #points: MemoryPoint[] = [];
  #readings = 0;
  #least: MemoryPoint | undefined;

  constructor(readingsPerPoint: number) {
    this.#perPoint = readingsPerPoint;
  }

  get points(): readonly MemoryPoint[] {
    return this.#points;
  }

  add(point: MemoryPoint): void {
    if (this.#least === undefined || point.keptBytes < this.#least.keptBytes) this.#least = point;
    if (++this.#readings < this.#perPoint) return;
    this.#points.push(this.#least);
    if (this.#points.length > LEAK_POINTS) this.#points.shift();
    this.#readings = 0;
    this.#least = undefined;
  }
}
