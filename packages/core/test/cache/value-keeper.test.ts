import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ValueKeeper } from '../../src/cache/value-keeper.js';

const keeper = (): ValueKeeper => new ValueKeeper('structured', 2 ** 30);

/** Two values that are given for one that was kept. */
function given(value: unknown, share: 'copy' | 'frozen' = 'copy'): [unknown, unknown] {
  const keeps = keeper();
  const { kept } = keeps.keep(value, share);
  return [keeps.give(kept), keeps.give(kept)];
}

describe('a kept value', () => {
  it.each([1, -0, NaN, 'text', 'wide ✓', 10n ** 30n, true, null, undefined])('%s is given as it is', (value) => {
    expect(given(value)).toEqual([value, value]);
  });

  it.each([
    ['an object', { a: [1, { b: 2 }] }],
    ['a Map', new Map([['k', { n: 1 }]])],
    ['a Date', new Date(5)],
    ['an error', new RangeError('x')],
    ['a Buffer', Buffer.from('bytes')],
    ['a large array', new Float64Array(50_000).fill(1.5)],
  ])('%s is given in copies of its own', (_, value) => {
    const [first, second] = given(value);
    expect(first).toEqual(value);
    expect(second).toEqual(value);
    expect(first).not.toBe(second);
    expect(first).not.toBe(value);
  });

  it('does not change when the original does', () => {
    const keeps = keeper();
    const value = { list: [1], bytes: Buffer.from([1]) };
    const { kept } = keeps.keep(value, 'copy');
    value.list.push(2);
    value.bytes[0] = 9;
    expect(keeps.give(kept)).toEqual({ list: [1], bytes: Buffer.from([1]) });
  });

  it('of a shape that others had before is given whole', () => {
    const keeps = keeper();
    const values = Array.from({ length: 50 }, (_, n) => ({ id: n, name: `n${n}`, [`k${n % 3}`]: { deep: n } }));
    const kept = values.map((value) => keeps.keep(value, 'copy').kept);
    expect(kept.map((each) => keeps.give(each))).toEqual(values);
  });

  it('that may be shared is frozen and given to all, if that makes it immutable', () => {
    const value = { list: [1] };
    const [first, second] = given(value, 'frozen');
    expect([first === value, second === value, Object.isFrozen(value.list)]).toEqual([true, true, true]);
    const dated = { at: new Date(5) };
    const [copy, other] = given(dated, 'frozen');
    expect([copy, copy === dated, copy === other]).toEqual([dated, false, false]);
  });

  it.each([
    ['x'.repeat(100), 100],
    ['✓'.repeat(100), 200],
    [5, 8],
  ])('%j takes as many bytes as it has', (value, bytes) => {
    expect(keeper().keep(value, 'copy').bytes).toBe(bytes);
  });

  it('takes a whole number of bytes, whatever it is', () => {
    for (let shift = 0n; shift < 200n; shift++) {
      const { bytes } = keeper().keep(1n << shift, 'copy');
      expect(Number.isInteger(bytes)).toBe(true);
    }
  });

  it('is not what an accessor of it keeps meanwhile', () => {
    const keeps = keeper();
    const refused: unknown[] = [];
    const value = {
      before: 'x'.repeat(100),
      get inner() {
        try {
          return keeps.keep({ other: 1 }, 'copy');
        } catch (error) {
          refused.push(error);
          return 'inner';
        }
      },
      after: 'y'.repeat(100),
    };
    const given = keeps.give(keeps.keep(value, 'copy').kept);
    expect(given).toEqual({ before: 'x'.repeat(100), inner: 'inner', after: 'y'.repeat(100) });
    expect(refused).toHaveLength(1);
    expect(keeps.give(keeps.keep({ n: 1 }, 'copy').kept)).toEqual({ n: 1 });
  });

  it('that all share counts with the parts that the cache holds of it', () => {
    const value = (): object => Array.from({ length: 1000 }, (_, n) => ({ a: n % 100, b: 1 }));
    const [copied, shared] = (['copy', 'frozen'] as const).map((share) => keeper().keep(value(), share).bytes);
    // Each of the thousand objects has a header, two properties, and a place in the list.
    expect((shared as number) - (copied as number)).toBeGreaterThanOrEqual(1000 * 48);
  });

  it('of memory takes what that has', () => {
    const { bytes } = keeper().keep(Buffer.alloc(1_000_000), 'copy');
    expect(Math.round(bytes / 1000)).toBe(1000);
  });

  it.each([
    ['a function', () => {}],
    ['shared memory', new SharedArrayBuffer(8)],
  ])('cannot be %s', (_, value) => {
    expect(() => keeper().keep({ value }, 'copy')).toThrow(/cannot be (sent|shared)/);
    expect(() => keeper().keep(value, 'frozen')).toThrow(/cannot be (sent|shared)/);
  });

  it('goes through the codec of the pool, which knows its classes', () => {
    const file = fileURLToPath(new URL('../fixtures/codecs/point.cjs', import.meta.url));
    const keeps = new ValueKeeper({ moduleUrl: pathToFileURL(file).href }, 2 ** 30);
    const point = keeps.give(keeps.keep({ x: 1, y: 2 }, 'copy').kept);
    expect([point, (point as object).constructor.name]).toEqual([{ x: 1, y: 2 }, 'Point']);
  });
});

describe('a kept failure', () => {
  it('is thrown as a new error each time, with all its parts', () => {
    const keeps = keeper();
    const { kept } = keeps.keepFailure(Object.assign(new RangeError('gone'), { status: 404 }));
    const thrown = [1, 2].map(() => {
      try {
        return keeps.give(kept);
      } catch (error) {
        return error;
      }
    });
    expect(thrown[0]).toBeInstanceOf(RangeError);
    expect(thrown).toMatchObject([{ message: 'gone', status: 404 }, { status: 404 }]);
    expect(thrown[0]).not.toBe(thrown[1]);
  });
});
