import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sink } from '../../src/codec/sink.js';
import { TreeDecoder } from '../../src/codec/tree-decoder.js';
import { TAG } from '../../src/codec/tree-format.js';
import { anyValue, Link, plainValue } from './tree-values.js';

const memory = (): ArrayBuffer => new ArrayBuffer(16);

/** Whatever comes of it, it is a value or an Error, and no prototype has changed. */
function read(decoder: TreeDecoder, bytes: Buffer, at = 0, end = bytes.length): unknown {
  try {
    return decoder.decode(bytes, at, end, memory);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return undefined;
  } finally {
    expect(Reflect.ownKeys(Object.prototype)).toEqual(BEFORE);
  }
}
const BEFORE = Reflect.ownKeys(Object.prototype);

describe('bytes that are no value', () => {
  it('throw an Error or give a value, at random', () => {
    const link = new Link();
    for (let sighting = 0; sighting < 3; sighting++) link.pass({ a: 1, b: [{ c: 2 }] });
    const random = fc.uint8Array({ maxLength: 60 });
    const tagged = fc.tuple(fc.integer({ min: 0, max: 24 }), random).map(([tag, rest]) => [tag, ...rest]);
    fc.assert(
      fc.property(fc.oneof(random, tagged), (bytes) => {
        read(link.decoder, Buffer.from(bytes));
        try {
          new TreeDecoder().defineShapes(Buffer.from(bytes), 0, bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('throw an Error or give a value, where a value was changed or cut off', () => {
    const link = new Link();
    fc.assert(
      fc.property(
        fc.oneof(plainValue, anyValue),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }))),
        fc.nat(),
        (value, edits, cut) => {
          const { bytes } = link.write(value);
          link.define();
          for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
          read(link.decoder, bytes);
          read(link.decoder, bytes, 0, cut % bytes.length);
          expect(link.pass({ after: [1] })).toEqual({ after: [1] });
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('never give a value of which a part lies behind the end', () => {
    const link = new Link();
    fc.assert(
      fc.property(plainValue, fc.nat(), (value, cut) => {
        const { bytes, beside } = link.write(value);
        link.define();
        const end = cut % bytes.length;
        expect(() =>
          link.decoder.decode(bytes, 0, end, (index) => beside[index]?.slice().buffer as ArrayBuffer),
        ).toThrow(Error);
      }),
    );
  });

  it.each([
    ['an array of 4 billion', [TAG.tree, TAG.array, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a text of 4 billion', [TAG.latin1, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['memory of 4 billion', [TAG.arrayBuffer, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a length without end', [TAG.array, ...Array<number>(20).fill(0xff)]],
    ['a UTF-16 text of an odd length', [TAG.wide, 3, 65, 0, 65]],
    ['a shape that is not defined', [TAG.tree, TAG.shaped, 9, 0]],
    ['a part that is not there', [TAG.graph, TAG.array, 1, TAG.ref, 7]],
    ['digits that are none', [TAG.longBigInt, 0x41, 0x7a]],
    [
      'arrays in each other without end',
      Array<number>(5000)
        .fill(TAG.array)
        .flatMap((tag) => [tag, 1]),
    ],
    [
      'arrays that claim the same bytes',
      Array<number[]>(900).fill([TAG.array, 0xe8, 0x07]).flat().concat(Array<number>(1100).fill(0x80)),
    ],
    ['nothing at all', []],
  ])('throw at once for %s', (_what, bytes) => {
    const before = process.memoryUsage().arrayBuffers;
    expect(() => new TreeDecoder().decode(Buffer.from(bytes), 0, bytes.length)).toThrow(Error);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  it('define no shape at all when one of them cannot be read', () => {
    const link = new Link();
    for (let sighting = 0; sighting < 3; sighting++) link.write({ a: 1 });
    const definitions = new Sink();
    link.encoder.writeShapes(0, definitions);
    const bytes = Buffer.concat([definitions.bytes.subarray(0, definitions.at), Buffer.from([2, 0x41])]);
    expect(() => link.decoder.defineShapes(bytes, 0, bytes.length)).toThrow(Error);
    expect(link.pass({ a: 1 })).toEqual({ a: 1 });
  });

  it('define no more shapes than a sender can have', () => {
    const decoder = new TreeDecoder();
    const many = Buffer.alloc(5000);
    expect(() => decoder.defineShapes(many, 0, many.length)).toThrow('one too many');
  });
});
