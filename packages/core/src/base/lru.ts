import type { LRUCache } from 'lru-cache';
import { now } from './natives.js';
import { requireInstalled } from './own-file.js';

/** A map that forgets its least recently used entries. Loaded at the first: that takes 4 ms, and most pools need none. */
export function newLru<V extends object>(options: { max: number; ttl?: number }): LRUCache<string, V> {
  // scripts/bundle-core.mjs knows this call: in a bundle, the package is part of it.
  const lru = requireInstalled((require) => require('lru-cache')) as typeof import('lru-cache');
  // Its own clock is that of the globals, and its memory of a time ends by their timer.
  return new lru.LRUCache<string, V>({ ...options, perf: { now }, ttlResolution: 0 });
}
