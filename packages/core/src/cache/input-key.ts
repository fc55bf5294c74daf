import { isThenable } from '../base/is-thenable.js';
import { messageOf } from '../base/message-of.js';
import { shortKey } from '../base/short-key.js';
import { inspectBriefly } from '../contract/checks.js';
import { PoolError } from '../contract/errors.js';
import type { ResolvedTaskCache } from '../contract/resolved-options.js';
import { stableKey } from './stable-key.js';

/** Most tags of a result. A choice: each costs an entry in the index of tags. */
const MOST_TAGS = 64;
const NO_TAGS: readonly string[] = [];

/**
 * The key of an input, as the cache holds it.
 * @throws ERR_OPTION for an input without a stable key, and when the task's own `key` throws or returns no string
 */
export function inputKey(path: string, input: unknown, { key }: ResolvedTaskCache): string {
  if (key === undefined) return inputsOwnKey(path, input);
  const own = ask(path, 'key', () => key(input));
  // Another type would be made a string, and objects of all contents the same one.
  if (typeof own !== 'string') throw wrongReturn(path, 'key', 'must return a string', own);
  return shortKey(own);
}

/**
 * Labels of a result by its task and by its call.
 * @throws ERR_OPTION for anything but short lists of texts, or when `tags` throws
 */
export function tagsOf(
  path: string,
  input: unknown,
  { tags }: ResolvedTaskCache,
  ofCall: readonly string[] | undefined,
): readonly string[] {
  const ofTask: unknown = typeof tags === 'function' ? ask(path, 'tags', () => tags(input)) : tags;
  if (!isListOfText(ofTask)) throw wrongReturn(path, 'tags', 'must return a list of strings', ofTask);
  // Not the list of the task's function, which may fill it later.
  if (ofCall === undefined && ofTask.length === 0) return NO_TAGS;
  const all = [...new Set([...ofTask, ...(ofCall ?? [])])];
  if (all.length > MOST_TAGS)
    throw wrongReturn(path, 'tags', `must be at most ${MOST_TAGS} with those of the call`, all);
  return all.map(shortKey);
}

/** Whether a failure of a task is to be kept. @throws ERR_OPTION when `failures.on` throws, or returns anything but a boolean */
export function keepsFailure(path: string, error: unknown, { failures }: ResolvedTaskCache): boolean {
  const on = failures?.on;
  if (on === undefined) return failures !== undefined;
  const answer = ask(path, 'failures.on', () => on(error));
  if (typeof answer !== 'boolean') throw wrongReturn(path, 'failures.on', 'must return true or false', answer);
  return answer;
}

function inputsOwnKey(path: string, input: unknown): string {
  try {
    return stableKey(input);
  } catch (cause) {
    throw wrongOption(path, 'key', `must be given for this input: ${messageOf(cause)}`, cause);
  }
}

/** What a function of the task's options returns. A promise is a wrong answer, and its own failure adds nothing. */
function ask(path: string, option: string, question: () => unknown): unknown {
  try {
    const answer = question();
    if (isThenable(answer)) answer.then(undefined, () => {});
    return answer;
  } catch (cause) {
    throw wrongOption(path, option, `threw an error: ${messageOf(cause)}`, cause);
  }
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function wrongReturn(path: string, option: string, must: string, value: unknown): PoolError<'ERR_OPTION'> {
  return wrongOption(path, option, `${must}; received ${inspectBriefly(value)}.`);
}

function wrongOption(path: string, option: string, reason: string, cause?: unknown): PoolError<'ERR_OPTION'> {
  const details = { option: `${path}.${option}`, reason };
  return new PoolError('ERR_OPTION', details, cause === undefined ? {} : { cause });
}
