import { describe, expect, it } from 'vitest';
import { copierOf } from '../../src/shaping/copy-of.js';

describe('a copy of a value that waits', () => {
  const copy = copierOf('structured');

  it('does not change with the value', () => {
    const value = { deep: { n: 1 } };
    const own = copy(value) as typeof value;
    value.deep.n = 2;
    expect(own).toEqual({ deep: { n: 1 } });
  });

  it('is the value itself where nothing can change it, or nothing can copy it', () => {
    const uncloneable = { call() {} };
    for (const value of ['text', 5, null, undefined, uncloneable]) expect(copy(value)).toBe(value);
  });

  it('is the value itself for a codec that may carry what only it can copy', () => {
    const value = { n: 1 };
    expect(copierOf({ moduleUrl: 'file:///codec.js' })(value)).toBe(value);
  });
});
