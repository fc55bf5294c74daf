import type { LRUCache } from 'lru-cache';
import { now } from './natives.js';
import { requireInstalled } from './own-file.js';

/** A map that forgets its least recently used entries. Loaded on first use: the load takes 4 ms, and most pools need no map. */
export function newLru<V extends object>(options: {
  max: number;
  maxSize?: number;
  dispose?: (value: V, key: string) => void;
}): LRUCache<string, V> {
  // scripts/bundle-core.mjs knows this call, and puts the package into the bundle.
  const lru = requireInstalled((require) => require('lru-cache')) as typeof import('lru-cache');
  // Its default clock is the global one, whose timer also ends its memory of a time: both may be fakes.
  return new lru.LRUCache<string, V>({ ...options, perf: { now }, ttlResolution: 0 });
}
