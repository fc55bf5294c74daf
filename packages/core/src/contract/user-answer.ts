import { ignoreRejection } from '../base/ignore-rejection.js';
import { messageOf } from '../base/message-of.js';
import { inspectBriefly } from './checks.js';
import { PoolError } from './errors.js';

/** What a user's function may return. */
export interface AnswerKind<T> {
  /** Ends "must return …". */
  readonly phrase: string;
  /** The answer that a value means; undefined for a wrong one. What it throws is an error of the function. */
  take(value: unknown): T | undefined;
}

export const A_STRING: AnswerKind<string> = {
  phrase: 'a string',
  take: (value) => (typeof value === 'string' ? value : undefined),
};

export const A_BOOLEAN: AnswerKind<boolean> = {
  phrase: 'true or false',
  take: (value) => (typeof value === 'boolean' ? value : undefined),
};

/**
 * The answer of a user's function.
 * @param option the option that holds the function
 * @throws ERR_OPTION when the function throws, or returns anything else, such as a promise: no decision here can wait
 */
export function answerOf<A, T>(option: string, ask: (about: A) => unknown, about: A, kind: AnswerKind<T>): T {
  let given: unknown;
  let taken: T | undefined;
  try {
    given = ask(about);
    taken = kind.take(given);
  } catch (cause) {
    ignoreRejection(given);
    throw new PoolError('ERR_OPTION', { option, reason: `threw an error: ${messageOf(cause)}` }, { cause });
  }
  if (taken === undefined) throw wrongAnswer(option, kind.phrase, given);
  return taken;
}

/**
 * The answer of a user's function to a question of yes or no, by the rules of `if`.
 * @throws what the function throws; ERR_OPTION for a promise
 */
export function saysYes(option: string, ask: (about: unknown) => unknown, about: unknown): boolean {
  const answer = ask(about);
  if (ignoreRejection(answer)) throw wrongAnswer(option, A_BOOLEAN.phrase, answer);
  return Boolean(answer);
}

/** ERR_OPTION for what a user's function returned. A promise is observed. @param phrase ends "must return …" */
function wrongAnswer(option: string, phrase: string, given: unknown): PoolError<'ERR_OPTION'> {
  const received = ignoreRejection(given) ? 'a promise' : inspectBriefly(given);
  return new PoolError('ERR_OPTION', { option, reason: `must return ${phrase}; received ${received}.` });
}
