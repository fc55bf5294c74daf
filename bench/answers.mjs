// Are the answers right? A fast pool that gives wrong ones has not answered.
import { deepStrictEqual } from 'node:assert';

/** Values that must come back as they went in, many at once. No null: poolifier turns it into an empty object. */
export async function checkIdentity(
  run,
  values = [...Array(200).keys(), 'text', 0.5, true, [1, [2]], { a: { b: 'c' } }],
) {
  deepStrictEqual(await Promise.all(values.map((value) => run('identity', value))), values);
}
