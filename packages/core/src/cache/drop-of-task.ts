import { wrongArgument } from '../contract/arguments.js';
import type { CacheSelector } from '../contract/cache-options.js';
import { isRecord } from '../contract/checks.js';
import type { ResultCache } from './result-cache.js';

/** Results of one task: that of an input, or those that a selector names. */
export type TaskSelector = { input: unknown } | Omit<CacheSelector, 'task'>;

/** Drops results of one task; without a selector, all. @returns their number @throws ERR_OPTION for a wrong selector */
export function dropOfTask(cache: ResultCache | undefined, task: string, selector: TaskSelector = {}): number {
  if (!isRecord(selector)) throw wrongArgument('selector', 'an object', selector);
  if (cache === undefined) return 0;
  if (!('input' in selector)) return cache.invalidate({ ...selector, task });
  if (Object.keys(selector).length > 1) throw wrongArgument('selector', 'an input, or key, tag and match', selector);
  return cache.delete(task, selector.input) ? 1 : 0;
}
