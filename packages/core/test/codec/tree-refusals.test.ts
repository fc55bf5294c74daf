import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { NotSerializable } from '../../src/codec/not-serializable.js';
import { MAX_DEPTH } from '../../src/codec/tree-format.js';
import { TooLarge } from '../../src/codec/value-codec.js';
import { Link } from './tree-values.js';

const link = new Link();

function refusalOf(value: unknown): NotSerializable {
  try {
    link.write(value);
  } catch (error) {
    if (error instanceof NotSerializable) return error;
    throw error;
  }
  throw new Error('It was written.');
}

function moved(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

interface Resizable extends ArrayBuffer {
  resize(bytes: number): void;
}
const resizable = (): Resizable =>
  new (ArrayBuffer as unknown as new (...args: unknown[]) => Resizable)(8, { maxByteLength: 16 });

/** A view of the second half of a buffer that has only its first. */
function beyond(View: new (buffer: ArrayBuffer, at: number, length: number) => ArrayBufferView): ArrayBufferView {
  const buffer = resizable();
  const view = new View(buffer, 4, 1);
  buffer.resize(2);
  return view;
}

const disguised = (value: object): object => Object.setPrototypeOf(value, Object.prototype) as object;

/** A map that says that it is empty. */
class Own extends Map<unknown, unknown> {
  override [Symbol.iterator](): MapIterator<[unknown, unknown]> {
    return new Map<unknown, unknown>().entries();
  }
}

describe('a value that cannot be sent', () => {
  it.each([
    ['a function', () => 1, 'input is a function'],
    ['a symbol', Symbol('s'), 'input is a symbol'],
    ['a function inside', { lines: [1, 2, 3, { parse: () => 1 }] }, 'input.lines[3].parse is a function'],
    ['a key that is no identifier', { 'a b': [() => 1] }, 'input["a b"][0] is a function'],
    ['a value of a map', { m: new Map([['k', () => 1]]) }, 'input.m.get("k") is a function'],
    ['an entry of a set', [new Set([1, () => 1])], 'input[0].values()[1] is a function'],
    ['a named part of a list', Object.assign([1], { u: new URL('http://x') }), 'input.u is a URL'],
    ['a value of a map with its own way', new Own([['k', new URL('http://x')]]), 'input.get("k") is a URL'],
    ['a promise', { p: Promise.resolve(1) }, 'input.p is a Promise, which cannot be sent; await it first'],
    ['a generator', { g: (function* () {})() }, 'input.g is a generator'],
    ['a proxy of a class', [new Proxy(new Map(), {})], 'input[0] is a Proxy'],
    ['a WeakMap', { w: { x: new WeakMap() } }, 'input.w.x is a WeakMap'],
    ['memory that is shared', { s: new SharedArrayBuffer(4) }, 'input.s is a SharedArrayBuffer'],
    ['a view of it', [new Uint8Array(new SharedArrayBuffer(4))], 'input[0] is a SharedArrayBuffer'],
    ['a view whose memory was moved away', { v: [moved()] }, 'input.v[0] is a Uint8Array whose memory was moved away'],
    ['memory that was moved away', { b: moved().buffer }, 'input.b is an ArrayBuffer whose memory was moved away'],
    ['a view beyond its memory', { v: beyond(Uint8Array) }, 'input.v is a Uint8Array whose memory'],
    ['a DataView beyond it', { v: beyond(DataView) }, 'input.v is a DataView whose memory'],
    ['one in a map', new Map([['k', beyond(Float32Array)]]), 'input.get("k") is a Float32Array whose memory'],
    ['a WeakSet in the guise of a plain object', { w: disguised(new WeakSet()) }, 'input'],
    ['a generator in that guise', { g: disguised((function* () {})()) }, 'input.g is a generator'],
    [
      'a view in that guise',
      { v: disguised(new Uint8Array(2)) },
      'input.v is a view with the prototype of another type',
    ],
    ['a DataView in it', { v: disguised(new DataView(new ArrayBuffer(2))) }, 'input.v is a view with the prototype of'],
    ['a port', { port: new MessageChannel().port1 }, 'input.port is a MessagePort, which belongs to this process'],
    [
      'arguments',
      {
        a: (function (..._: unknown[]) {
          // eslint-disable-next-line prefer-rest-params
          return arguments;
        })(1),
      },
      'input.a is an arguments object',
    ],
    ['the cause of an error', new Error('e', { cause: { f: () => 1 } }), 'input.cause.f is a function'],
  ])('is named with its path: %s', (_what, value, reason) => {
    expect(refusalOf(value).describe('input')).toContain(reason);
    expect(link.pass('after')).toBe('after');
  });

  it('is named with the nearest instance of a class around it', () => {
    expect(refusalOf({ server: createServer(() => {}) }).describe('result')).toMatch(
      /^result\.server\.\S+ is a function, which cannot be sent \(result\.server is a Server\)\.$/,
    );
  });

  it('is named when its accessor throws', () => {
    const value = {
      get broken() {
        throw new Error('on purpose');
      },
    };
    expect(refusalOf([value]).describe('input')).toBe('input[0].broken threw when it was read: on purpose.');
  });

  it('leaves the sink where it was, and nothing of itself behind', () => {
    const { sink, encoder } = new Link();
    encoder.encode({ a: 1 }, sink);
    const { at } = sink;
    expect(() => encoder.encode({ a: 'x'.repeat(200_000), b: () => 1 }, sink)).toThrow(NotSerializable);
    expect(sink.at).toBe(sink.start);
    expect(sink.at === at || sink.start === 0).toBe(true);
    expect(sink.bytes.length).toBeLessThanOrEqual(64 * 1024);
  });

  it('may go to a thread when only memory or objects of this process are in the way', () => {
    expect(refusalOf(new SharedArrayBuffer(1)).unsendable.mayGoToThread).toBe(true);
    expect(refusalOf(() => 1).unsendable.mayGoToThread).not.toBe(true);
  });

  it('is refused while another is under way, by an accessor that sends it', () => {
    const value = {
      get nested() {
        return link.write(1);
      },
    };
    expect(refusalOf(value).message).toContain('cannot be sent while an accessor');
  });
});

describe('a value that is too large', () => {
  it('is refused with its size, views beside it counted', () => {
    const small = new Link({ limitBytes: 1000, largeBytes: 100 });
    expect(() => small.write('x'.repeat(1000))).toThrow(TooLarge);
    expect(() => small.write(['x'.repeat(500), 'y'.repeat(500)])).toThrow(TooLarge);
    expect(() => small.write([Buffer.alloc(600), Buffer.alloc(401)])).toThrow(
      expect.objectContaining({ bytes: 1001, limitBytes: 1000 }),
    );
    expect(() => small.write(new Map([[1, Buffer.alloc(1001)]]))).toThrow(TooLarge);
    expect(small.pass('x'.repeat(900))).toBe('x'.repeat(900));
  });
});

describe('a value that is nested deeply', () => {
  const nested = (levels: number, wrap: (inner: unknown) => unknown): unknown => {
    let value: unknown = 1;
    for (let level = 0; level < levels; level++) value = wrap(value);
    return value;
  };

  it.each<[string, (inner: unknown) => unknown]>([
    ['arrays', (inner) => [inner]],
    ['objects', (inner) => ({ inner })],
    ['objects in arrays', (inner) => ({ list: [inner] })],
    ['maps', (inner) => new Map([[1, inner]])],
    ['errors', (inner) => new Error('e', { cause: inner })],
  ])('comes back up to the limit, and is refused beyond: %s', (what, wrap) => {
    const levels = what === 'objects in arrays' ? MAX_DEPTH / 2 : MAX_DEPTH;
    for (let sighting = 0; sighting < 3; sighting++) {
      let depth = 0;
      const step = (value: unknown): unknown => {
        if (value instanceof Map) return value.get(1);
        if (value instanceof Error) return value.cause;
        return Object.values(value as object)[0];
      };
      for (let value = link.pass(nested(levels, wrap)); typeof value === 'object'; value = step(value)) depth++;
      expect(depth).toBe(MAX_DEPTH);
    }
    expect(refusalOf(nested(levels + 1, wrap)).message).toContain(`more than ${MAX_DEPTH} levels deep`);
    expect(refusalOf(nested(20_000, wrap)).message).toMatch(/levels deep|stack|call stack/);
  });

  it('is refused where the stack does not suffice, and the codec works on', () => {
    const value = nested(MAX_DEPTH, (inner) => ({ inner }));
    const refusals: unknown[] = [];
    let isWritten = false;
    const descend = (level: number): void => {
      try {
        descend(level + 1);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
      if (isWritten || level % 200 !== 0) return;
      try {
        link.write(value);
        isWritten = true;
      } catch (error) {
        refusals.push(error);
      }
    };
    descend(0);
    expect(refusals.length).toBeGreaterThan(0);
    // At the very end of the stack nothing else can be said.
    expect(refusals.every((error) => error instanceof NotSerializable || error instanceof RangeError)).toBe(true);
    expect(link.pass({ after: 1 })).toEqual({ after: 1 });
  });
});
