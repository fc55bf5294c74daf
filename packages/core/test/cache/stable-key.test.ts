import { createSecretKey } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stableKey } from '../../src/cache/stable-key.js';

/** Letters that a key is written with: inputs made of them would show parts that run into each other. */
const tricky = fc.string({
  unit: fc.constantFrom('s', '1', ':', ';', 'n', 'a', '[', ']', 'o', '0', ','),
  maxLength: 6,
});

const leaves = fc.oneof(
  tricky,
  fc.constantFrom<unknown>(0, -0, NaN, Infinity, 1, '1', 1n, true, 'true', null, undefined, '', 'null', 'undefined'),
  fc.integer({ min: -3, max: 3 }),
  fc.bigInt({ min: -3n, max: 3n }),
  // On Node 20 two invalid dates are not deeply equal.
  fc.date({ min: new Date(0), max: new Date(5), noInvalidDate: true }),
  fc.constantFrom(/a/, /a/g, /b/g),
  fc.uint8Array({ max: 2, maxLength: 3 }),
  fc.uint16Array({ max: 2, maxLength: 2 }),
);

/** Small values with few different parts, so that equal ones and nearly equal ones often meet. */
const { value: inputs } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaves,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(tricky, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    fc.uniqueArray(tie('value'), { maxLength: 3, selector: stableKey }).map((members) => new Set(members)),
    fc
      .uniqueArray(fc.tuple(tie('value'), tie('value')), { maxLength: 3, selector: ([key]) => stableKey(key) })
      .map((entries) => new Map(entries)),
  ),
}));

/** The same value, every object of it built in the opposite order. */
function rebuiltBackwards(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rebuiltBackwards);
  if (value instanceof Map) {
    return new Map([...value].toReversed().map(([key, entry]) => [rebuiltBackwards(key), rebuiltBackwards(entry)]));
  }
  if (value instanceof Set) return new Set([...value].toReversed().map(rebuiltBackwards));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([key, entry]) => [key, rebuiltBackwards(entry)]));
}

describe('stableKey', () => {
  it('is equal for two inputs if and only if they are', () => {
    fc.assert(
      fc.property(inputs, inputs, (a, b) => {
        expect(stableKey(a) === stableKey(b)).toBe(isDeepStrictEqual(a, b));
      }),
      { numRuns: 2000 },
    );
  });

  it('is the same whatever the order of properties, Map entries and Set members', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        expect(stableKey(rebuiltBackwards(input))).toBe(stableKey(input));
      }),
      { numRuns: 500 },
    );
  });

  it('is the same for what a worker gets: a structured clone', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        expect(stableKey(structuredClone(input))).toBe(stableKey(input));
      }),
    );
  });

  it.each<[string, unknown, unknown]>([
    ['0 and -0', 0, -0],
    ['a number and its text', 1, '1'],
    ['a number and a bigint', 1, 1n],
    ['null and undefined', null, undefined],
    ['a missing property and an undefined one', {}, { a: undefined }],
    ['strings that contain delimiters', ['a;s1:b'], ['a', 'b']],
    ['strings that reach into each other', ['a;sb', 'c'], ['a', 'b;sc']],
    ['strings that look like the end of what is around them', [['a]', 'b'], 'c'], [['a'], ']b', 'c']],
    ['keys that look like values', { 'a;s1:b': 1 }, { a: 'b', 1: 1 }],
    ['one text cut at different places', ['ab', 'c'], ['a', 'bc']],
    ['a key and a value that swap letters', { ab: 'c' }, { a: 'bc' }],
    ['nested and flat lists', [[1], 2], [1, [2]]],
    ['a list and a Set', [1], new Set([1])],
    ['a Map and an object', new Map([['a', 1]]), { a: 1 }],
    ['a Map and a Set of pairs', new Map([[1, 2]]), new Set([[1, 2]])],
    ['a Date and its time', new Date(5), 5],
    ['expressions with other flags', /a/g, /a/i],
    ['typed arrays of other types', new Uint8Array([1, 0]), new Uint16Array([1])],
    ['a typed array and its buffer', new Uint8Array([1]), new Uint8Array([1]).buffer],
    ['a Buffer and a Uint8Array', Buffer.of(1), Uint8Array.of(1)],
    ['errors with other causes', new Error('x', { cause: 1 }), new Error('x', { cause: 2 })],
    ['errors of other classes', new Error('x'), new TypeError('x')],
    ['a boxed text and the text', Object('a'), 'a'],
    ['a boxed bigint and an empty object', Object(1n), {}],
  ])('tells %s apart', (_what, a, b) => {
    expect(stableKey(a)).not.toBe(stableKey(b));
  });

  it.each<[string, unknown, unknown]>([
    ['blobs', new Blob(['a']), new Blob(['b'])],
    ['keys', createSecretKey(Buffer.of(1)), createSecretKey(Buffer.of(2))],
  ])('tells %s apart, which threads can clone, or refuses them', (_what, a, b) => {
    const keyOf = (value: unknown): unknown => {
      try {
        return stableKey(value);
      } catch {
        return value;
      }
    };
    expect(keyOf(a)).not.toBe(keyOf(b));
  });

  it('is the same for all NaN, and for an invalid Date', () => {
    expect(stableKey([NaN])).toBe(stableKey([0 / 0]));
    expect(stableKey(new Date(NaN))).toBe(stableKey(new Date('never')));
  });

  it('looks at the bytes a view shows, not at its whole buffer', () => {
    const bytes = new Uint8Array([9, 1, 2, 9]);
    expect(stableKey(bytes.subarray(1, 3))).toBe(stableKey(new Uint8Array([1, 2])));
    expect(stableKey(new DataView(bytes.buffer, 1, 2))).not.toBe(stableKey(new DataView(bytes.buffer, 0, 2)));
  });

  it('is made for cycles, and tells where they lead', () => {
    const ring = (): { next?: unknown } => {
      const node: { next?: unknown } = {};
      node.next = node;
      return node;
    };
    const pair = (toOuter: boolean): unknown => {
      const inner: { back?: unknown } = {};
      const outer = { inner };
      inner.back = toOuter ? outer : inner;
      return outer;
    };
    expect(stableKey(ring())).toBe(stableKey(ring()));
    expect(stableKey(pair(true))).not.toBe(stableKey(pair(false)));
    const map = new Map<string, unknown>();
    map.set('self', map);
    expect(stableKey(map)).not.toBe(stableKey(new Map([['self', undefined]])));
  });

  it('is the same for one object used twice and for two equal ones', () => {
    const shared = { a: 1 };
    expect(stableKey([shared, shared])).toBe(stableKey([{ a: 1 }, { a: 1 }]));
  });

  it('is refused for an input that would be too large without its shared parts', () => {
    let doubled: unknown = {};
    for (let depth = 0; depth < 40; depth++) doubled = [doubled, doubled];
    expect(() => stableKey(doubled)).toThrow(/more than 1000000 objects has no stable key/);
  });

  it('tells apart what a handler would: named elements of an array, and holes', () => {
    const match = 'abc'.match(/b/);
    const keys = [
      stableKey(['b']),
      stableKey(match),
      stableKey(Object.assign(['b'], { extra: 1 })),
      stableKey(Object.assign(['b'], { extra: 2 })),
      stableKey([undefined]),
      stableKey(new Array(1)),
      stableKey([1, undefined, 2]),
      // eslint-disable-next-line no-sparse-arrays -- a hole is what is looked at
      stableKey([1, , 2]),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(stableKey('abc'.match(/b/))).toBe(stableKey(match));
    const many = (extra: object): unknown[] => Object.assign(new Array(500).fill(0), extra);
    expect(stableKey(many({ b: 1, a: 2 }))).toBe(stableKey(many({ a: 2, b: 1 })));
    expect(stableKey(many({ a: 2 }))).not.toBe(stableKey(many({})));
  });

  it('is refused at once for an array of hardly anything but holes', () => {
    const sparse: number[] = [];
    sparse[4_000_000_000] = 1;
    expect(() => stableKey({ sparse })).toThrow(/sparse array of length 4000000001 has no stable key/);
  });

  it('is made, or refused with a reason, for objects that have lost their class', () => {
    const bytes = Object.setPrototypeOf(new Uint8Array([1]), null) as object;
    expect(() => stableKey(bytes)).not.toThrow(/Cannot read/);
    const tagged = Object.assign(Object.create(null) as object, { [Symbol.toStringTag]: 'Module' });
    expect(() => stableKey(tagged)).toThrow('A Module has no stable key');
  });

  it('stays short for large inputs and still tells them apart', () => {
    const long = 'x'.repeat(10_000);
    expect(stableKey(long).length).toBeLessThan(100);
    expect(stableKey(long)).not.toBe(stableKey(`${long}y`));
    expect(stableKey(long)).toBe(stableKey('x'.repeat(10_000)));
  });

  it.each<[string, unknown]>([
    ['function', () => {}],
    ['symbol', Symbol('s')],
    ['Promise', Promise.resolve()],
    ['WeakMap', new WeakMap()],
    ['WeakSet', new WeakSet()],
  ])('refuses a %s, which has none', (what, input) => {
    expect(() => stableKey({ deep: [input] })).toThrow(`A ${what} has no stable key`);
  });
});
