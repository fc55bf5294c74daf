import { MAX_DEPTH } from './tree-format.js';
import { anyWritten } from './written-objects.js';

/** Fewest bytes that V8 writes for a level: a set in a set. */
const LEVEL_BYTES = 3;

/**
 * Whether V8's reader would go more levels down than MAX_DEPTH. V8's writer goes deeper than its reader can, so the value
 * itself is searched. The search is skipped when its bytes are too few for that many levels.
 */
export function isTooDeep(value: object, bytes: number): boolean {
  return bytes > MAX_DEPTH * LEVEL_BYTES && anyWritten(value, (_, level) => level >= MAX_DEPTH);
}
