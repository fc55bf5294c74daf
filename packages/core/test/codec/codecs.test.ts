import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonCodec } from '../../src/codec/json-codec.js';
import { ModuleCodec } from '../../src/codec/module-codec.js';
import { MsgpackCodec } from '../../src/codec/msgpack-codec.js';
import { StructuredCodec } from '../../src/codec/structured-codec.js';
import { refusalBy, TooLarge, type ValueCodec } from '../../src/codec/value-codec.js';

const LIMIT = 2 ** 20;

function moduleUrl(name: string): string {
  return pathToFileURL(`${import.meta.dirname}/../fixtures/codecs/${name}`).href;
}

const CODECS: [string, ValueCodec][] = [
  ['structured', new StructuredCodec(LIMIT)],
  ['msgpack', new MsgpackCodec(LIMIT)],
  ['json', new JsonCodec(LIMIT)],
  ['a module', new ModuleCodec(LIMIT, moduleUrl('json-lines.mjs'))],
];

function pass(codec: ValueCodec, ...values: unknown[]): unknown[] {
  const unread: [number, string][] = [];
  const decoded = codec.decode(Buffer.from(codec.encode(values)), (row, reason) => unread.push([row, reason]));
  expect(unread).toEqual([]);
  return decoded;
}

describe.each(CODECS)('%s', (name, codec) => {
  it('brings plain data as it was, values of a frame in their order', () => {
    // JSON has no -0, and msgpackr changes a key of that name for safety.
    const json = fc.jsonValue().filter((value) => !/-0|__proto__/.test(plain(value)));
    fc.assert(fc.property(fc.array(json), (values) => void expect(pass(codec, ...values)).toEqual(values)));
  });

  it('brings undefined', () => {
    expect(pass(codec)).toEqual([]);
    expect(pass(codec, undefined)).toEqual([undefined]);
    expect(pass(codec, undefined, null, undefined, 0, [], {})).toEqual([undefined, null, undefined, 0, [], {}]);
  });

  it.each([
    ['a function', () => {}],
    ['a symbol', Symbol('s')],
    ['a generator', (function* () {})()],
    ['a promise', Promise.resolve(1)],
    ['a SharedArrayBuffer', new SharedArrayBuffer(8)],
  ])('refuses %s', (_what, value) => {
    // What a codec of one's own does with them is its own affair.
    if (name === 'a module') return;
    expect(() => codec.encode([1, value])).toThrow(/could not be cloned|cannot be/);
    expect(refusalBy(codec, value)?.reason).toMatch(/could not be cloned|cannot be/);
    expect(pass(codec, 'after')).toEqual(['after']);
  });

  it('refuses more than the limit, with the size', () => {
    const large = 'x'.repeat(LIMIT);
    expect(() => codec.encode([large])).toThrow(TooLarge);
    expect(refusalBy(codec, large)).toMatchObject({ limitBytes: LIMIT });
    expect(refusalBy(codec, large)?.bytes).toBeGreaterThan(LIMIT);
    expect(refusalBy(codec, 'small')).toBeUndefined();
  });
});

function plain(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => (Object.is(entry, -0) ? '-0' : entry));
}

const RICH = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withObjectString: false,
  withNullPrototype: false,
});

describe('full fidelity', () => {
  it('is what structured has', () => {
    const codec = new StructuredCodec(LIMIT);
    fc.assert(fc.property(RICH, (value) => void expect(pass(codec, value)).toEqual([value])));
  });

  it('is what msgpack has but for -0, holes in arrays and invalid dates', () => {
    const codec = new MsgpackCodec(LIMIT);
    fc.assert(
      fc.property(RICH, (value) => void expect(noMinusZero(pass(codec, value)[0])).toEqual(noMinusZero(value))),
    );
  });

  it.each([
    ['structured', new StructuredCodec(LIMIT)],
    ['msgpack', new MsgpackCodec(LIMIT)],
  ])('of %s holds for cycles, shared parts, errors and keys of every kind', (_name, codec) => {
    const shared = { s: 1 };
    const cycle: Record<string, unknown> = {
      map: new Map([[shared, new Set([shared])]]),
      big: -(2n ** 200n),
      re: /a+/gi,
    };
    cycle['self'] = cycle;
    const error = new RangeError('outer', { cause: new TypeError('inner') });
    const [first, second, third] = pass(codec, cycle, shared, error) as [Record<string, unknown>, unknown, Error];
    expect(first['self']).toBe(first);
    expect([...(first['map'] as Map<unknown, unknown>).keys()][0]).toBe(second);
    expect([first['big'], first['re']]).toEqual([-(2n ** 200n), /a+/gi]);
    expect(third).toBeInstanceOf(RangeError);
    expect([third.message, (third.cause as Error).message]).toEqual(['outer', 'inner']);
  });
});

/** The same with 0 for -0: fast-check makes it, MessagePack has no integer of that kind. */
function noMinusZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return Array.from(value, noMinusZero);
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [noMinusZero(key), noMinusZero(entry)]));
  if (value instanceof Set) return new Set([...value].map(noMinusZero));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid' : value;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key === '__proto__' ? '__proto_' : key, noMinusZero(entry)]),
  );
}

describe('msgpack', () => {
  const codec = new MsgpackCodec(LIMIT);

  it.each([
    ['a function', { deep: [() => {}] }],
    ['a promise', { deep: Promise.resolve(1) }],
    ['a WeakMap', [new WeakMap()]],
    ['a boxed number', [Object(1) as unknown]],
    ['a view of a type it cannot read again', [new (class Own extends Uint8Array {})(2)]],
    ['a symbol', { deep: Symbol('x') }],
  ])('refuses %s inside a value', (_what, value) => {
    expect(() => codec.encode([value])).toThrow(/cannot be encoded|Unknown type/);
    expect(pass(codec, { after: 1 })).toEqual([{ after: 1 }]);
  });

  it('changes nothing for a program that uses msgpackr itself', async () => {
    const { pack, unpack } = await import('msgpackr');
    expect(unpack(pack({ promise: Promise.resolve(1) }))).toEqual({ promise: {} });
  });
});

describe('json', () => {
  const codec = new JsonCodec(LIMIT);

  it('brings NaN and Infinity as whole values', () => {
    expect(pass(codec, NaN, Infinity, -Infinity, undefined, 1)).toEqual([NaN, Infinity, -Infinity, undefined, 1]);
  });

  it('is not confused by a value that looks like what it does for them', () => {
    const value = { values: [1], special: { 0: 'NaN' } };
    expect(pass(codec, value, NaN, [value])).toEqual([value, NaN, [value]]);
  });

  it('refuses a BigInt and a cycle', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => codec.encode([1n])).toThrow('BigInt');
    expect(() => codec.encode([cycle])).toThrow('circular');
  });
});

describe('structured, between processes', () => {
  const codec = new StructuredCodec(LIMIT);

  it.each([
    ['a SharedArrayBuffer', new SharedArrayBuffer(4), 'cannot be shared with another process'],
    ['a view of one', { deep: new Int32Array(new SharedArrayBuffer(4)) }, 'cannot be shared with another process'],
    ['a MessagePort', new MessageChannel().port1, 'a MessagePort belongs to this process'],
  ])('refuses %s and says what to do', (_what, value, reason) => {
    expect(refusalBy(codec, value)?.reason).toContain(reason);
    expect(refusalBy(codec, value)?.reason).toContain('"thread"');
  });

  it('counts large buffers before it copies them', () => {
    expect(refusalBy(codec, [Buffer.alloc(LIMIT), Buffer.alloc(1)])).toMatchObject({
      bytes: LIMIT + 1,
      limitBytes: LIMIT,
    });
  });
});

describe('a codec of one’s own', () => {
  it('that throws fails the value alone', () => {
    const codec = new ModuleCodec(LIMIT, moduleUrl('json-lines.mjs'));
    expect(refusalBy(codec, 1n)?.reason).toContain('its codec threw while encoding it');
    const unread: [number, string][] = [];
    const bytes = Buffer.from(codec.encode(['a', 'cannot be decoded', 'c']));
    expect(codec.decode(bytes, (row, reason) => unread.push([row, reason]))).toEqual(['a', undefined, 'c']);
    expect(unread).toEqual([[1, expect.stringContaining('its codec threw while decoding it: no')]]);
  });

  it('that gives no bytes is refused', () => {
    const codec = new ModuleCodec(LIMIT, moduleUrl('json-lines.mjs'));
    expect(() => codec.encode(['give a string'])).toThrow('returned string, not a Uint8Array');
  });

  it('may use one buffer for all it encodes, and be CommonJS', () => {
    const codec = new ModuleCodec(LIMIT, moduleUrl('one-buffer.cjs'));
    expect(pass(codec, 'one', 'twofold', '', 'x'.repeat(9000))).toEqual(['one', 'twofold', '', 'x'.repeat(9000)]);
  });

  it.each([
    ['nowhere.mjs', 'cannot be loaded'],
    ['no-decode.mjs', 'exports no function decode()'],
    ['awaits.mjs', 'without top-level await'],
  ])('in %s is refused at once', (name, reason) => {
    expect(() => new ModuleCodec(LIMIT, moduleUrl(name))).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION', message: expect.stringContaining(reason) as string }),
    );
  });
});
