import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyTest } from '../../src/cache/key-pattern.js';

const KEYS = ['user:1', 'user:2', 'user:10:posts', 'post:1', ''];
const fitting = (match: string | RegExp | undefined): string[] => KEYS.filter(keyTest(match));

describe('a pattern of keys', () => {
  it.each([
    [undefined, KEYS],
    ['', KEYS],
    ['user:', ['user:1', 'user:2', 'user:10:posts']],
    ['user:?', ['user:1', 'user:2']],
    ['user:*', ['user:1', 'user:2', 'user:10:posts']],
    ['*:1*', ['user:1', 'user:10:posts', 'post:1']],
    ['*s', ['user:10:posts']],
    ['us*r:*:p*', ['user:10:posts']],
    ['*', KEYS],
    ['?*', KEYS.slice(0, -1)],
    [/^p|2$/, ['user:2', 'post:1']],
  ])('%s selects %j', (match, expected) => {
    expect(fitting(match)).toEqual(expected);
  });

  it.each([/r:/g, /user/y])('%s answers the same at each look', (match) => {
    const test = keyTest(match);
    expect([1, 2, 3].map(() => test('user:1'))).toEqual([true, true, true]);
    expect(match.lastIndex).toBe(0);
  });

  it('selects what a RegExp of the same meaning selects', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(glob, text, (match, key) => {
        fc.pre(/[*?]/.test(match));
        const pattern = [...match].map((char) => ({ '*': '.*', '?': '.', '.': '\\.' })[char] ?? char).join('');
        expect(keyTest(match)(key)).toBe(new RegExp(`^${pattern}$`).test(key));
      }),
    );
  });

  it('of many stars takes no longer than it has characters', () => {
    expect(keyTest(`${'*a'.repeat(100)}b`)('a'.repeat(5000))).toBe(false);
  });
});
