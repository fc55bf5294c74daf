/** Gunther's universal law: throughput of N workers = gamma·N ÷ (1 + sigma·(N − 1) + kappa·N·(N − 1)). */
export interface Scalability {
  gamma: number;
  /** Part that only one at a time can do. */
  sigma: number;
  /** What each pair of workers costs. */
  kappa: number;
  /** Number of workers with the highest throughput; Infinity without a cost of pairs. */
  best: number;
}

export function throughputOf({ gamma, sigma, kappa }: Omit<Scalability, 'best'>, workers: number): number {
  return (gamma * workers) / (1 + sigma * (workers - 1) + kappa * workers * (workers - 1));
}

/**
 * Fits the law to points. N ÷ X is a polynomial of degree two in N − 1. Its parts must not be negative, so a
 * least-squares fit with bounds does it. Null with fewer than four different N.
 */
export function fitScalability(points: readonly { workers: number; rate: number }[]): Scalability | null {
  const usable = points.filter(({ workers, rate }) => workers >= 1 && rate > 0 && Number.isFinite(rate));
  if (new Set(usable.map(({ workers }) => workers)).size < 4) return null;
  // N/X = c0 + c1·(N−1) + c2·N·(N−1). Errors count by their share, hence the weight (X/N)².
  const rows = usable.map(({ workers: n, rate }) => ({ x: [1, n - 1, n * (n - 1)], y: n / rate, w: (rate / n) ** 2 }));
  let best: { c: number[]; error: number } | undefined;
  for (const free of [[0, 1, 2], [0, 1], [0, 2], [0]]) {
    const c = solve(rows, free);
    if (c === null || c.some((each) => each < 0) || !((c[0] ?? 0) > 0)) continue;
    const error = rows.reduce(
      (sum, { x, y, w }) => sum + w * (y - x.reduce((s, v, i) => s + v * (c[i] ?? 0), 0)) ** 2,
      0,
    );
    if (best === undefined || error < best.error) best = { c, error };
  }
  if (best === undefined) return null;
  const [c0 = 1, c1 = 0, c2 = 0] = best.c;
  const sigma = c1 / c0;
  const kappa = c2 / c0;
  const top = kappa > 0 ? Math.sqrt(Math.max(0, 1 - sigma) / kappa) : Infinity;
  return { gamma: 1 / c0, sigma, kappa, best: Math.max(1, top) };
}

/** Weighted normal equations of the free columns, by elimination. */
function solve(rows: readonly { x: number[]; y: number; w: number }[], free: readonly number[]): number[] | null {
  const size = free.length;
  const matrix = free.map((i) => [
    ...free.map((j) => rows.reduce((sum, { x, w }) => sum + w * (x[i] ?? 0) * (x[j] ?? 0), 0)),
    rows.reduce((sum, { x, y, w }) => sum + w * (x[i] ?? 0) * y, 0),
  ]);
  for (let column = 0; column < size; column++) {
    const pivot = matrix.slice(column).sort((a, b) => Math.abs(b[column] ?? 0) - Math.abs(a[column] ?? 0))[0];
    if (pivot === undefined || Math.abs(pivot[column] ?? 0) < 1e-12) return null;
    matrix.splice(matrix.indexOf(pivot), 1);
    matrix.splice(column, 0, pivot);
    for (const row of matrix) {
      if (row === pivot) continue;
      const factor = (row[column] ?? 0) / (pivot[column] ?? 1);
      for (let k = column; k <= size; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  }
  const found = [0, 0, 0];
  free.forEach((i, place) => (found[i] = (matrix[place]?.[size] ?? 0) / (matrix[place]?.[place] ?? 1)));
  return found;
}
