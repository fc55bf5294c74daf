import { describe, expect, it } from 'vitest';
import { BoundedNames, OTHER, type Places, shortName } from '../../src/base/bounded-names.js';

const counters = (most: number, shared?: Places): BoundedNames<{ name: string; count: number }> =>
  new BoundedNames(most, (name) => ({ name, count: 0 }), shared);

describe('BoundedNames', () => {
  it('gives each of the first names a value of its own, and the rest one together', () => {
    const names = counters(2);
    for (const name of ['a', 'b', 'c', 'd', 'a', 'c']) names.get(name).count++;
    expect([...names.values()]).toEqual([
      { name: 'a', count: 2 },
      { name: 'b', count: 1 },
      { name: OTHER, count: 3 },
    ]);
    expect([names.find('a')?.count, names.find('c'), names.size]).toEqual([2, undefined, 3]);
  });

  it('counts a name that is called as the rest is with the rest, without taking a place for it', () => {
    const names = counters(1);
    expect(names.get(OTHER)).toBe(names.other);
    expect(names.get('a')).not.toBe(names.other);
    expect(names.get('b')).toBe(names.other);
  });

  it.each(['__proto__', 'constructor', 'toString', ''])('takes "%s" for a name as any other', (name) => {
    const names = counters(4);
    expect(names.find(name)).toBeUndefined();
    names.get(name).count++;
    expect(names.find(name)).toEqual({ name, count: 1 });
  });

  it('cuts long names, and counts those together that are alike up to there', () => {
    const names = counters(10);
    const long = 'x'.repeat(1_000_000);
    expect(names.get(`${long}1`)).toBe(names.get(`${long}2`));
    expect(names.find(`${long}3`)).toBe(names.get(long));
    expect([...names.values()].map(({ name }) => name)).toEqual([shortName(long)]);
    expect(shortName(long)).toBe(`${'x'.repeat(200)}…`);
  });

  it('gives a place again that a name was taken from', () => {
    const places = { left: 1 };
    const names = counters(1, places);
    names.get('a').count = 5;
    expect([names.take('a'), names.take('a'), names.take('b')]).toEqual([
      { name: 'a', count: 5 },
      undefined,
      undefined,
    ]);
    expect([names.get('b').name, names.get('a').name, places.left]).toEqual(['b', OTHER, 0]);
    expect(names.take(OTHER)).toBeUndefined();
  });

  it('shares its places with other tables', () => {
    const places = { left: 3 };
    const [one, two] = [counters(2, places), counters(5, places)];
    for (const name of ['a', 'b', 'c']) one.get(name);
    for (const name of ['a', 'b']) two.get(name);
    expect([...one.entries()].map(([name]) => name)).toEqual(['a', 'b', OTHER]);
    expect([...two.entries()].map(([name]) => name)).toEqual(['a', OTHER]);
  });
});
