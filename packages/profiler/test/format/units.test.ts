import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatMs,
  formatName,
  formatNumber,
  formatPath,
  formatRate,
  formatShare,
} from '../../src/format/units.js';

describe('units', () => {
  it.each([
    [0, '0'],
    [0.0004, '0.40 µs'],
    [0.0123, '12.3 µs'],
    [0.99996, '1.00 ms'],
    [1, '1.00 ms'],
    [12.34, '12.3 ms'],
    [345.6, '346 ms'],
    [999.6, '1.00 s'],
    [12_410, '12.4 s'],
    [599_900, '600 s'],
    [900_000, '15.0 min'],
    [7_200_000, '2.00 h'],
    [864_000_000, '10.0 days'],
  ])('%d ms reads %s', (ms, text) => expect(formatMs(ms)).toBe(text));

  it('never shows a thousand of a smaller unit, and is right within half a per cent', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (ms) => {
        const [digits = '', unit = ''] = formatMs(ms).split(' ');
        const value = Number(digits.replaceAll(',', ''));
        expect(value).toBeLessThan(1000);
        const inMs = value * ({ µs: 1e-3, ms: 1, s: 1e3, min: 6e4, h: 3.6e6, days: 8.64e7 }[unit] ?? NaN);
        expect(Math.abs(inMs / ms - 1)).toBeLessThan(0.0051);
      }),
    );
  });

  it.each([
    [0, '0 %'],
    [0.0001, '<0.1 %'],
    [0.0123, '1.2 %'],
    [0.0996, '10 %'],
    [0.614, '61 %'],
    [1, '100 %'],
    [12.5, '1,250 %'],
  ])('a share of %d reads %s', (share, text) => expect(formatShare(share)).toBe(text));

  it('sets thousands apart', () => {
    expect(formatRate(388.2)).toBe('388/s');
    expect(formatRate(530_000)).toBe('530,000/s');
    expect(formatRate(0.5)).toBe('0.50/s');
  });

  it('shows control characters instead of sending them to the terminal', () => {
    expect(formatName('red \u001b[31m\nline')).toBe('red \\u001b[31m\\u000aline');
    expect(formatName('x'.repeat(100))).toHaveLength(60);
    expect(formatPath(['load', 'read'])).toBe('load › read');
    expect(formatName('a\u202eb\u200bc')).toBe('a\\u202eb\\u200bc');
    expect(formatName('half \ud800')).toBe('half \ufffd');
  });

  it.each([
    [0, '0 B'],
    [812, '812 B'],
    [999.7, '1.00 kB'],
    [1_210_000, '1.21 MB'],
    [2 ** 31, '2.15 GB'],
  ])('%d bytes read %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [1, '1'],
    [1.5, '1.5'],
    [3.14159, '3.14'],
    [12_345.6, '12,346'],
    [NaN, '–'],
  ])('the number %d reads %s', (value, text) => expect(formatNumber(value)).toBe(text));
});
