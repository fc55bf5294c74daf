/** Standard deviation of a number of values, by the sums of them and of their squares. */
export function standardDeviation(count: number, sum: number, squares: number): number {
  if (count === 0) return 0;
  const mean = sum / count;
  // Rounding may leave a little less than 0 where all are equal.
  return Math.sqrt(Math.max(0, squares / count - mean * mean));
}
