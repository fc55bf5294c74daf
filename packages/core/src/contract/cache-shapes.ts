import { types } from '../base/natives.js';
import * as is from './checks.js';

/** Tags of one result. */
export const TAGS = is.listOfText(64);
/** How results of one task are cached. */
export const TASK_CACHE: is.Shape = {
  key: is.func(),
  ttlMs: is.duration(0),
  staleWhileRevalidateMs: is.duration(0),
  staleIfErrorMs: is.duration(0),
  refreshAhead: is.bool(),
  failures: is.object({ ttlMs: is.duration(0), on: is.func() }, 'ttlMs'),
  tags: is.either(TAGS, is.func()),
  share: is.oneOf('copy', 'frozen'),
  version: is.text(),
};
/** One value for the cache. */
export const CACHE_ITEM: is.Shape = {
  task: is.text(),
  input: is.anything(),
  value: is.anything(),
  ttlMs: is.duration(0),
  tags: TAGS,
};
/** Results of the cache to drop. */
export const CACHE_SELECTOR: is.Shape = {
  task: is.text(),
  key: is.instance('a string', (v) => typeof v === 'string'),
  tag: is.instance('a string', (v) => typeof v === 'string'),
  match: is.instance('a string or a RegExp', (v) => typeof v === 'string' || types.isRegExp(v)),
};
