import { isThenable } from '../base/is-thenable.js';
import { messageOf } from '../base/message-of.js';
import { shortKey } from '../base/short-key.js';
import { inspectBriefly } from '../contract/checks.js';
import { PoolError } from '../contract/errors.js';

/** Most keys of one table. As many as a pool remembers for RunOptions.key. */
export const MOST_KEYS = 10_000;

/** The key of an input by the user's own function. @throws ERR_OPTION when it throws, or returns neither a string nor a number */
export function shapingKey<I>(key: (input: I) => unknown, input: I, option: string): string | number {
  let own: unknown;
  try {
    own = key(input);
  } catch (cause) {
    throw new PoolError('ERR_OPTION', { option, reason: `threw: ${messageOf(cause)}` }, { cause });
  }
  if (typeof own === 'string') return shortKey(own);
  if (typeof own === 'number' && !Number.isNaN(own)) return own;
  ignoreRejection(own);
  throw new PoolError('ERR_OPTION', {
    option,
    reason: `must return a string or a number; received ${inspectBriefly(own)}.`,
  });
}

/** A promise in place of a key is refused as such. Its own rejection, which comes later, would end the program. */
function ignoreRejection(value: unknown): void {
  if (isThenable(value)) value.then(undefined, () => {});
}
