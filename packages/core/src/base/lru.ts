import { createRequire } from 'node:module';
import type { LRUCache } from 'lru-cache';

/** A map that forgets its least recently used entries. Loaded at the first: that takes 4 ms, and most pools need none. */
export function newLru<V extends object>(options: { max: number; ttl?: number }): LRUCache<string, V> {
  const lru = createRequire(import.meta.url)('lru-cache') as typeof import('lru-cache');
  return new lru.LRUCache<string, V>(options);
}
