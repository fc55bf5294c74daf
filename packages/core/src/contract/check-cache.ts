import { wrongArgument } from './arguments.js';
import type { CacheItem, CacheSelector } from './cache-options.js';
import { CACHE_ITEM, CACHE_SELECTOR } from './cache-shapes.js';
import { optionError } from './check-options.js';
import { checkShape, ownOptions } from './checks.js';

/** Checks a value for the cache, and returns a copy of its own properties. @throws ERR_OPTION */
export function checkCacheItem(item: CacheItem): CacheItem {
  checkShape(item, CACHE_ITEM, 'item');
  if (item.task === undefined) throw optionError('item.task', 'must be given.');
  return ownOptions(item, CACHE_ITEM);
}

/** Refuses items that cannot be pulled. @throws ERR_OPTION */
export function checkCacheItems(items: unknown): void {
  const { [Symbol.iterator]: iterate } = (items ?? {}) as Partial<Iterable<unknown>>;
  if (typeof iterate !== 'function') throw wrongArgument('items', 'an iterable, such as an array', items);
}

/** Checks a selection of results, and returns a copy of its own properties. @throws ERR_OPTION */
export function checkCacheSelector(selector: CacheSelector): CacheSelector {
  checkShape(selector, CACHE_SELECTOR, 'selector');
  const own = ownOptions(selector, CACHE_SELECTOR);
  if (Object.values(own).every((value) => value === undefined)) {
    throw optionError('selector', 'must have task, key, tag or match. To drop everything, call clear().');
  }
  return own;
}
