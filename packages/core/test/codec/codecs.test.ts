import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDecoder, openEncoder } from '../../src/codec/open-codec.js';
import { Sink } from '../../src/codec/sink.js';
import { TooLarge, toRefusal } from '../../src/codec/value-codec.js';
import type { CodecName } from '../../src/contract/codec.js';
import type { Refusal } from '../../src/contract/errors.js';

const LIMIT = 2 ** 20;

function module(name: string): CodecName {
  return { moduleUrl: pathToFileURL(`${import.meta.dirname}/../fixtures/codecs/${name}`).href };
}

const CODECS: [string, CodecName][] = [
  ['structured', 'structured'],
  ['a module', module('json-lines.mjs')],
];

/** Both ends of a link: values go into one sink, one behind the other. */
function open(name: CodecName) {
  const encoder = openEncoder(name, LIMIT);
  const decoder = openDecoder(name);
  const sink = new Sink();
  let shapes = 0;
  const encode = (value: unknown): Buffer => {
    encoder.encode(value, sink);
    return sink.bytes.subarray(sink.start, sink.at);
  };
  const define = (): void => {
    const definitions = new Sink();
    encoder.writeShapes(shapes, definitions);
    shapes = encoder.shapeCount;
    if (definitions.at > 0) decoder.defineShapes(definitions.bytes, definitions.start, definitions.at);
  };
  /** What arrives of these values. */
  const pass = (...values: unknown[]): unknown[] => {
    const parts = values.map(encode);
    define();
    return parts.map((bytes) => decoder.decode(bytes, 0, bytes.length));
  };
  /** Why a value cannot be sent. */
  const refusal = (value: unknown): Refusal | undefined => {
    try {
      encode(value);
      return undefined;
    } catch (error) {
      return toRefusal(error, 'input');
    }
  };
  return { encoder, decoder, encode, pass, refusal };
}

function plain(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => (Object.is(entry, -0) ? '-0' : entry));
}

describe.each(CODECS)('%s', (_name, codec) => {
  it('brings plain data as it was', () => {
    const { pass } = open(codec);
    // JSON has no -0, and takes a key of that name for a prototype.
    const json = fc.jsonValue().filter((value) => !/-0|__proto__/.test(plain(value)));
    fc.assert(fc.property(fc.array(json), (values) => void expect(pass(...values)).toEqual(values)));
  });

  it('brings undefined, and tells it from all else', () => {
    const { pass } = open(codec);
    expect(pass(undefined, null, undefined, 0, [], {}, '')).toEqual([undefined, null, undefined, 0, [], {}, '']);
  });

  it('reads a value from the middle of other bytes, and shares no memory with them', () => {
    const { decoder, encode } = open(codec);
    const value = encode({ text: 'x'.repeat(300), list: [1, 2, 3] });
    const bytes = Buffer.concat([Buffer.alloc(7, 0xff), value, Buffer.alloc(7, 0xff)]);
    const decoded = decoder.decode(bytes, 7, 7 + value.length);
    bytes.fill(0xee);
    expect(decoded).toEqual({ text: 'x'.repeat(300), list: [1, 2, 3] });
  });

  it('refuses more than the limit, with the size, and goes on', () => {
    const { encode, pass, refusal } = open(codec);
    const large = 'x'.repeat(LIMIT);
    expect(() => encode(large)).toThrow(TooLarge);
    expect(refusal(large)).toMatchObject({ limitBytes: LIMIT });
    expect(refusal(large)?.bytes).toBeGreaterThan(LIMIT);
    expect(refusal('small')).toBeUndefined();
    expect(pass('after')).toEqual(['after']);
  });

  it('leaves the values before one that it refuses as they were', () => {
    const { decoder, encode, refusal } = open(codec);
    const before = encode(['before', 1]);
    for (const bad of ['x'.repeat(LIMIT), Object.defineProperty({}, 'bad', { get: raise, enumerable: true })]) {
      expect(refusal(bad)?.reason).toEqual(expect.any(String));
    }
    expect(decoder.decode(before, 0, before.length)).toEqual(['before', 1]);
  });
});

describe('structured', () => {
  it.each([
    ['a function', () => {}],
    ['a symbol', Symbol('s')],
    ['a generator', (function* () {})()],
    ['a promise', Promise.resolve(1)],
    ['a SharedArrayBuffer', new SharedArrayBuffer(8)],
    ['a MessagePort', new MessageChannel().port1],
  ])('refuses %s, says where it is, and goes on', (_what, value) => {
    const { pass, refusal } = open('structured');
    expect(refusal({ deep: [value] })?.reason).toMatch(/^input\.deep\[0\] .+\.$/);
    expect(pass({ deep: ['after'] })).toEqual([{ deep: ['after'] }]);
  });

  it.each([
    ['a SharedArrayBuffer', new SharedArrayBuffer(4)],
    ['a view of one', { deep: new Int32Array(new SharedArrayBuffer(4)) }],
    ['a MessagePort', new MessageChannel().port1],
  ])('says of %s that threads can have it', (_what, value) => {
    expect(open('structured').refusal(value)?.reason).toContain('"thread"');
  });

  it('counts buffers, those that lie beside as well', () => {
    const { refusal } = open('structured');
    for (const sizes of [[LIMIT, 1], [LIMIT / 2, LIMIT / 2, 1], Array<number>(LIMIT / 4096 + 1).fill(4096)]) {
      const { bytes = 0, limitBytes } = refusal(sizes.map((size) => Buffer.alloc(size))) ?? {};
      expect(limitBytes).toBe(LIMIT);
      expect(bytes).toBeGreaterThan(LIMIT);
      expect(bytes).toBeLessThan(LIMIT + 8192);
    }
    expect(refusal([Buffer.alloc(LIMIT / 2), Buffer.alloc(LIMIT / 2 - 100)])).toBeUndefined();
  });
});

describe('a codec of one’s own', () => {
  it('that throws fails the value alone', () => {
    const { decoder, encode, refusal } = open(module('json-lines.mjs'));
    expect(refusal(1n)?.reason).toContain('its codec threw while encoding it');
    const read = (bytes: Buffer): unknown => decoder.decode(bytes, 0, bytes.length);
    const [first, bad, last] = ['a', 'cannot be decoded', 'c'].map(encode);
    expect([read(first as Buffer), read(last as Buffer)]).toEqual(['a', 'c']);
    expect(() => read(bad as Buffer)).toThrow('its codec threw while decoding it: no');
  });

  it('that gives no bytes is refused', () => {
    expect(() => open(module('json-lines.mjs')).encode('give a string')).toThrow('returned string, not a Uint8Array');
  });

  it('may use one buffer for all it encodes, and be CommonJS', () => {
    const texts = ['one', 'twofold', '', 'x'.repeat(9000)];
    expect(open(module('one-buffer.cjs')).pass(...texts)).toEqual(texts);
  });

  it('has no shapes to report', () => {
    const { encoder, pass } = open(module('json-lines.mjs'));
    pass({ a: 1 }, { a: 2 }, { a: 3 });
    expect(encoder.shapeCount).toBe(0);
  });

  it.each([
    ['nowhere.mjs', 'cannot be loaded'],
    ['no-decode.mjs', 'exports no function decode()'],
    ['awaits.mjs', 'without top-level await'],
  ])('in %s is refused at once, by both ends', (name, reason) => {
    const refused = expect.objectContaining({
      code: 'ERR_OPTION',
      message: expect.stringContaining(reason) as string,
    }) as Error;
    expect(() => openEncoder(module(name), LIMIT)).toThrow(refused);
    expect(() => openDecoder(module(name))).toThrow(refused);
  });
});

function raise(): never {
  throw new Error('on purpose');
}
