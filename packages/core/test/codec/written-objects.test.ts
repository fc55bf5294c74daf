import { describe, expect, it } from 'vitest';
import { anyWritten } from '../../src/codec/written-objects.js';

/** The objects that a search finds, in order. */
function found(value: object): object[] {
  const objects: object[] = [];
  anyWritten(value, (object) => objects.push(object) < 0);
  return objects;
}

describe('a search for the objects that V8 writes', () => {
  it('finds them in named parts of lists, short and long ones', () => {
    const part = { a: 1 };
    expect(found(Object.assign([1], { part }))).toContain(part);
    expect(found(Object.assign(new Array<number>(500).fill(1), { part }))).toContain(part);
  });

  it('takes no characters of a boxed text for parts', () => {
    const valuesOf = Object.values;
    const asked: object[] = [];
    Object.values = (of: object) => {
      asked.push(of);
      return valuesOf(of);
    };
    try {
      expect(found({ text: new String('long'), date: new Date(0) })).toHaveLength(3);
    } finally {
      Object.values = valuesOf;
    }
    expect(asked).toEqual([new Date(0)]);
  });
});
