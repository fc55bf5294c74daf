import { describe, expect, it } from 'vitest';
import { type Drop, DropList, dropOfAll, isDropList } from '../../src/cache/drop-list.js';
import type { Stored } from '../../src/cache/record.js';

const drop = (atMs: number, selected: Partial<Drop>): Drop => ({ ...dropOfAll(atMs), ...selected });
const stored = (storedAtMs: number, key = 'k', tags: string[] = []): Stored => ({
  task: 't',
  key,
  tags,
  value: 1,
  costMs: 0,
  tookMs: 0,
  storedAtMs,
  freshUntilMs: Infinity,
});

function listOf(...drops: Drop[]): DropList {
  const list = new DropList();
  for (const each of drops) list.add(each);
  return list;
}

describe('a list of drops', () => {
  it('has the results that were stored before their drop, and no later ones', () => {
    const list = listOf(drop(100, { tag: 'a' }));
    expect([99, 100, 101].map((atMs) => list.has(stored(atMs, 'k', ['a'])))).toEqual([true, true, false]);
    expect(list.has(stored(1, 'k', ['b']))).toBe(false);
  });

  it('keeps the latest of drops that select the same', () => {
    const list = listOf(drop(100, { match: 'user:' }), drop(300, { match: 'user:' }), drop(200, { match: 'user:' }));
    expect(list.drops).toEqual([drop(300, { match: 'user:' })]);
  });

  it('drops all from before the newer half once there are too many of them', () => {
    const list = new DropList();
    for (let n = 0; n < 1001; n++) list.add(drop(n === 5 ? 5000 : n, { key: `k${n}` }));
    expect(list.drops).toHaveLength(501);
    expect(list.drops).toContainEqual(dropOfAll(501));
    expect([list.has(stored(501, 'other')), list.has(stored(502, 'other'))]).toEqual([true, false]);
    // Those of the newer half are known one by one.
    expect([list.has(stored(700, 'k700')), list.has(stored(700, 'k699')), list.has(stored(4000, 'k5'))]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('is never longer than that, and loses no drop', () => {
    const list = new DropList();
    for (let n = 0; n < 20_000; n++) list.add(drop(n, { key: `k${n}` }), n % 2 === 0);
    expect(list.drops.length).toBeLessThanOrEqual(1000);
    for (let n = 0; n < 20_000; n++) expect(list.has(stored(n, `k${n}`))).toBe(true);
    const at = 5;
    for (let n = 0; n < 2000; n++) list.add(drop(at, { tag: `t${n}` }));
    expect(list.drops.length).toBeLessThanOrEqual(1000);
  });

  it.each([
    [[drop(1, { match: ['(', ''] })]],
    [[drop(1, { match: ['a', 'nonsense'] })]],
    [[{ ...dropOfAll(1), atMs: 'now' }]],
    [[{ ...dropOfAll(1), tag: 5 }]],
    [[null]],
    ['drops'],
  ])('is not read from %j', (value) => {
    expect(isDropList(value)).toBe(false);
  });
});
