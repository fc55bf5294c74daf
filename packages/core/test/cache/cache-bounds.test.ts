import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { openCache } from '../support/cached-calls.js';

describe('what is kept', () => {
  it('has no more bytes than allowed: the least recently used goes first', async () => {
    const { cache, computed, get } = openCache({ maxBytes: 5000 });
    for (const input of [1, 2]) await computed('t', input, 'x'.repeat(1500));
    await get('t', 1);
    await computed('t', 3, 'x'.repeat(1500));
    expect([1, 2, 3].map((input) => cache.has('t', input))).toEqual([true, false, true]);
    expect(cache.stats()).toMatchObject({ entries: 2, evictions: { bytes: 1, max: 0 } });
    expect(cache.stats().bytes).toBeGreaterThan(3000);
    expect(cache.stats().bytes).toBeLessThanOrEqual(5000);
  });

  it('never is one value that is larger by itself, and nothing goes for it', async () => {
    const { cache, computed } = openCache({ maxBytes: 5000 });
    await computed('t', 1, 'small');
    expect(await computed('t', 2, 'x'.repeat(6000))).toHaveLength(6000);
    expect([cache.has('t', 1), cache.has('t', 2)]).toEqual([true, false]);
    expect(cache.stats()).toMatchObject({ entries: 1, unkept: 1, evictions: { bytes: 0 } });
  });

  it('counts by task, down to nothing', async () => {
    const { cache, computed } = openCache({ max: 3 });
    for (const [task, input] of [['a', 1], ['a', 2], ['b', 1], ['b', 2]] as const) await computed(task, input, 'x'); // prettier-ignore
    const { byTask, entries, evictions } = cache.stats();
    expect([entries, byTask['a']?.entries, byTask['b']?.entries]).toEqual([3, 1, 2]);
    expect([evictions.max, byTask['a']?.evictions.max]).toEqual([1, 1]);
    cache.clear();
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0, evictions: { invalidated: 3 } });
  });

  it('goes by half when memory is short', async () => {
    const { cache, computed } = openCache();
    for (let input = 0; input < 10; input++) await computed('t', input, input);
    cache.trim();
    expect(cache.stats()).toMatchObject({ entries: 5, evictions: { memory: 5 } });
    expect([4, 5].map((input) => cache.has('t', input))).toEqual([false, true]);
    for (const left of [2, 1, 0]) {
      cache.trim();
      expect(cache.stats().entries).toBe(left);
    }
    expect(cache.stats().bytes).toBe(0);
  });

  it('is not counted twice when it takes the place of its predecessor', () => {
    const { cache } = openCache();
    for (const value of ['x', 'y'.repeat(50), 'z']) cache.set('t', 1, value);
    const { bytes } = cache.stats();
    cache.delete('t', 1);
    cache.set('t', 1, 'z');
    expect(cache.stats()).toMatchObject({ entries: 1, bytes, evictions: { invalidated: 1, max: 0 } });
  });
});

describe('a weak cache', () => {
  const collect = (): void => {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
  };
  const weak = { max: 1, weak: true, all: { share: 'frozen' } } as const;

  it('finds what had to go while the program holds it, and forgets it afterwards', async () => {
    const { cache, computed, get, executions } = openCache(weak);
    const held = { value: await computed('t', 1, { n: 1 }) };
    await computed('t', 2, { n: 2 });
    collect();
    expect(await get('t', 1)).toBe(held.value);
    expect(executions).toHaveLength(2);
    // Its use has brought it back, and the other one has gone.
    await computed('t', 3, { n: 3 });
    held.value = undefined;
    // The ended executions hold their results.
    executions.length = 0;
    // A weak reference lives until the end of the turn in which it was read.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(cache.has('t', 1)).toBe(false);
  });

  it('drops them by every way of invalidation', async () => {
    const { cache, computed } = openCache({ ...weak, all: { share: 'frozen', tags: ['all'] } });
    const held = [];
    for (const drop of [
      () => cache.delete('t', 1),
      () => cache.invalidate({ task: 't' }) > 1,
      () => cache.invalidate({ tag: 'all' }) > 1,
      () => cache.invalidate({ match: '*' }) > 1,
      () => (cache.clear(), true),
    ]) {
      held.push(await computed('t', 1, { n: 1 }), await computed('t', 2, { n: 2 }));
      expect(cache.has('t', 1)).toBe(true);
      expect(drop()).toBe(true);
      expect(cache.has('t', 1)).toBe(false);
      cache.clear();
    }
    expect(held).toHaveLength(10);
  });
});
