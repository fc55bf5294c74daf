/** The slope of a series, and how steadily it goes one way. */
export interface RobustSlope {
  /** Median slope between any two points. */
  readonly slope: number;
  /** Shares of all pairs of points in which the later one is larger, and smaller. */
  readonly risingShare: number;
  readonly fallingShare: number;
}

/**
 * The slope of a series by the estimator of Theil and Sen. That is the median slope between all pairs of points, which a quarter of
 * outliers does not move. Undefined if no two points differ in x.
 * @param xs ascending
 */
export function robustSlope(xs: readonly number[], ys: readonly number[]): RobustSlope | undefined {
  const slopes: number[] = [];
  let rising = 0;
  let falling = 0;
  for (let first = 0; first < xs.length; first++) {
    for (let second = first + 1; second < xs.length; second++) {
      const distance = (xs[second] as number) - (xs[first] as number);
      if (distance === 0) continue;
      const growth = (ys[second] as number) - (ys[first] as number);
      slopes.push(growth / distance);
      if (growth > 0) rising++;
      else if (growth < 0) falling++;
    }
  }
  if (slopes.length === 0) return undefined;
  slopes.sort((a, b) => a - b);
  const slope = slopes[Math.floor(slopes.length / 2)] as number;
  return { slope, risingShare: rising / slopes.length, fallingShare: falling / slopes.length };
}
