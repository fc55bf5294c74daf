/** Memory of a worker at one moment between its tasks. */
export interface MemoryPoint {
  readonly tasksDone: number;
  readonly keptBytes: number;
}

export interface LeakVerdict {
  /** Growth for each task: the median of the slopes between any two points. */
  readonly bytesPerTask: number;
  /** From the first point to the last, by that slope. */
  readonly grownBytes: number;
  readonly points: number;
  /** Share of all pairs of points of which the later one is larger. */
  readonly risingShare: number;
  readonly isLeak: boolean;
}

/** Fewer points say nothing. */
export const LEAK_POINTS = 30;
/** Memory that comes and goes rises in half of all pairs; a leak in nearly all of them. */
const RISING = 0.85;
/** Growth below this is not worth a report. */
const LEAST_BYTES = 20 * 1024 * 1024;

/**
 * Whether a worker leaks, by the slope of its memory against the tasks it has done, after Theil and Sen: the median of the
 * slopes between all pairs, which a third of wild points do not move. Undefined while there are too few points.
 */
export function judgeLeak(points: readonly MemoryPoint[]): LeakVerdict | undefined {
  if (points.length < LEAK_POINTS) return undefined;
  const slopes: number[] = [];
  let rising = 0;
  for (let first = 0; first < points.length; first++) {
    for (let second = first + 1; second < points.length; second++) {
      const a = points[first] as MemoryPoint;
      const b = points[second] as MemoryPoint;
      if (b.tasksDone === a.tasksDone) continue;
      slopes.push((b.keptBytes - a.keptBytes) / (b.tasksDone - a.tasksDone));
      if (b.keptBytes > a.keptBytes) rising++;
    }
  }
  if (slopes.length === 0) return undefined;
  slopes.sort((a, b) => a - b);
  const bytesPerTask = slopes[Math.floor(slopes.length / 2)] as number;
  const tasks = (points.at(-1) as MemoryPoint).tasksDone - (points[0] as MemoryPoint).tasksDone;
  const grownBytes = bytesPerTask * tasks;
  const risingShare = rising / slopes.length;
  const isLeak = risingShare >= RISING && grownBytes >= LEAST_BYTES;
  return { bytesPerTask, grownBytes, points: points.length, risingShare, isLeak };
}

/**
 * The points a verdict is made of: the least memory seen in each of the last stretches of equally many readings. What is
 * above it is mostly garbage that has not been collected.
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
