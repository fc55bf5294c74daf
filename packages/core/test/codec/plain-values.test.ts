import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePlain, encodePlain, isPlain } from '../../src/codec/plain-values.js';

const primitive = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string({ unit: 'binary', maxLength: 256 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(undefined, null, true, false, 0, -0, NaN, Infinity, 2 ** 31, -(2 ** 31), '\ud800', 'é', 'x\u0100'),
);

describe('short primitive values', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(primitive, { maxLength: 300 }), (values) => {
        fc.pre(values.every((value) => typeof value !== 'string' || value.length <= 256));
        const bytes = encodePlain(values) as Uint8Array;
        expect(isPlain(bytes)).toBe(true);
        const decoded = decodePlain(Buffer.from(bytes));
        expect(decoded).toHaveLength(values.length);
        decoded.forEach((value, row) => expect(value).toBe(values[row]));
      }),
    );
  });

  it('are what is taken, and nothing else', () => {
    for (const other of [{}, [], 1n, Symbol('s'), () => 1, new Date(), 'x'.repeat(257)]) {
      expect(encodePlain([1, other])).toBeUndefined();
    }
    expect(encodePlain(['x'.repeat(256)])).toBeDefined();
  });

  it('are in bytes of their own, which the next list does not change', () => {
    const first = encodePlain(['one', 1]) as Uint8Array;
    encodePlain(['two', 2]);
    expect(decodePlain(Buffer.from(first))).toEqual(['one', 1]);
  });

  it.each([
    ['an unknown type', [1, 99]],
    ['a string that ends behind the frame', [1, 6, 9, 0, 65]],
    ['a number that ends behind the frame', [1, 4, 0]],
  ])('are not read from %s', (_what, bytes) => {
    expect(() => decodePlain(Buffer.from(bytes))).toThrow();
  });
});
