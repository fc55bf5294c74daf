import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NotSerializable } from '../../src/codec/not-serializable.js';
import { Sink } from '../../src/codec/sink.js';
import { MAX_SHAPES } from '../../src/codec/tree-format.js';
import { TooLarge } from '../../src/codec/value-codec.js';
import { anyValue, Link, plainValue } from './tree-values.js';

const run = promisify(execFile);
const PROGRAM = `${import.meta.dirname}/../fixtures/codecs/tree-program.mjs`;

/** Writes a value until its shapes have numbers and the reader has its functions for them. */
function passOften(link: Link, make: () => unknown): unknown {
  for (let sighting = 0; sighting < 40; sighting++) link.pass(make());
  return link.pass(make());
}

describe('an object', () => {
  it('has its accessors called once', () => {
    const link = new Link();
    let calls = 0;
    passOften(link, () => ({
      get a() {
        calls++;
        return 1;
      },
      b: [
        {
          get c() {
            calls++;
            return 2;
          },
        },
      ],
    }));
    expect(calls).toBe(41 * 2);
  });

  it('keeps keys that mean something to others', () => {
    const make = () => JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3, "a\\"b\\u2028": 4}') as object;
    const back = passOften(new Link(), make) as object;
    expect(Object.entries(back)).toEqual(Object.entries(make()));
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });

  it('is not changed by what every object inherits', () => {
    const link = new Link();
    const make = () => ({ own: 1, list: Object.assign(Array<unknown>(3), { 0: 1, 2: { evil: 2 } }), none: {} });
    passOften(link, make);
    const setter = {
      enumerable: true,
      configurable: true,
      get: () => 'inherited',
      set: () => {
        throw new Error('called');
      },
    };
    const back: ReturnType<typeof make>[] = [];
    try {
      Object.defineProperty(Object.prototype, 'evil', setter);
      Object.defineProperty(Object.prototype, 'own', setter);
      for (let sighting = 0; sighting < 3; sighting++) back.push(link.pass(make()) as ReturnType<typeof make>);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'evil');
      Reflect.deleteProperty(Object.prototype, 'own');
    }
    expect(back).toEqual([make(), make(), make()]);
    expect(back.map((value) => Object.keys(value))).toEqual(Array(3).fill(['own', 'list', 'none']));
    expect(back.map(({ list }) => Object.keys(list))).toEqual(Array(3).fill(['0', '2']));
    expect(back.map(({ list }) => Object.entries(list[2] as object))).toEqual(Array(3).fill([['evil', 2]]));
  });

  it('that an accessor changes under way arrives as it then is', () => {
    const make = () => {
      const value: Record<string, unknown> = {};
      Object.defineProperty(value, 'first', { enumerable: true, get: () => delete value['second'] });
      return Object.assign(value, { second: 2, third: 3 });
    };
    expect(passOften(new Link(), make)).toEqual({ first: true, third: 3 });
  });

  it('with as many keys as a dictionary comes back, and its keys make no shape', () => {
    const link = new Link();
    for (let row = 0; row < 300; row++) {
      const keys = Array.from({ length: 100 }, (_, index) => [`k${(row * 7919 + index * 104_729) % 1_000_003}`, index]);
      const value = Object.fromEntries(keys) as object;
      expect(Object.entries(link.pass(value) as object)).toEqual(keys);
    }
    expect(link.encoder.shapeCount).toBe(0);
    const huge = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]));
    expect(link.pass(huge)).toEqual(huge);
  });

  it('has a shape after any number of others', () => {
    const link = new Link();
    for (let row = 0; row < MAX_SHAPES + 100; row++) {
      for (let sighting = 0; sighting < 2; sighting++) {
        expect(link.pass({ [`only${row}`]: 1, shared: [row] })).toEqual({ [`only${row}`]: 1, shared: [row] });
      }
    }
    expect(link.encoder.shapeCount).toBe(MAX_SHAPES);
  });

  it('that was seen before keeps its number when ways to shapes are forgotten', () => {
    const link = new Link();
    const first = { id: 1, name: 'one' };
    for (let sighting = 0; sighting < 3; sighting++) link.pass(first);
    const short = link.write(first).bytes.length;
    for (let row = 0; row < 20_000; row++) link.write({ [`once${row}`]: 1 });
    for (let sighting = 0; sighting < 3; sighting++) link.pass(first);
    expect(link.encoder.shapeCount).toBe(1);
    expect(link.write(first).bytes.length).toBe(short);
  });
});

describe('a value', () => {
  it('that is a small number takes one byte, a short text one more than its characters', () => {
    const link = new Link();
    const sizeOf = (value: unknown) => link.write(value).bytes.length;
    expect([5, -1, 1e6, 0.5, true, null, 'Zürich', ''].map(sizeOf)).toEqual([1, 5, 5, 9, 1, 1, 7, 1]);
  });

  it('has one ü, and takes no more bytes for it', () => {
    const link = new Link();
    expect(link.write(`ü${'x'.repeat(9999)}`).bytes.length).toBeLessThan(10_010);
  });

  it('is read from memory that is shared, and holds on to none of it', () => {
    const link = new Link();
    const make = () => ({
      short: 'ab',
      medium: 'x'.repeat(50),
      long: 'ü'.repeat(5000),
      wide: '水'.repeat(2000),
      fraction: Array(40).fill(0.5),
      bytes: Buffer.from('bytes'),
      floats: new Float64Array([1.5]),
      memory: new Uint8Array([1, 2]).buffer,
      big: 2n ** 70n,
      date: new Date(7),
    });
    for (const value of [make(), new Map([[1, make()]])]) {
      const { bytes, beside } = new Link({ largeBytes: 2 ** 20 }).write(value);
      const shared = Buffer.from(new SharedArrayBuffer(bytes.length + 3), 3);
      bytes.copy(shared);
      const back = link.decoder.decode(shared, 0, shared.length) as object;
      expect(beside).toEqual([]);
      shared.fill(0);
      expect(back).toEqual(value);
      const inner = (back instanceof Map ? back.get(1) : back) as ReturnType<typeof make>;
      expect([inner.bytes.buffer, inner.floats.buffer, inner.memory].every((part) => part instanceof ArrayBuffer)).toBe(
        true,
      );
      expect(inner.bytes.buffer.byteLength).toBe(5);
    }
  });

  it('has large views beside it, in order, not copied, in our format and in that of V8', () => {
    const link = new Link({ largeBytes: 100 });
    const large = [Buffer.alloc(100, 1), new Float64Array(20).fill(2.5), new Uint8Array(200).fill(3).buffer];
    for (const value of [{ large }, { large: large.slice(0, 2), map: new Map() }]) {
      const written = link.write(value);
      expect(written.bytes.length).toBeLessThan(100);
      expect(written.beside.map(({ buffer }) => buffer)).toEqual(
        value.large.map((part) => ('buffer' in part ? part.buffer : part)),
      );
      expect(written.beside[0]?.buffer).toBe((large[0] as Buffer).buffer);
      expect(link.read(written)).toEqual(value);
    }
    expect(link.encoder.encode(1, link.sink)).toBeUndefined();
  });

  it('stays where it was written while others are', () => {
    const { encoder, decoder } = new Link();
    const sink = new Sink(1024);
    const written = Array.from({ length: 200 }, (_, index) => {
      encoder.encode('x'.repeat(index * 17), sink);
      return { bytes: sink.bytes, start: sink.start, at: sink.at };
    });
    written.forEach(({ bytes, start, at }, index) =>
      expect(decoder.decode(bytes, start, at)).toBe('x'.repeat(index * 17)),
    );
  });
});

describe('shapes', () => {
  /** Objects of 60 keys each, no key in two of them, seen until all have a number. */
  function seeShapes(link: Link, count: number, keyOf: (shape: number, key: number) => string): object[] {
    const objects = Array.from({ length: count }, (_, shape) =>
      Object.fromEntries(Array.from({ length: 60 }, (_entry, key) => [keyOf(shape, key), key])),
    );
    for (const object of objects) for (let sighting = 0; sighting < 10; sighting++) link.write(object);
    expect(link.encoder.shapeCount).toBe(count);
    return objects;
  }

  it.each([0, 1, 7, 19, 20, 21, 63, 64, 200])(
    'are defined all at once, with keys of %i characters and more',
    (chars) => {
      for (const filler of ['x', '水']) {
        const link = new Link();
        const objects = seeShapes(link, 80, (shape, key) => `${shape}_${key}_`.padEnd(chars, filler));
        expect(objects.map((object) => link.pass(object))).toEqual(objects);
      }
    },
  );

  it('are defined whatever the limit for a value is', () => {
    const link = new Link({ limitBytes: 40_000 });
    const objects = seeShapes(link, 3, (shape, key) => `${'水'.repeat(240)}${shape}_${key}`);
    expect(objects.map((object) => link.pass(object))).toEqual(objects);
  });
});

describe('the encoder', () => {
  it('writes the same bytes wherever a value begins, and whatever room is left', () => {
    fc.assert(
      fc.property(fc.array(plainValue, { minLength: 1, maxLength: 8 }), fc.nat({ max: 2000 }), (values, at) => {
        const [there, elsewhere] = [new Link(), new Link()];
        const narrow = new Sink(1);
        narrow.bytes = Buffer.alloc(at);
        narrow.view = new DataView(narrow.bytes.buffer);
        for (const value of values) {
          const expected = there.write(value).bytes;
          elsewhere.encoder.encode(value, narrow);
          expect(narrow.bytes.subarray(narrow.start, narrow.at)).toEqual(expected);
        }
      }),
    );
  });

  it('has either written a value or refused it for its size, and goes on', () => {
    fc.assert(
      fc.property(anyValue, fc.integer({ min: 1, max: 300 }), (value, limitBytes) => {
        const link = new Link({ limitBytes });
        const size = sizeOf(value);
        if (size === undefined) expect(() => link.pass(value)).toThrow(NotSerializable);
        else if (size > limitBytes) expect(() => link.pass(value)).toThrow(TooLarge);
        else link.pass(value);
        expect(link.pass(1)).toBe(1);
      }),
    );
  });
});

/** What a value takes, with what lies beside it, before its shapes are known; undefined when it cannot be sent. */
function sizeOf(value: unknown): number | undefined {
  try {
    const { bytes, beside } = new Link().write(value);
    return beside.reduce((sum, view) => sum + view.length, bytes.length);
  } catch {
    return undefined;
  }
}

describe('in a program of its own', () => {
  const inProgram = async (what: string, ...flags: string[]) =>
    JSON.parse((await run(process.execPath, [...flags, PROGRAM, what])).stdout) as Record<string, number>;

  it('objects are read where no code may be made from text', async () => {
    const { equal, madeCode } = await inProgram('shapes', '--disallow-code-generation-from-strings');
    expect([equal, madeCode]).toEqual([50, 0]);
  });

  it('small texts do not hold on to the large values they came in', async () => {
    const { heldBytes } = await inProgram('retention', '--expose-gc');
    // 10,000 texts of 20 characters; the values they came from were 2 GB.
    expect(heldBytes).toBeLessThan(10_000 * 16 * 1024);
  });
});
