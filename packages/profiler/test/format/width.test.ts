import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutTo, endTo, padTo, widthOf, wrap } from '../../src/format/width.js';

describe('width on a terminal', () => {
  it.each([
    ['plain', 5],
    ['漢字', 4],
    ['🙂', 2],
    ['e\u0301', 1],
    ['▇▇', 2],
    ['', 0],
    ['ｗｉｄｅ', 8],
    ['한국어', 6],
  ])('%s takes %d columns', (text, width) => expect(widthOf(text)).toBe(width));

  it('cuts between characters, never within one', () => {
    expect(cutTo('漢字漢字', 5)).toBe('漢字…');
    expect(cutTo('🙂🙂🙂', 4)).toBe('🙂…');
    expect(cutTo('short', 5)).toBe('short');
    expect(endTo('src/漢字/plan.ts:88', 12)).toBe('…/plan.ts:88');
    expect(endTo('漢字漢字', 4)).toBe('…字');
    expect(endTo('short', 5)).toBe('short');
    expect(padTo('漢', 4, 'right')).toBe('  漢');
  });

  it('breaks lines at spaces, and words only where they do not fit', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij k', 4)).toEqual(['abcd', 'efgh', 'ij k']);
    expect(wrap('', 10)).toEqual(['']);
  });

  it('keeps every character but spaces, and every line within its columns', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 4, max: 60 }), (text, columns) => {
        const lines = wrap(text, columns);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        expect(widthOf(cutTo(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
