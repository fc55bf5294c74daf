/** A line y = a + b·x by least squares. With the 95 % interval of b, and the share of the variance that it explains. */
export interface Line {
  a: number;
  b: number;
  low: number;
  high: number;
  r2: number;
}

/** Null with fewer than three points, or if all x are equal. */
export function leastSquares(x: readonly number[], y: readonly number[], weight?: readonly number[]): Line | null {
  let [w, sx, sy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const each = weight?.[i] ?? 1;
    w += each;
    sx += each * (x[i] ?? 0);
    sy += each * (y[i] ?? 0);
  }
  if (x.length < 3 || w === 0) return null;
  let [sxx, sxy, syy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const each = weight?.[i] ?? 1;
    const dx = (x[i] ?? 0) - sx / w;
    const dy = (y[i] ?? 0) - sy / w;
    sxx += each * dx * dx;
    sxy += each * dx * dy;
    syy += each * dy * dy;
  }
  if (!(sxx > 0)) return null;
  const b = sxy / sxx;
  const rest = Math.max(0, syy - b * sxy);
  const error = Math.sqrt(rest / Math.max(1, x.length - 2) / (w / x.length) / (sxx / (w / x.length)));
  return {
    a: sy / w - (b * sx) / w,
    b,
    low: b - 1.96 * error,
    high: b + 1.96 * error,
    r2: syy === 0 ? 1 : 1 - rest / syy,
  };
}

/**
 * The same slope for groups that have an intercept each: y = a(group) + b·x. Groups with one point say nothing about b.
 */
export function groupedSlope(group: readonly number[], x: readonly number[], y: readonly number[]): Line | null {
  const sums = new Map<number, { n: number; x: number; y: number }>();
  for (let i = 0; i < x.length; i++) {
    const sum = sums.get(group[i] ?? 0) ?? { n: 0, x: 0, y: 0 };
    sums.set(group[i] ?? 0, { n: sum.n + 1, x: sum.x + (x[i] ?? 0), y: sum.y + (y[i] ?? 0) });
  }
  const centred = (values: readonly number[], of: 'x' | 'y') =>
    values.map((value, i) => {
      const sum = sums.get(group[i] ?? 0);
      return sum === undefined ? 0 : value - sum[of] / sum.n;
    });
  return leastSquares(centred(x, 'x'), centred(y, 'y'));
}
