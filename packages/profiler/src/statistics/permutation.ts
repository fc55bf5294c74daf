import { median } from './quantile.js';
import { randomFrom } from './random.js';

/**
 * Chance of a ratio of medians as large as that of `some` to `rest`, with all values from one distribution. At least
 * 1 ÷ (rounds + 1).
 */
export function permutationTest(
  some: readonly number[],
  rest: readonly number[],
  { rounds = 400, seed = 1 }: { rounds?: number; seed?: number } = {},
): number {
  if (some.length === 0 || rest.length === 0) return 1;
  const random = randomFrom(seed);
  const all = Float64Array.from([...some, ...rest]);
  const ratioOf = (values: Float64Array) => {
    const others = median(values.subarray(some.length));
    return others === 0 ? Infinity : median(values.subarray(0, some.length)) / others;
  };
  const seen = ratioOf(all);
  let asLarge = 1;
  for (let round = 0; round < rounds; round++) {
    // Only the first places matter: so only they are drawn.
    for (let i = 0; i < some.length; i++) {
      const j = i + Math.floor(random() * (all.length - i));
      const kept = all[i] ?? 0;
      all[i] = all[j] ?? 0;
      all[j] = kept;
    }
    if (ratioOf(all) >= seen) asLarge++;
  }
  return asLarge / (rounds + 1);
}
