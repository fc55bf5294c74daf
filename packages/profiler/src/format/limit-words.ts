import type { LimitAsked } from '@millpond/core';

/** A limit as a text: `5 calls in 50 ms by key`, `2 at once`. */
export function limitWords({ max, perMs, unit, isByKey }: Omit<LimitAsked, 'option' | 'blockedMs'>): string {
  const what = perMs === null ? `${max} at once` : `${max} ${unit} in ${perMs} ms`;
  return isByKey ? `${what} by key` : what;
}
