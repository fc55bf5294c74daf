import v8 from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outline } from './outline.js';
import { anyValue, Link, plainValue } from './tree-values.js';

/** The same value as V8 brings it. */
function byV8(value: unknown): unknown {
  return v8.deserialize(v8.serialize(value));
}

/** Whether V8 reads what it wrote: before Node 22 it does not where an error is within its own cause. */
function isReadable(value: unknown): boolean {
  try {
    byV8(value);
    return true;
  } catch {
    return false;
  }
}

/** Equal in types, prototypes, values, sharing, holes, and the order and kind of properties. */
function expectSame(actual: unknown, expected: unknown): void {
  expect(outline(actual)).toEqual(outline(expected));
}

const MANY = { numRuns: 1500 };

describe('a value that comes back from the tree codec', () => {
  it('equals what V8 makes of it, for plain data with shared parts and cycles', () => {
    const link = new Link();
    fc.assert(
      fc.property(plainValue, (value) => expectSame(link.pass(value), byV8(value))),
      MANY,
    );
  });

  it('equals what V8 makes of it, for all that V8 takes', () => {
    const link = new Link();
    fc.assert(
      fc.property(anyValue.filter(isReadable), (value) => expectSame(link.pass(value), byV8(value))),
      MANY,
    );
  });

  it.each<[string, object]>([
    ['a Map', new Map([['a', 1]])],
    ['a Set', new Set([1])],
    ['a Date', new Date(1)],
    ['a RegExp', /a/g],
    ['an Error', new Error('text')],
    ['an array', [1, 2]],
    ['a boxed number', Object(1) as object],
    ['a boxed text', Object('text') as object],
    ['a boxed bigint', Object(1n) as object],
    ['memory', new ArrayBuffer(2)],
  ])('equals what V8 makes of it, where %s has the prototype of a plain object, or none', (_name, value) => {
    for (const prototype of [Object.prototype, null]) {
      const input = [Object.setPrototypeOf(value, prototype)];
      expectSame(new Link().pass(input), byV8(input));
    }
  });

  it('equals what V8 makes of it at every sighting of its shapes', () => {
    fc.assert(
      fc.property(plainValue, (value) => {
        const link = new Link();
        const expected = byV8(value);
        for (let sighting = 0; sighting < 20; sighting++) expectSame(link.pass(value), expected);
      }),
      { numRuns: 100 },
    );
  });
});
