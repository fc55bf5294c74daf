import { isThenable } from '../base/is-thenable.js';
import { inspectBriefly } from './checks.js';
import { PoolError } from './errors.js';

/**
 * The answer of a user's function to a question of yes or no.
 * @param option the option that holds the function
 * @throws what the function throws; ERR_OPTION for a promise, since no decision here can wait
 */
export function answerOf(option: string, ask: (about: unknown) => unknown, about: unknown): boolean {
  const answer = ask(about);
  if (isThenable(answer)) {
    // Its rejection would end the program.
    void answer.then(undefined, () => {});
    throw new PoolError('ERR_OPTION', { option, reason: 'must return true or false; received a promise.' });
  }
  return Boolean(answer);
}

/**
 * A text from a user's function.
 * @throws ERR_OPTION when the function throws, or returns anything but a string
 */
export function textOf(option: string, ask: (about: unknown) => unknown, about: unknown): string {
  let answer: unknown;
  try {
    answer = ask(about);
  } catch (cause) {
    throw new PoolError('ERR_OPTION', { option, reason: 'threw an error, which is the cause.' }, { cause });
  }
  if (typeof answer === 'string') return answer;
  if (isThenable(answer)) void answer.then(undefined, () => {});
  throw new PoolError('ERR_OPTION', { option, reason: `must return a string; received ${inspectBriefly(answer)}.` });
}
