import { messageOf } from '../base/message-of.js';
import { shortKey } from '../base/short-key.js';
import { optionError } from '../contract/check-options.js';
import { PoolError } from '../contract/errors.js';
import type { ResolvedTaskCache } from '../contract/resolved-options.js';
import { A_BOOLEAN, A_STRING, type AnswerKind, answerOf } from '../contract/user-answer.js';
import { stableKey } from './stable-key.js';

/** Most tags of a result. A choice: each costs an entry in the index of tags. */
const MOST_TAGS = 64;
const NO_TAGS: readonly string[] = [];

/** A copy, since the function may fill its list later. */
const TEXTS: AnswerKind<readonly string[]> = {
  phrase: 'a list of strings',
  take(value) {
    if (!Array.isArray(value)) return undefined;
    const list: unknown[] = Array.from(value);
    return list.every((entry) => typeof entry === 'string') ? list : undefined;
  },
};

/**
 * The key of an input, as the cache holds it.
 * @throws ERR_OPTION for an input without a stable key, and when the task's own `key` throws or returns no string
 */
export function inputKey(path: string, input: unknown, { key }: ResolvedTaskCache): string {
  if (key === undefined) return inputsOwnKey(path, input);
  // Another type would be made a string, and objects of all contents the same one.
  return shortKey(answerOf(`${path}.key`, key, input, A_STRING));
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
  const ofTask = typeof tags === 'function' ? answerOf(`${path}.tags`, tags, input, TEXTS) : tags;
  if (ofCall === undefined && ofTask.length === 0) return NO_TAGS;
  const all = [...new Set([...ofTask, ...(ofCall ?? [])])];
  if (all.length > MOST_TAGS)
    throw optionError(`${path}.tags`, `must be at most ${MOST_TAGS} with those of the call; received ${all.length}.`);
  return all.map(shortKey);
}

/** Whether a failure of a task is to be kept. @throws ERR_OPTION when `failures.on` throws, or returns anything but a boolean */
export function keepsFailure(path: string, error: unknown, { failures }: ResolvedTaskCache): boolean {
  const on = failures?.on;
  if (on === undefined) return failures !== undefined;
  return answerOf(`${path}.failures.on`, on, error, A_BOOLEAN);
}

function inputsOwnKey(path: string, input: unknown): string {
  try {
    return stableKey(input);
  } catch (cause) {
    const reason = `must be given for this input: ${messageOf(cause)}`;
    throw new PoolError('ERR_OPTION', { option: `${path}.key`, reason }, { cause });
  }
}
