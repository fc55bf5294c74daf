import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OwnCache } from '../../src/child/own-cache.js';

function limited(max: number, maxBytes = 2 ** 30): OwnCache {
  const cache = new OwnCache();
  cache.limit({ max, maxBytes });
  return cache;
}

const keysOf = (cache: OwnCache, ...keys: string[]): string[] => keys.filter((key) => cache.has(key));

/** As `expect`, whose hundreds of thousands of calls would take longer than all the rest. */
function same(actual: unknown, expected: unknown): void {
  if (actual !== expected) expect(actual).toBe(expected);
}

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

  it('counts whole bytes, so that nothing is left of values that went', () => {
    const cache = limited(100, 1000);
    for (let turn = 0; turn < 1000; turn++) cache.set('k', 'v', 0.1 + turn / 7);
    cache.delete('k');
    expect(cache.bytes).toBe(0);
    // With less than that free, a search for more room would never end.
    expect([cache.set('k', 'v', 998), cache.size]).toEqual([true, 1]);
  });

  it('agrees with a list of the same rules over 100,000 operations', () => {
    const operation = fc.oneof(
      fc.tuple(fc.constant('set' as const), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 400 })),
      fc.tuple(fc.constant('get' as const), fc.integer({ min: 0, max: 9 }), fc.constant(0)),
      fc.tuple(fc.constant('delete' as const), fc.integer({ min: 0, max: 9 }), fc.constant(0)),
      fc.tuple(fc.constantFrom('elevated' as const, 'high' as const), fc.constant(0), fc.constant(0)),
    );
    fc.assert(
      fc.property(fc.array(operation, { minLength: 2000, maxLength: 2000, size: 'max' }), (all) => {
        const cache = limited(5, 1000);
        let list: [key: string, bytes: number][] = [];
        const bytesOf = (): number => list.reduce((sum, [, bytes]) => sum + bytes, 0);
        for (const [what, n, bytes] of all) {
          const key = String(n);
          const known = list.find(([each]) => each === key);
          if (what === 'get') {
            same(cache.get(key) !== undefined, known !== undefined);
            if (known !== undefined) list.push(...list.splice(list.indexOf(known), 1));
          } else if (what === 'set' || what === 'delete') {
            list = list.filter((each) => each !== known);
            if (what === 'delete') same(cache.delete(key), known !== undefined);
            else {
              while (list.length >= 5 || bytesOf() + bytes + 2 > 1000) list.shift();
              list.push([key, bytes + 2]);
              same(cache.set(key, 'v', bytes), true);
            }
          } else {
            cache.relieve(what);
            list = what === 'high' ? [] : list.slice(list.length - (list.length >> 1));
          }
          same(cache.size, list.length);
          same(cache.bytes, bytesOf());
        }
        expect(list.map(([key]) => cache.has(key))).not.toContain(false);
      }),
      { numRuns: 50 },
    );
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
    ['bytes that are a text', () => new OwnCache().set('a', 1, '5' as never)],
    ['bytes that are a bigint', () => new OwnCache().set('a', 1, 5n as never)],
    ['an unknown option', () => new OwnCache().limit({ ttlMs: 5 } as never)],
    ['an option that is no integer', () => new OwnCache().limit({ max: 0.5 })],
    ['an option below 1', () => new OwnCache().limit({ maxBytes: 0 })],
  ])('refuses %s', (_, call) => {
    expect(call).toThrow(TypeError);
  });
});
