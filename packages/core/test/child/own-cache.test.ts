import { describe, expect, it } from 'vitest';
import { OwnCache } from '../../src/child/own-cache.js';

function limited(max: number, maxBytes = 2 ** 30): OwnCache {
  const cache = new OwnCache();
  cache.limit({ max, maxBytes });
  return cache;
}

const keysOf = (cache: OwnCache, ...keys: string[]): string[] => keys.filter((key) => cache.has(key));

describe('the cache of a worker', () => {
  it('gives the very value that was set, also undefined', () => {
    const cache = new OwnCache();
    const value = { open: true };
    expect([cache.set('a', value), cache.set('b', undefined)]).toEqual([true, true]);
    expect(cache.get('a')).toBe(value);
    expect([cache.get('b'), cache.has('b'), cache.get('c'), cache.has('c')]).toEqual([
      undefined,
      true,
      undefined,
      false,
    ]);
    expect([cache.delete('a'), cache.delete('a'), cache.size]).toEqual([true, false, 1]);
  });

  it('drops the least recently used when there are too many', () => {
    const cache = limited(3);
    for (const key of ['a', 'b', 'c']) cache.set(key, key);
    cache.get('a');
    cache.has('b');
    cache.set('c', 'again');
    cache.set('d', 'd');
    expect(keysOf(cache, 'a', 'b', 'c', 'd')).toEqual(['a', 'c', 'd']);
  });

  it('counts bytes: sizes of texts and memory, what the program says, or 1 KiB', () => {
    const cache = new OwnCache();
    const bytesOf = (value: unknown, bytes?: number): number => {
      cache.clear();
      cache.set('k', value, bytes);
      return cache.bytes - 2;
    };
    expect([bytesOf('text'), bytesOf(Buffer.alloc(9)), bytesOf(new ArrayBuffer(5)), bytesOf({})]).toEqual([
      8, 9, 5, 1024,
    ]);
    expect([bytesOf({}, 77), bytesOf('text', 0)]).toEqual([77, 0]);
    cache.delete('k');
    expect(cache.bytes).toBe(0);
  });

  it('has no more bytes than allowed, and not one value that is larger by itself', () => {
    const cache = limited(100, 1000);
    for (const key of ['a', 'b', 'c']) cache.set(key, 'v', 400);
    expect([keysOf(cache, 'a', 'b', 'c'), cache.bytes]).toEqual([['b', 'c'], 804]);
    expect([cache.set('b', 'huge', 1000), keysOf(cache, 'b', 'c')]).toEqual([false, ['c']]);
  });

  it('goes by half when memory is short, and as a whole when it is shorter', () => {
    const cache = new OwnCache();
    for (const key of ['a', 'b', 'c']) cache.set(key, key);
    cache.relieve('elevated');
    expect(keysOf(cache, 'a', 'b', 'c')).toEqual(['c']);
    cache.set('a', 'a');
    cache.relieve('high');
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });

  it.each<[string, () => unknown]>([
    ['a key that is no string', () => new OwnCache().set(5 as never, 1)],
    ['bytes below 0', () => new OwnCache().set('a', 1, -1)],
    ['bytes that are no number', () => new OwnCache().set('a', 1, NaN)],
    ['an unknown option', () => new OwnCache().limit({ ttlMs: 5 } as never)],
    ['an option that is no integer', () => new OwnCache().limit({ max: 0.5 })],
    ['an option below 1', () => new OwnCache().limit({ maxBytes: 0 })],
  ])('refuses %s', (_, call) => {
    expect(call).toThrow(TypeError);
  });
});
