import { describe, expect, it } from 'vitest';
import { readStartValue, type StartValue, takeStartValue } from '../../src/wire/start-value.js';
import { emptyModule } from '../support/wasm.js';

/** The value in a worker. Each worker gets a copy of its own. */
function arrived(start: StartValue): unknown {
  return readStartValue(structuredClone(start));
}

describe.each([
  ['a port', true],
  ['bytes', false],
])('what workers get at their start by %s', (_way, clones) => {
  it('is the value as it was when it was taken', () => {
    const view = new Uint8Array([5]);
    const data = { list: [{ x: 5 }], map: new Map([[1, new Date(5)]]), view, buffer: Buffer.from([5]) };
    const plain = { list: [{ x: 5 }] };
    const [start, plainStart] = [takeStartValue(data, clones), takeStartValue(plain, clones)];
    Object.assign(data.list[0] as object, { x: 9 });
    Object.assign(plain.list[0] as object, { x: 9 });
    data.map.clear();
    data.buffer[0] = 9;
    structuredClone(view.buffer, { transfer: [view.buffer] });
    for (let worker = 1; worker <= 2; worker++) {
      expect(arrived(plainStart)).toEqual({ list: [{ x: 5 }] });
      expect(arrived(start)).toEqual({
        list: [{ x: 5 }],
        map: new Map([[1, new Date(5)]]),
        view: new Uint8Array([5]),
        buffer: Buffer.from([5]),
      });
    }
  });

  it('has Buffers with memory of their own, wherever they are', () => {
    const view = Buffer.from('view');
    const inside = new Error('x', { cause: view });
    for (const data of [view, { view }, [[view]], new Map([[view, 1]]), new Set([view]), { inside }]) {
      const buffers: Buffer[] = [];
      const look = (value: unknown): void => {
        if (Buffer.isBuffer(value)) buffers.push(value);
        else if (value instanceof Error) look(value.cause);
        else if (value instanceof Map || value instanceof Set) for (const part of value.keys()) look(part);
        else for (const part of Object.values(value as object)) look(part);
      };
      look(arrived(takeStartValue(data, clones)));
      expect(buffers.map((each) => [each.toString(), each.buffer.byteLength])).toEqual([['view', 4]]);
    }
  });

  it.each([undefined, null, 5, 5n, 'text', true])('is %s itself, without a copy', (value) => {
    expect(takeStartValue(value, clones)).toEqual({ value });
  });

  it.each([['a function', () => {}] as const, ['a symbol', Symbol('s')] as const])('is never %s', (_what, value) => {
    expect(() => takeStartValue(value, clones)).toThrow(/^value is a (function|symbol), which cannot be sent/);
    expect(() => takeStartValue({ value }, clones)).toThrow(
      /^value\.value is a (function|symbol), which cannot be sent/,
    );
  });

  it('is no object of the platform that would arrive empty, wherever it is', () => {
    const view = new Uint8Array(1);
    for (const value of [{ site: new URL('http://localhost/') }, { view, site: new URL('http://localhost/') }])
      expect(() => takeStartValue(value, clones)).toThrow('value.site is a URL, which cannot be sent; send its href');
    const module = { module: emptyModule() };
    if (clones) expect(takeStartValue(module, clones)).toEqual({ value: module });
    else
      expect(() => takeStartValue(module, clones)).toThrow('value.module is a Module, which belongs to this process');
  });

  it('is refused with the error of the value, or for its depth', () => {
    const throwing = {
      get part() {
        throw new Error('mine');
      },
    };
    expect(() => takeStartValue(throwing, clones)).toThrow('mine');
    let deep: unknown = [];
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(() => takeStartValue(deep, clones)).toThrow('Maximum call stack size exceeded');
  });
});

describe('shared memory', () => {
  it('stays shared by a port, and goes by no other way', () => {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const start = takeStartValue({ shared }, true);
    shared[0] = 7;
    expect(readStartValue(start)).toEqual({ shared: new Int32Array([7]) });
    expect(() => takeStartValue({ shared: shared.buffer }, false)).toThrow('value.shared is a SharedArrayBuffer');
  });
});
