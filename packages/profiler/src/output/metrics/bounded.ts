import { OTHER } from '@millpond/core/internal';
import { plainName } from '../../format/plain.js';
import { MOST_NAMES } from './family.js';

/**
 * The largest entries by name. All others are folded into one named '(other)', which bounds the number of series.
 * @param fold adds the second to the first
 */
export function bounded<T>(
  all: readonly T[],
  sizeOf: (each: T) => number,
  nameOf: (each: T) => string,
  fold: (sum: T, each: T) => T,
): [name: string, value: T][] {
  const byName = new Map<string, T>();
  for (const [i, each] of [...all].sort((a, b) => sizeOf(b) - sizeOf(a)).entries()) {
    const name = i < MOST_NAMES ? plainName(nameOf(each)) : OTHER;
    const known = byName.get(name);
    byName.set(name, known === undefined ? each : fold(known, each));
  }
  return [...byName];
}
