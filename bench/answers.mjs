// Are the answers right? A fast pool that gives wrong ones has not answered.
import { deepStrictEqual } from 'node:assert';

/** What goes in comes out, many at once. No null: poolifier makes an empty object of it. */
export async function checkIdentity(
  run,
  values = [...Array(200).keys(), 'text', 0.5, true, [1, [2]], { a: { b: 'c' } }],
) {
  deepStrictEqual(await Promise.all(values.map((value) => run('identity', value))), values);
}
