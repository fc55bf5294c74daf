import { MAX_DEPTH } from './tree-format.js';
import { anyWritten } from './written-objects.js';

/** Least bytes that V8 writes for a level: a set in a set. */
const LEVEL_BYTES = 3;

/**
 * Whether V8's reader would go more levels down than MAX_DEPTH. V8's writer goes deeper than its reader can, so the value
 * is looked at; only when its bytes are enough for that many levels.
 */
export function isTooDeep(value: object, bytes: number): boolean {
  return bytes > MAX_DEPTH * LEVEL_BYTES && anyWritten(value, (_, level) => level >= MAX_DEPTH);
}
