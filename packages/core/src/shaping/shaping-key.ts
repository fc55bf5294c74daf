import { shortKey } from '../base/short-key.js';
import { type AnswerKind, answerOf } from '../contract/user-answer.js';

/** Most keys of one table. As many as a pool remembers for RunOptions.key. */
export const MOST_KEYS = 10_000;

const A_KEY: AnswerKind<string | number> = {
  phrase: 'a string or a number',
  take(value) {
    if (typeof value === 'string') return shortKey(value);
    return typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
  },
};

/** The key of an input by the user's own function. @throws ERR_OPTION when it throws, or returns neither a string nor a number */
export function shapingKey<I>(key: (input: I) => unknown, input: I, option: string): string | number {
  return answerOf(option, key, input, A_KEY);
}
