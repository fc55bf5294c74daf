import { describe, expect, it } from 'vitest';
import { copierOf } from '../../src/shaping/copy-of.js';

describe('a copy of a value that waits', () => {
  const copy = copierOf('structured', 1000);

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

  it('is what a worker would get: a Buffer stays one', () => {
    const value = { name: 'a', bytes: Buffer.from('abc'), parts: [Buffer.from('d')] };
    const own = copy(value) as typeof value;
    expect(own).toEqual(value);
    expect([Buffer.isBuffer(own.bytes), Buffer.isBuffer(own.parts[0])]).toEqual([true, true]);
    value.bytes.fill(0);
    expect(own.bytes.toString()).toBe('abc');
  });

  it('is right again and again, whatever came before', () => {
    for (let n = 0; n < 50; n++) {
      const value = { [`name${n}`]: n, list: [{ [`deep${n % 7}`]: n }] };
      expect(copy(value)).toEqual(value);
      // Too large, and refused in its middle.
      const refused = { [`other${n}`]: 'x'.repeat(900), more: 'y'.repeat(900) };
      expect(copy(refused)).toBe(refused);
    }
  });

  it('is right where a getter of the value has another value copied', () => {
    const outer = {
      before: { n: 1 },
      get inner() {
        return copy({ deep: { n: 2 } });
      },
      after: { n: 3 },
    };
    expect(copy(outer)).toEqual({ before: { n: 1 }, inner: { deep: { n: 2 } }, after: { n: 3 } });
  });

  it('is made by a codec of the program, which knows its classes', () => {
    const own = copierOf({ moduleUrl: new URL('../fixtures/codecs/point.cjs', import.meta.url).href }, 1000);
    const value = { x: 1, y: 2 };
    const made = own(value) as typeof value;
    expect([made.constructor.name, made.x, made.y]).toEqual(['Point', 1, 2]);
    expect(made).not.toBe(value);
  });
});
