import { expect, it } from 'vitest';
import { ReusedList } from '../../src/base/reused-list.js';

it('a reused list is an empty one after it was cleared, however long it was', () => {
  const list = new ReusedList<string>();
  const items = (): string[] => Array.from({ length: list.size }, (_, index) => list.at(index));
  list.push('a');
  list.push('b');
  expect(items()).toEqual(['a', 'b']);
  list.clear();
  expect(list.size).toBe(0);
  list.push('c');
  expect(items()).toEqual(['c']);
});
