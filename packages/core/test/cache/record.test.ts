import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord, recordKey } from '../../src/cache/record.js';

const LIMIT = 2 ** 30;
const encode = (value: unknown): Buffer => {
  const record = encodeRecord(value, LIMIT);
  if (record === undefined) throw new Error('There is no record.');
  return record;
};

describe('a record', () => {
  it.each([
    ['an object', { a: [1, 'x', null, undefined, 10n, -0, NaN], at: new Date(5) }],
    ['a list of one shape', Array.from({ length: 20 }, (_, n) => ({ id: n, name: `n${n}`, deep: { n } }))],
    ['bytes', { buffer: Buffer.from('bytes'), numbers: new Float64Array([1, 2]) }],
    ['a text', 'wide ✓'],
    ['undefined', undefined],
  ])('of %s is read as it was', (_, value) => {
    expect(decodeRecord(encode({ value }))).toEqual({ value });
  });

  it('of a value that goes in circles is read so', () => {
    const value: Record<string, unknown> = {};
    value['self'] = value;
    const read = decodeRecord(encode(value)) as typeof value;
    expect(read['self']).toBe(read);
  });

  it.each([
    ['a Map', new Map()],
    ['an error', new Error('x')],
    ['a RegExp', /x/],
  ])('is never made of %s, which V8 would have to read', (_, value) => {
    expect(encodeRecord({ value }, LIMIT)).toBeUndefined();
  });

  it('that was changed, torn or made by others reads as none', () => {
    const record = encode({ text: 'a text', list: [1, 2, 3] });
    fc.assert(
      fc.property(fc.nat(record.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(record);
        changed[at] = (changed[at] as number) ^ change;
        expect(decodeRecord(changed)).toBeUndefined();
        expect(decodeRecord(record.subarray(0, at))).toBeUndefined();
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void expect(decodeRecord(bytes)).toBeUndefined()));
  });
});

describe('the name of a record', () => {
  it('is other for every other part, wherever they are cut', () => {
    const names = [
      ['a', 'b'],
      ['ab', ''],
      ['', 'ab'],
      ['a', 'b', ''],
      ['b', 'a'],
    ].map((parts) => recordKey(...parts));
    expect(new Set(names).size).toBe(5);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{64}$/);
  });
});
