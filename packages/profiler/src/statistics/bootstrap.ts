import { sortedQuantile } from './quantile.js';
import { randomFrom } from './random.js';

export interface Interval {
  low: number;
  high: number;
}

/** The middle 95 % of a statistic over samples that are drawn from the values again and again. */
export function bootstrap(
  values: readonly number[],
  statistic: (sample: readonly number[]) => number,
  { rounds = 1000, seed = 1 }: { rounds?: number; seed?: number } = {},
): Interval {
  if (values.length === 0) return { low: 0, high: 0 };
  const random = randomFrom(seed);
  const found = new Float64Array(rounds);
  for (let round = 0; round < rounds; round++) {
    found[round] = statistic(values.map(() => values[Math.floor(random() * values.length)] ?? 0));
  }
  return middleOf(found);
}

/** The middle 95 % of values. */
function middleOf(values: ArrayLike<number>): Interval {
  const sorted = Float64Array.from(values).sort();
  return { low: sortedQuantile(sorted, 0.025), high: sortedQuantile(sorted, 0.975) };
}

/**
 * Places of one bootstrap sample of a series: whole blocks of neighbours, drawn with replacement, in the order of time. What neighbours
 * have in common stays together.
 */
export function blockPlaces(count: number, wanted: number, blockLength: number, random: () => number): number[] {
  const length = Math.max(1, Math.min(blockLength, count));
  const blocks = Math.max(1, Math.ceil(wanted / length));
  const starts = Array.from({ length: blocks }, () => Math.floor(random() * (count - length + 1)));
  return starts.sort((a, b) => a - b).flatMap((start) => Array.from({ length }, (_, i) => start + i));
}
